// SPDX-License-Identifier: MIT OR Apache-2.0
//! A running model. All of the crate's `unsafe` is here, with `shim.rs` as its other half.

use crate::ports::{Direction, PortInfo};
use crate::source::{Options, Source};
use crate::{link, shim};
use anyhow::{Context, Result, bail, ensure};
use std::ffi::{CStr, CString, c_char, c_int};
use std::path::Path;
use std::ptr::NonNull;

#[cfg(target_endian = "big")]
compile_error!("port values are copied as little-endian bytes");

#[repr(C)]
struct RawPort {
    name: *const c_char,
    width: u32,
    bytes: u32,
    output: u32,
    data: *mut u8,
}

/// First members of the shim's `Model`.
#[repr(C)]
struct RawModel {
    ports: *const RawPort,
    count: u32,
}

/// The shim's one symbol: how to make and drive a model. Only a shim can make one.
#[repr(C)]
pub struct Entry {
    version: u32,
    create: unsafe extern "C" fn(u64) -> *mut RawModel,
    destroy: unsafe extern "C" fn(*mut RawModel),
    eval: unsafe extern "C" fn(*mut RawModel),
    edge: unsafe extern "C" fn(*mut RawModel, *mut u8),
    ticks: unsafe extern "C" fn(*mut RawModel, *mut u8, u64),
    open_trace: unsafe extern "C" fn(*mut RawModel, *const c_char) -> c_int,
    close_trace: unsafe extern "C" fn(*mut RawModel),
}

/// A handle of a port: cheap to copy, good for the models of the same design.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port(u32);

struct PortData {
    info: PortInfo,
    bytes: usize,
    data: NonNull<u8>,
}

/// One instance of a design, with a Verilator context of its own: many may live in one process.
pub struct Model {
    raw: NonNull<RawModel>,
    entry: &'static Entry,
    ports: Vec<PortData>,
    /// Keeps the code of a loaded model in memory; dropped after `Drop::drop` has destroyed the model.
    _library: Option<libloading::Library>,
}

// SAFETY: a Verilated model without threads may move between threads as long as one at a time uses it; `&mut self` on
// everything that evaluates or writes, and no `Sync`, make that so.
unsafe impl Send for Model {}

impl Model {
    /// Builds `source` (or takes it from the cache below `target/`) and loads it.
    pub fn build(source: &Source, options: Options) -> Result<Model> {
        let path = link::shared(source, options)?;
        // SAFETY: the library is one that this crate built; it has no constructors beyond libstdc++'s and Verilator's.
        let library = unsafe { libloading::Library::new(&path) };
        let library = library.with_context(|| format!("loading {}", path.display()))?;
        // SAFETY: the shim defines this symbol as an `Entry`, a constant that lives as long as the library, which the
        // model keeps.
        let entry = unsafe { library.get::<*const Entry>(shim::entry_symbol(&source.top).as_bytes()) };
        let entry = entry.with_context(|| format!("the shim of {}", source.top))?;
        // SAFETY: as above; not null, since `get` of a data symbol gives its address.
        let entry: &'static Entry = unsafe { &**entry };
        ensure!(entry.version == shim::ENTRY_VERSION, "{} has another shim version", path.display());
        Ok(Model::new(entry, 0, Some(library)))
    }

    /// A model that a build script linked with [`crate::link`]; called by the glue it generates.
    pub fn linked(entry: &'static Entry) -> Model {
        assert_eq!(entry.version, shim::ENTRY_VERSION, "the linked model has another shim version");
        Model::new(entry, 0, None)
    }

    fn new(entry: &'static Entry, seed: u64, library: Option<libloading::Library>) -> Model {
        // SAFETY: `create` of the shim takes any seed and returns a model made with `new`.
        let raw = unsafe { (entry.create)(seed) };
        let raw = NonNull::new(raw).expect("the shim's create returned null");
        // SAFETY: the shim's `Model` starts with the members of `RawModel`, and `ports` points to `count` entries in it.
        let table = unsafe {
            let model = raw.as_ref();
            std::slice::from_raw_parts(model.ports, model.count as usize)
        };
        let port = |port: &RawPort| PortData {
            info: PortInfo {
                // SAFETY: `name` is a string literal of the shim.
                name: unsafe { CStr::from_ptr(port.name) }.to_string_lossy().into_owned(),
                width: port.width,
                direction: if port.output == 0 { Direction::Input } else { Direction::Output },
            },
            bytes: port.bytes as usize,
            data: NonNull::new(port.data).expect("a port without an address"),
        };
        Model { raw, entry, ports: table.iter().map(port).collect(), _library: library }
    }

    /// The port called `name` in the Verilog.
    pub fn port(&self, name: &str) -> Result<Port> {
        match self.ports.iter().position(|port| port.info.name == name) {
            Some(index) => Ok(Port(index as u32)),
            None => {
                let names: Vec<_> = self.ports.iter().map(|port| port.info.name.as_str()).collect();
                bail!("no port `{name}`; there are {}", names.join(", "))
            }
        }
    }

    /// Every port, in the order of the model.
    pub fn ports(&self) -> impl Iterator<Item = (Port, &PortInfo)> {
        self.ports.iter().enumerate().map(|(index, port)| (Port(index as u32), &port.info))
    }

    /// What is known of `port`.
    pub fn info(&self, port: Port) -> &PortInfo {
        &self.ports[port.0 as usize].info
    }

