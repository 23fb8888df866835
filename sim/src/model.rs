// SPDX-License-Identifier: MIT OR Apache-2.0
//! The ports of the core (`docs/design.md`, "Core ports"), by name and meaning.

use anyhow::{Result, ensure};
use syncline_verilate::{Model, Port};

/// Address bits of BAR0, the registers.
pub(crate) const BAR0_BITS: u32 = 20;
/// Address bits of BAR2, the windows.
pub(crate) const BAR2_BITS: u32 = 24;

/// The Verilated core and its ports. A cycle is: drive inputs, [`Core::settle`], look at outputs, [`Core::edge`].
pub struct Core {
    model: Model,
    /// Bytes of a beat.
    lanes: usize,
    clock: Port,
    reset: Port,
    now: Port,
    idle: Port,
    state_change: Option<[Port; 3]>,
    next_deadline: Port,
    deadline_valid: Port,
    rx_data: Port,
    rx_valid: Port,
    rx_ready: Port,
    tx_data: Port,
    tx_valid: Port,
    tx_ready: Port,
    bars: Option<Bars>,
}

/// The host's ports: a design that has its host elsewhere, behind a UART say, has none.
#[derive(Clone, Copy)]
struct Bars {
    bar0_addr: Port,
    bar0_wdata: Port,
    bar0_write: Port,
    bar0_read: Port,
    bar0_rdata: Port,
    bar0_ack: Port,
    bar2_waddr: Port,
    bar2_wdata: Port,
    bar2_wstrb: Port,
    bar2_wvalid: Port,
    bar2_raddr: Port,
    bar2_rvalid: Port,
    bar2_rdata: Port,
    bar2_rdone: Port,
}

impl Bars {
    /// All of them or none.
    fn of(model: &Model) -> Result<Option<Bars>> {
        if !model.ports().any(|(_, info)| info.name.starts_with("bar")) {
            return Ok(None);
        }
        Ok(Some(Bars {
            bar0_addr: model.port("bar0_addr")?,
            bar0_wdata: model.port("bar0_wdata")?,
            bar0_write: model.port("bar0_write")?,
            bar0_read: model.port("bar0_read")?,
            bar0_rdata: model.port("bar0_rdata")?,
            bar0_ack: model.port("bar0_ack")?,
            bar2_waddr: model.port("bar2_waddr")?,
            bar2_wdata: model.port("bar2_wdata")?,
            bar2_wstrb: model.port("bar2_wstrb")?,
            bar2_wvalid: model.port("bar2_wvalid")?,
            bar2_raddr: model.port("bar2_raddr")?,
            bar2_rvalid: model.port("bar2_rvalid")?,
            bar2_rdata: model.port("bar2_rdata")?,
            bar2_rdone: model.port("bar2_rdone")?,
        }))
    }
}

/// Outputs that only the core has, not every design with its other ports.
fn states(model: &Model) -> Option<[Port; 3]> {
    Some([model.port("state_valid").ok()?, model.port("state_flow").ok()?, model.port("state").ok()?])
}

impl Core {
    /// A flow that enters a state in this cycle, and the state's code (`syncline_regs::code::State`).
    #[inline]
    pub fn state_change(&self) -> Option<(u16, u8)> {
        let [valid, flow, state] = self.state_change?;
        let change = self.model.get_bool(valid);
        change.then(|| (self.model.get_u64(flow) as u16, self.model.get_u64(state) as u8))
    }

    /// Takes a model with the core's ports; the width is that of its streams.
    pub fn new(model: Model) -> Result<Core> {
        let rx_data = model.port("rx_data")?;
        // data, one keep bit a byte, last
        let bits = model.info(rx_data).width - 1;
        ensure!(bits.is_multiple_of(9), "rx_data has {} bits: not data, keep and last", bits + 1);
        let mut core = Core {
            lanes: (bits / 9) as usize,
            clock: model.port("clock")?,
            reset: model.port("reset")?,
            now: model.port("now")?,
            idle: model.port("idle")?,
            state_change: states(&model),
            next_deadline: model.port("next_deadline")?,
            deadline_valid: model.port("deadline_valid")?,
            rx_data,
            rx_valid: model.port("rx_valid")?,
            rx_ready: model.port("rx_ready")?,
            tx_data: model.port("tx_data")?,
            tx_valid: model.port("tx_valid")?,
            tx_ready: model.port("tx_ready")?,
            bars: Bars::of(&model)?,
            model,
        };
        if let Ok(link) = core.model.port("link") {
            core.model.set_bool(link, true);
        }
        Ok(core)
    }

    /// Bytes of a beat: 8 or 64.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// The model itself, for waveforms.
    pub fn model_mut(&mut self) -> &mut Model {
        &mut self.model
    }

    /// Combinational outputs follow the inputs.
    #[inline]
    pub fn settle(&mut self) {
        self.model.eval();
    }

    /// The rising edge of the clock, after [`Core::settle`].
    #[inline]
    pub fn edge(&mut self) {
        self.model.edge(self.clock);
    }

    /// Drives the reset input.
    pub fn set_reset(&mut self, on: bool) {
        self.model.set_bool(self.reset, on);
    }

