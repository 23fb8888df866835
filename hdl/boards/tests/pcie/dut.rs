// SPDX-License-Identifier: MIT OR Apache-2.0
//! The completer, Verilated, or with the Rust simulation beside it in lockstep.

use rust_hdl::prelude::*;
use syncline_boards::pcie::completer::Completer;
use syncline_hdl::emit;
use syncline_hdl::sim::{ready, settle};
use syncline_hdl::stream::bench::{bits_of, bytes_of};
use syncline_verilate::{Model, Options, Port, Source};

use syncline_pins::tlp::{CcBeat, CqBeat};

/// What the completer sees in a cycle.
#[derive(Clone)]
pub struct Inputs {
    pub reset: bool,
    pub cq: Option<CqBeat>,
    pub cc_ready: bool,
    pub bar0_rdata: u32,
    pub bar0_ack: bool,
    pub bar2_rdata: [u8; 64],
    pub bar2_rdone: bool,
}

/// What it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outputs {
    pub cq_ready: bool,
    pub np_req: u8,
    pub cc: Option<CcBeat>,
    pub bar0_addr: u32,
    pub bar0_wdata: u32,
    pub bar0_write: bool,
    pub bar0_read: bool,
    /// Address, data, strobes.
    pub bar2_write: Option<(u32, [u8; 64], u64)>,
    pub bar2_read: Option<u32>,
    /// dropped, discontinued, refused, partial.
    pub counts: [bool; 4],
}

const INPUTS: [&str; 10] = [
    "clock",
    "reset",
    "cq_data",
    "cq_user",
    "cq_last",
    "cq_valid",
    "cc_ready",
    "bar0_rdata",
    "bar0_ack",
    "bar2_rdata",
];
const OUTPUTS: [&str; 21] = [
    "cq_ready",
    "np_req",
    "cc_data",
    "cc_keep",
    "cc_user",
    "cc_last",
    "cc_valid",
    "bar0_addr",
    "bar0_wdata",
    "bar0_write",
    "bar0_read",
    "bar2_waddr",
    "bar2_wdata",
    "bar2_wstrb",
    "bar2_wvalid",
    "bar2_raddr",
    "bar2_rvalid",
    "dropped",
    "discontinued",
    "refused",
    "partial",
];

pub struct Dut {
    model: Model,
    inputs: [Port; 10],
    rdone: Port,
    outputs: [Port; 21],
    rust: Option<Box<Completer>>,
}

impl Dut {
    pub fn new(lockstep: bool) -> Self {
        let rust = ready(Box::<Completer>::default());
        let text = emit::verilog(rust.as_ref(), "completer").unwrap_or_else(|e| panic!("{e}"));
        let source = Source::new("completer", text);
        let model = Model::build(&source, Options::default()).expect("model builds");
        let port = |name: &str| model.port(name).unwrap_or_else(|e| panic!("{e}"));
        let (inputs, outputs) = (INPUTS.map(port), OUTPUTS.map(port));
        let rdone = port("bar2_rdone");
        Self { model, inputs, rdone, outputs, rust: lockstep.then_some(rust) }
    }

    /// The outputs with these inputs.
    pub fn settle(&mut self, inputs: &Inputs) -> Outputs {
        let [_, reset, cq_data, cq_user, cq_last, cq_valid, cc_ready, rdata, ack, window] = self.inputs;
        let model = &mut self.model;
        model.set_bool(reset, inputs.reset);
        model.set_bool(cq_valid, inputs.cq.is_some());
        if let Some(beat) = &inputs.cq {
            model.set_bytes(cq_data, &beat.data);
            model.set_bytes(cq_user, &beat.user);
            model.set_bool(cq_last, beat.last);
        }
        model.set_bool(cc_ready, inputs.cc_ready);
        model.set_u64(rdata, inputs.bar0_rdata.into());
        model.set_bool(ack, inputs.bar0_ack);
        model.set_bytes(window, &inputs.bar2_rdata);
        model.set_bool(self.rdone, inputs.bar2_rdone);
        model.eval();
        let outputs = self.verilated();
        if let Some(rust) = &mut self.rust {
            poke(rust, inputs);
            settle(rust.as_mut());
            assert_eq!(peek(rust), outputs, "Rust simulation (left) and Verilog disagree");
        }
        outputs
    }