    /// The value of `port`, least significant byte first, rounded up to the storage of 1, 2, 4 or a multiple of 4 bytes.
    pub fn get_bytes(&self, port: Port) -> &[u8] {
        let port = &self.ports[port.0 as usize];
        // SAFETY: `data` points to `bytes` bytes of the live model (integers or `VlWide` words: no padding), which only
        // `&mut self` methods change.
        unsafe { std::slice::from_raw_parts(port.data.as_ptr(), port.bytes) }
    }

    /// Sets `port` from bytes, least significant first: missing bytes are zero, bits beyond the width are dropped.
    pub fn set_bytes(&mut self, port: Port, value: &[u8]) {
        let port = &self.ports[port.0 as usize];
        // SAFETY: as in `get_bytes`, and `&mut self` makes it the only view.
        let data = unsafe { std::slice::from_raw_parts_mut(port.data.as_ptr(), port.bytes) };
        let n = value.len().min(data.len());
        data[..n].copy_from_slice(&value[..n]);
        data[n..].fill(0);
        // Verilator takes the bits beyond the width as zero.
        let full = port.info.width as usize / 8;
        if let Some(top) = data.get_mut(full) {
            *top &= ((1u32 << (port.info.width % 8)) - 1) as u8;
            data[full + 1..].fill(0);
        }
    }

    /// The value of a port of up to 64 bits; of a wider one its low 64 bits.
    #[inline]
    pub fn get_u64(&self, port: Port) -> u64 {
        let bytes = self.get_bytes(port);
        match bytes.len() {
            1 => u64::from(bytes[0]),
            2 => u64::from(u16::from_le_bytes([bytes[0], bytes[1]])),
            4 => u64::from(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])),
            _ => u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")),
        }
    }

    /// Sets a port; bits beyond its width are dropped, bits beyond 64 become zero.
    #[inline]
    pub fn set_u64(&mut self, port: Port, value: u64) {
        let data = &self.ports[port.0 as usize];
        let value = if data.info.width < 64 { value & ((1 << data.info.width) - 1) } else { value };
        // SAFETY: as in `set_bytes`; the shim's addresses are those of integers of exactly this size.
        unsafe {
            match data.bytes {
                1 => data.data.write(value as u8),
                2 => data.data.cast::<u16>().write(value as u16),
                4 => data.data.cast::<u32>().write(value as u32),
                8 => data.data.cast::<u64>().write(value),
                _ => self.set_bytes(port, &value.to_le_bytes()),
            }
        }
    }

    /// A port of one bit, or "not zero".
    #[inline]
    pub fn get_bool(&self, port: Port) -> bool {
        self.get_u64(port) != 0
    }

    /// Sets a port of one bit.
    #[inline]
    pub fn set_bool(&mut self, port: Port, value: bool) {
        self.set_u64(port, u64::from(value));
    }

    /// The value of `port` in words of 32 bits, least significant first.
    pub fn get_words(&self, port: Port) -> Vec<u32> {
        let word = |chunk: &[u8]| chunk.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte));
        self.get_bytes(port).chunks(4).map(word).collect()
    }

    /// Sets `port` from words of 32 bits, least significant first.
    pub fn set_words(&mut self, port: Port, words: &[u32]) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.set_bytes(port, &bytes);
    }

    /// Settles the combinational logic after inputs have changed.
    #[inline]
    pub fn eval(&mut self) {
        // SAFETY: `raw` is a live model of `entry`.
        unsafe { (self.entry.eval)(self.raw.as_ptr()) }
    }

    /// The rising edge of `clock` alone, for one who has called [`Model::eval`] since the last input change; afterwards
    /// outputs show the new state with the inputs of before.
    #[inline]
    pub fn edge(&mut self, clock: Port) {
        let clock = self.clock(clock);
        // SAFETY: `raw` is a live model of `entry`, `clock` the address of one of its one-byte inputs.
        unsafe { (self.entry.edge)(self.raw.as_ptr(), clock.as_ptr()) }
    }

    /// One clock: settle, rising edge (and falling edge). Afterwards outputs show the new state.
    #[inline]
    pub fn tick(&mut self, clock: Port) {
        self.tick_n(clock, 1);
    }

    /// `n` clocks with the same inputs.
    #[inline]
    pub fn tick_n(&mut self, clock: Port, n: u64) {
        let clock = self.clock(clock);
        // SAFETY: as in `edge`.
        unsafe { (self.entry.ticks)(self.raw.as_ptr(), clock.as_ptr(), n) }
    }

    #[inline]
    fn clock(&self, port: Port) -> NonNull<u8> {
        let port = &self.ports[port.0 as usize];
        assert!(port.info.width == 1, "a clock has one bit, `{}` has {}", port.info.name, port.info.width);
        port.data
    }

    /// Starts a waveform (see [`crate::Trace`]): two samples a clock, before and after its rising edge.
    pub fn open_trace(&mut self, path: &Path) -> Result<()> {
        let text = path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))?;
        let text = CString::new(text)?;
        // SAFETY: `raw` is a live model of `entry`, `text` a string that outlives the call.
        match unsafe { (self.entry.open_trace)(self.raw.as_ptr(), text.as_ptr()) } {
            0 => Ok(()),
            1 => bail!("this model was built without waveforms"),
            _ => bail!("cannot write {}", path.display()),
        }
    }

    /// Ends the waveform.
    pub fn close_trace(&mut self) {
        // SAFETY: `raw` is a live model of `entry`.
        unsafe { (self.entry.close_trace)(self.raw.as_ptr()) }
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: made by `create` of the same entry, and not used again; the library is unloaded after this.
        unsafe { (self.entry.destroy)(self.raw.as_ptr()) }
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.ports.iter().map(|port| &port.info)).finish()
    }
}