    /// Microseconds.
    #[inline]
    pub fn set_now(&mut self, micros: u64) {
        self.model.set_u64(self.now, micros);
    }

    /// Nothing is in flight.
    #[inline]
    pub fn idle(&self) -> bool {
        self.model.get_bool(self.idle)
    }

    /// Microseconds; means something while idle.
    pub fn next_deadline(&self) -> Option<u64> {
        self.model.get_bool(self.deadline_valid).then(|| self.model.get_u64(self.next_deadline))
    }

    /// Offers up to one beat of bytes.
    pub fn offer(&mut self, bytes: &[u8], last: bool) {
        let mut packed = [0; 73];
        packed[..bytes.len()].copy_from_slice(bytes);
        let keep = ((1u128 << bytes.len()) - 1).to_le_bytes();
        packed[self.lanes..self.lanes + self.lanes / 8].copy_from_slice(&keep[..self.lanes / 8]);
        packed[self.lanes + self.lanes / 8] = u8::from(last);
        self.model.set_bytes(self.rx_data, &packed[..self.lanes + self.lanes / 8 + 1]);
        self.model.set_bool(self.rx_valid, true);
    }

    /// Withdraws the offer.
    pub fn offer_nothing(&mut self) {
        self.model.set_bool(self.rx_valid, false);
    }

    /// The beat on offer is taken with the next edge.
    #[inline]
    pub fn rx_ready(&self) -> bool {
        self.model.get_bool(self.rx_ready)
    }

    /// Takes what the core sends, or does not.
    #[inline]
    pub fn set_tx_ready(&mut self, ready: bool) {
        self.model.set_bool(self.tx_ready, ready);
    }

    /// The core offers a beat.
    #[inline]
    pub fn tx_valid(&self) -> bool {
        self.model.get_bool(self.tx_valid)
    }

    /// Appends the bytes of the beat at the output to `frame`; true if it is the frame's last.
    pub fn take(&self, frame: &mut Vec<u8>) -> bool {
        let packed = self.model.get_bytes(self.tx_data);
        let keep = &packed[self.lanes..self.lanes + self.lanes / 8];
        let count: u32 = keep.iter().map(|byte| byte.count_ones()).sum();
        frame.extend_from_slice(&packed[..count as usize]);
        packed[self.lanes + self.lanes / 8] & 1 != 0
    }

    /// Has the design ports for its host? Without them the methods below do nothing.
    pub fn has_bars(&self) -> bool {
        self.bars.is_some()
    }

    /// Requests a register access: a write of `Some(value)`, or a read.
    pub fn bar0_request(&mut self, address: u32, write: Option<u32>) {
        let Some(bars) = self.bars else { return };
        self.model.set_u64(bars.bar0_addr, u64::from(address));
        self.model.set_u64(bars.bar0_wdata, u64::from(write.unwrap_or(0)));
        self.model.set_bool(bars.bar0_write, write.is_some());
        self.model.set_bool(bars.bar0_read, write.is_none());
    }

    /// Ends a register access: for one cycle at least.
    pub fn bar0_release(&mut self) {
        let Some(bars) = self.bars else { return };
        self.model.set_bool(bars.bar0_write, false);
        self.model.set_bool(bars.bar0_read, false);
    }

    /// The value read, once the access is done.
    #[inline]
    pub fn bar0_answer(&self) -> Option<u32> {
        let bars = self.bars.as_ref()?;
        self.model.get_bool(bars.bar0_ack).then(|| self.model.get_u64(bars.bar0_rdata) as u32)
    }

    /// Writes `bytes` at `address`, within one beat.
    pub fn bar2_write(&mut self, address: u32, bytes: &[u8]) {
        let Some(bars) = self.bars else { return };
        let lane = address as usize % self.lanes;
        let mut data = [0; 64];
        data[lane..lane + bytes.len()].copy_from_slice(bytes);
        let strobe = ((1u128 << bytes.len()) - 1) << lane;
        self.model.set_u64(bars.bar2_waddr, u64::from(address) - lane as u64);
        self.model.set_bytes(bars.bar2_wdata, &data[..self.lanes]);
        self.model.set_u64(bars.bar2_wstrb, strobe as u64);
        self.model.set_bool(bars.bar2_wvalid, true);
    }

    /// No window write in this cycle.
    pub fn bar2_write_done(&mut self) {
        let Some(bars) = self.bars else { return };
        self.model.set_bool(bars.bar2_wvalid, false);
    }

    /// Requests the beat at `address` (or none) in this cycle.
    pub fn bar2_read(&mut self, address: Option<u32>) {
        let Some(bars) = self.bars else { return };
        self.model.set_u64(bars.bar2_raddr, u64::from(address.unwrap_or(0)));
        self.model.set_bool(bars.bar2_rvalid, address.is_some());
    }

    /// The next beat read, in the order of the requests.
    #[inline]
    pub fn bar2_answer(&self) -> Option<&[u8]> {
        let bars = self.bars.as_ref()?;
        self.model.get_bool(bars.bar2_rdone).then(|| &self.model.get_bytes(bars.bar2_rdata)[..self.lanes])
    }
}