    pub fn tick(&mut self) {
        self.model.tick(self.inputs[0]);
        if let Some(rust) = &mut self.rust {
            for level in [true, false] {
                rust.clock.next = Clock { clk: level };
                settle(rust.as_mut());
            }
        }
    }

    fn verilated(&self) -> Outputs {
        let [
            cq_ready,
            np_req,
            cc_data,
            cc_keep,
            cc_user,
            cc_last,
            cc_valid,
            addr,
            wdata,
            write,
            read,
            waddr,
            window,
            strobes,
            wvalid,
            raddr,
            rvalid,
            counts @ ..,
        ] = self.outputs;
        let model = &self.model;
        let line = |port: Port| -> [u8; 64] { model.get_bytes(port).try_into().expect("64 bytes") };
        let word = |port: Port| model.get_u64(port) as u32;
        let cc = model.get_bool(cc_valid).then(|| CcBeat {
            data: line(cc_data),
            keep: word(cc_keep) as u16,
            user: model.get_bytes(cc_user)[..11].try_into().expect("11 bytes"),
            last: model.get_bool(cc_last),
        });
        Outputs {
            cq_ready: model.get_bool(cq_ready),
            np_req: word(np_req) as u8,
            cc,
            bar0_addr: word(addr),
            bar0_wdata: word(wdata),
            bar0_write: model.get_bool(write),
            bar0_read: model.get_bool(read),
            bar2_write: model.get_bool(wvalid).then(|| (word(waddr), line(window), model.get_u64(strobes))),
            bar2_read: model.get_bool(rvalid).then(|| word(raddr)),
            counts: counts.map(|port| model.get_bool(port)),
        }
    }
}

fn poke(rust: &mut Completer, inputs: &Inputs) {
    rust.reset.next = inputs.reset;
    rust.cq_valid.next = inputs.cq.is_some();
    if let Some(beat) = &inputs.cq {
        rust.cq_data.next = bits_of(&beat.data);
        let top = Bits::<183>::from(u64::from(beat.user[22])) << 176_u64;
        rust.cq_user.next = bits_of::<183>(&beat.user[..22]) | top;
        rust.cq_last.next = beat.last;
    }
    rust.cc_ready.next = inputs.cc_ready;
    rust.bar0.rdata.next = u64::from(inputs.bar0_rdata).into();
    rust.bar0.ack.next = inputs.bar0_ack;
    rust.bar2.rdata.next = bits_of(&inputs.bar2_rdata);
    rust.bar2.rdone.next = inputs.bar2_rdone;
}

fn peek(rust: &Completer) -> Outputs {
    let line = |bits: Bits<512>| -> [u8; 64] { bytes_of(bits, 64).try_into().expect("64 bytes") };
    let cc = rust.cc_valid.val().then(|| {
        let mut user: [u8; 11] =
            bytes_of(bit_cast::<88, 81>(rust.cc_user.val()), 11).try_into().expect("11 bytes");
        user[10] &= 1;
        CcBeat {
            data: line(rust.cc_data.val()),
            keep: rust.cc_keep.val().to_u64() as u16,
            user,
            last: rust.cc_last.val(),
        }
    });
    let write =
        (rust.bar2.waddr.val().to_u64() as u32, line(rust.bar2.wdata.val()), rust.bar2.wstrb.val().to_u64());
    Outputs {
        cq_ready: rust.cq_ready.val(),
        np_req: rust.np_req.val().to_u64() as u8,
        cc,
        bar0_addr: rust.bar0.addr.val().to_u64() as u32,
        bar0_wdata: rust.bar0.wdata.val().to_u64() as u32,
        bar0_write: rust.bar0.write.val(),
        bar0_read: rust.bar0.read.val(),
        bar2_write: rust.bar2.wvalid.val().then_some(write),
        bar2_read: rust.bar2.rvalid.val().then(|| rust.bar2.raddr.val().to_u64() as u32),
        counts: [rust.dropped.val(), rust.discontinued.val(), rust.refused.val(), rust.partial.val()],
    }
}
