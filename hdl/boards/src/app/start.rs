// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Start`]: what has to be said to the card before the first connection.

use rust_hdl::prelude::*;
use syncline_hdl::host::bar::Bar0Out;
use syncline_regs::map;

/// Ports that the card can listen on.
pub const PORTS: usize = 4;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Step {
    Idle,
    /// For the card to be ready and to have a link.
    Await,
    Configure,
    Listen,
}

/// Sets the addresses when there is a link, switches the card on and lets it listen. Drives zeros on its BAR while it does nothing.
#[derive(LogicBlock)]
pub struct Start {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    /// Held until `done`.
    pub go: Signal<In, Bit>,
    /// One cycle.
    pub done: Signal<Out, Bit>,
    /// Own addresses. They do not change.
    pub mac: Signal<In, Bits<48>>,
    pub addr: Signal<In, Bits<32>>,
    pub mask: Signal<In, Bits<32>>,
    pub gateway: Signal<In, Bits<32>>,
    /// Something that nobody can guess, in the cycle in which it is read: the key of the initial sequence numbers (RFC 6528).
    pub seed: Signal<In, Bits<32>>,
    pub bar0: Bar0Out,
    /// LISTEN on `port`, held until `listening`.
    pub listen: Signal<Out, Bit>,
    pub port: Signal<Out, Bits<16>>,
    pub listening: Signal<In, Bit>,
    step: DFF<Step>,
    index: DFF<Bits<3>>,
    ports: [Constant<Bits<16>>; PORTS],
}

impl Start {
    /// # Panics
    /// When there is no port, or port 0, or more than [`PORTS`].
    pub fn new(ports: &[u16]) -> Self {
        assert!((1..=PORTS).contains(&ports.len()) && !ports.contains(&0), "can't listen on {ports:?}");
        let config = [map::MAC_LO, map::MAC_HI, map::IPV4_ADDR, map::IPV4_MASK, map::IPV4_GATEWAY];
        assert_eq!(config, [0x108, 0x10c, 0x110, 0x114, 0x118], "the addresses are in the logic below");
        assert_eq!((map::STATUS, map::CONTROL, map::ISN_KEY0), (0x104, 0x100, 0x140), "likewise");
        Self {
            // Listening twice is no error.
            ports: std::array::from_fn(|i| Constant::new(u64::from(ports[i.min(ports.len() - 1)]).into())),
            clock: Default::default(),
            reset: Default::default(),
            go: Default::default(),
            done: Default::default(),
            mac: Default::default(),
            addr: Default::default(),
            mask: Default::default(),
            gateway: Default::default(),
            seed: Default::default(),
            bar0: Default::default(),
            listen: Default::default(),
            port: Default::default(),
            listening: Default::default(),
            step: Default::default(),
            index: Default::default(),
        }
    }
}

impl Logic for Start {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, step, index);
        self.done.next = false;
        self.listen.next = false;
        self.port.next = 0.into();
        for i in 0..4 {
            if self.index.q.val().index() == i {
                self.port.next = self.ports[i].val();
            }
        }
        self.bar0.addr.next = 0.into();
        self.bar0.wdata.next = 0.into();
        self.bar0.write.next = false;
        self.bar0.read.next = false;
        match self.step.q.val() {
            Step::Idle => {
                self.index.d.next = 0.into();
                if self.go.val() {
                    self.step.d.next = Step::Await;
                }
            }
            Step::Await => {
                self.bar0.addr.next = 0x104.into();
                self.bar0.read.next = true;
                if self.bar0.ack.val() & self.bar0.rdata.val().get_bit(0) & self.bar0.rdata.val().get_bit(2) {
                    self.step.d.next = Step::Configure;
                }
            }
            Step::Configure => {
                self.bar0.write.next = true;
                match self.index.q.val().index() {
                    0 => {
                        self.bar0.addr.next = 0x108.into();
                        self.bar0.wdata.next = self.mac.val().get_bits::<32>(0);
                    }
                    1 => {
                        self.bar0.addr.next = 0x10c.into();
                        self.bar0.wdata.next = bit_cast::<32, 16>(self.mac.val().get_bits::<16>(32));
                    }
                    2 => {
                        self.bar0.addr.next = 0x110.into();
                        self.bar0.wdata.next = self.addr.val();
                    }
                    3 => {
                        self.bar0.addr.next = 0x114.into();
                        self.bar0.wdata.next = self.mask.val();
                    }
                    4 => {
                        self.bar0.addr.next = 0x118.into();
                        self.bar0.wdata.next = self.gateway.val();
                    }
                    5 => {
                        self.bar0.addr.next = 0x140.into();
                        self.bar0.wdata.next = self.seed.val();
                    }
                    _ => {
                        self.bar0.addr.next = 0x100.into();
                        self.bar0.wdata.next = 1.into();
                    }
                }
                if self.bar0.ack.val() {
                    self.index.d.next = self.index.q.val() + 1;
                    if self.index.q.val() == 6 {
                        self.index.d.next = 0.into();
                        self.step.d.next = Step::Listen;
                    }
                }
            }
            _ => {
                self.listen.next = true;
                if self.listening.val() {
                    self.index.d.next = self.index.q.val() + 1;
                    if self.index.q.val() == 3 {
                        self.done.next = true;
                        self.step.d.next = Step::Idle;
                    }
                }
            }
        }
        if self.reset.val() {
            self.step.d.next = Step::Idle;
        }
    }
}
