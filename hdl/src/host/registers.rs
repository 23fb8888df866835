// SPDX-License-Identifier: MIT OR Apache-2.0
//! The registers of BAR0: identity, configuration, ring indexes; the way to counters, doorbells and the connection table.
//!
//! Offsets, write masks and reset values come from the table in `syncline_regs::map`; only the order of the
//! configuration words is repeated here, and a test holds it to the table. No read has a side effect.

use rust_hdl::prelude::*;
use syncline_regs::map;

use crate::ram::Lutram;
use crate::types::Config;

/// Words of the identity block.
const IDENTITY: usize = 32;
/// Words of the configuration block.
const CONFIG: usize = 22;

#[derive(Copy, Clone, Debug, PartialEq, LogicState)]
enum Step {
    Idle,
    Write,
    Read,
    Count,
    Table,
    Word,
    Ack,
    Release,
}

/// The register file behind a 32-bit bus. The host holds `write` or `read` until `ack` and then drops it for a cycle.
#[derive(LogicBlock)]
pub struct Registers {
    pub clock: Signal<In, Clock>,
    /// Power-up or external reset.
    pub reset: Signal<In, Bit>,
    pub addr: Signal<In, Bits<20>>,
    pub wdata: Signal<In, Bits<32>>,
    pub write: Signal<In, Bit>,
    pub read: Signal<In, Bit>,
    pub rdata: Signal<Out, Bits<32>>,
    pub ack: Signal<Out, Bit>,

    /// Reset for the rest of the core: at power-up, with `reset`, and after `CONTROL.reset`.
    pub core_reset: Signal<Out, Bit>,
    /// The configuration as the core uses it.
    pub cfg: Signal<Out, Config>,
    pub now: Signal<In, Bits<48>>,
    /// The tables are cleared.
    pub ready: Signal<In, Bit>,
    /// Nothing is in flight.
    pub idle: Signal<In, Bit>,
    /// The MAC has a link.
    pub link: Signal<In, Bit>,

    pub sq_tail: Signal<Out, Bits<16>>,
    pub sq_head: Signal<In, Bits<16>>,
    pub cq_head: Signal<Out, Bits<16>>,
    pub cq_tail: Signal<In, Bits<16>>,
    pub eq_head: Signal<Out, Bits<16>>,
    pub eq_tail: Signal<In, Bits<16>>,

    /// Read a counter, one cycle; the value is taken in it.
    pub counter_read: Signal<Out, Bit>,
    pub counter_index: Signal<Out, Bits<6>>,
    pub counter_value: Signal<In, Bits<32>>,

    /// A ring pointer of a flow, one cycle.
    pub doorbell: Signal<Out, Bit>,
    pub doorbell_flow: Signal<Out, Bits<16>>,
    pub doorbell_receive: Signal<Out, Bit>,
    pub doorbell_pointer: Signal<Out, Bits<32>>,
    /// An index or a flow out of range: ignored, one cycle.
    pub bad_doorbell: Signal<Out, Bit>,

    /// Read of the connection table, held until `table_done`.
    pub table_request: Signal<Out, Bit>,
    pub table_flow: Signal<Out, Bits<16>>,
    /// Word in the flow's entry.
    pub table_word: Signal<Out, Bits<6>>,
    pub table_done: Signal<In, Bit>,
    /// One cycle after `table_done`.
    pub table_value: Signal<In, Bits<32>>,

    identity: [Constant<Bits<32>>; IDENTITY],
    reset_value: [Constant<Bits<32>>; CONFIG],
    write_mask: [Constant<Bits<32>>; CONFIG],
    read_mask: [Constant<Bits<32>>; CONFIG],
    word: [DFF<Bits<32>>; CONFIG],
    /// The same words again: to read them here takes a tenth of what it takes to choose among the registers.
    copy: Lutram<Bits<32>, 5>,
    flows: Constant<Bits<16>>,
    sq_entries: Constant<Bits<16>>,
    sq_indexes: Constant<Bits<16>>,
    blank: Constant<Config>,
    step: DFF<Step>,
    value: DFF<Bits<32>>,
    started: DFF<Bit>,
    /// Cycles of the reset to come; meanwhile `copy` is filled, and no access begins.
    hold: DFF<Bits<5>>,
    /// Not in reset: a flip-flop, because all of the core looks at it.
    running: DFF<Bit>,
    resetting: Signal<Local, Bit>,
    place: Signal<Local, Bits<5>>,
    tail: DFF<Bits<16>>,
    cq: DFF<Bits<16>>,
    eq: DFF<Bits<16>>,
    restart: Signal<Local, Bit>,
    store: Signal<Local, Bit>,
    block: Signal<Local, Bits<4>>,
    index: Signal<Local, Bits<6>>,
    in_table: Signal<Local, Bit>,
    in_doorbells: Signal<Local, Bit>,
    in_registers: Signal<Local, Bit>,
    // What the address of an access is.
    in_identity: DFF<Bit>,
    in_config: DFF<Bit>,
    in_rings: DFF<Bit>,
    in_counters: DFF<Bit>,
    at_doorbells: DFF<Bit>,
    /// It is the doorbell of a flow that there is.
    has_doorbell: DFF<Bit>,
    page: Signal<Local, Bits<12>>,
    slot: Signal<Local, Bits<12>>,
    queued: Signal<Local, Bits<16>>,
    at_most: Signal<Local, Bits<16>>,
    overfull: Signal<Local, Bit>,
    identity_part: [Signal<Local, Bits<32>>; IDENTITY],
    identity_sum: [Signal<Local, Bits<32>>; IDENTITY + 1],
    mask_part: [Signal<Local, Bits<32>>; CONFIG],
    mask_sum: [Signal<Local, Bits<32>>; CONFIG + 1],
    reset_part: [Signal<Local, Bits<32>>; CONFIG],
    reset_sum: [Signal<Local, Bits<32>>; CONFIG + 1],
    ring_value: Signal<Local, Bits<32>>,
    status: [Signal<Local, Bits<32>>; 4],
}

impl Registers {
    /// `identity`: the values of the identity block by offset, for the registers that the build decides.
    ///
    /// # Panics
    /// When a register of the block has no value, or the table does not fit the blocks built here.
    pub fn new(identity: &[(u32, u32)]) -> Self {
        let value_of = |register: &syncline_regs::Register| match register.reset {
            syncline_regs::Reset::Value(value) => value,
            syncline_regs::Reset::Build => {
                let found = identity.iter().find(|(offset, _)| *offset == register.offset);
                found.unwrap_or_else(|| panic!("{} needs a value", register.name)).1
            }
        };
        let rom: [u32; IDENTITY] = std::array::from_fn(|i| {
            let register = map::IDENTITY.iter().find(|r| r.offset == 4 * i as u32);
            register.map_or(0, value_of)
        });
        assert!(map::IDENTITY.iter().all(|r| (r.offset as usize) < 4 * IDENTITY), "identity block too long");
        assert_eq!(map::CONFIGURATION.len(), CONFIG, "configuration block of another length");
        const { assert!(CONFIG <= 31, "the copy is filled while the reset lasts") };
        let config: [&syncline_regs::Register; CONFIG] = std::array::from_fn(|i| {
            map::register(map::CONTROL + 4 * i as u32).expect("configuration words are consecutive")
        });
        let used = |r: &syncline_regs::Register| {
            if r.fields.is_empty() { u32::MAX } else { r.fields.iter().fold(0, |m, f| m | f.mask() << f.low) }
        };
        let constant = |value: u32| Constant::new(Bits::<32>::from(u64::from(value)));
        let mask = |i: usize, with: &[syncline_regs::Access]| {
            constant(if with.contains(&config[i].access) { used(config[i]) } else { 0 })
        };
        use syncline_regs::Access::{ReadWrite, WriteOnly};
        let entries = rom[map::SQ_ENTRIES as usize / 4];
        assert!(
            entries.is_power_of_two() && entries <= 1 << 15,
            "registers: no submission ring of {entries} entries"
        );
        assert!(rom[map::FLOWS as usize / 4] <= 1 << 12, "registers: doorbells for 4096 flows at most");
        let limit = |offset: u32| Constant::new(Bits::<16>::from(u64::from(rom[offset as usize / 4])));
        Self {
            clock: Default::default(),
            reset: Default::default(),
            addr: Default::default(),
            wdata: Default::default(),
            write: Default::default(),
            read: Default::default(),
            rdata: Default::default(),
            ack: Default::default(),
            core_reset: Default::default(),
            cfg: Default::default(),
            now: Default::default(),
            ready: Default::default(),
            idle: Default::default(),
            link: Default::default(),
            sq_tail: Default::default(),
            sq_head: Default::default(),
            cq_head: Default::default(),
            cq_tail: Default::default(),
            eq_head: Default::default(),
            eq_tail: Default::default(),
            counter_read: Default::default(),
            counter_index: Default::default(),
            counter_value: Default::default(),
            doorbell: Default::default(),
            doorbell_flow: Default::default(),
            doorbell_receive: Default::default(),
            doorbell_pointer: Default::default(),
            bad_doorbell: Default::default(),
            table_request: Default::default(),
            table_flow: Default::default(),
            table_word: Default::default(),
            table_done: Default::default(),
            table_value: Default::default(),
            identity: std::array::from_fn(|i| constant(rom[i])),
            reset_value: std::array::from_fn(|i| constant(value_of(config[i]))),
            write_mask: std::array::from_fn(|i| mask(i, &[ReadWrite, WriteOnly])),
            read_mask: std::array::from_fn(|i| mask(i, &[ReadWrite])),
            word: std::array::from_fn(|_| Default::default()),
            copy: Default::default(),
            flows: limit(map::FLOWS),
            sq_entries: limit(map::SQ_ENTRIES),
            sq_indexes: Constant::new(Bits::<16>::from(u64::from(entries - 1))),
            blank: Constant::new(Config::default()),
            step: Default::default(),
            value: Default::default(),
            started: Default::default(),
            hold: Default::default(),
            running: Default::default(),
            resetting: Default::default(),
            place: Default::default(),
            tail: Default::default(),
            cq: Default::default(),
            eq: Default::default(),
            restart: Default::default(),
            store: Default::default(),
            block: Default::default(),
            index: Default::default(),
            in_table: Default::default(),
            in_doorbells: Default::default(),
            in_registers: Default::default(),
            in_identity: Default::default(),
            in_config: Default::default(),
            in_rings: Default::default(),
            in_counters: Default::default(),
            at_doorbells: Default::default(),
            has_doorbell: Default::default(),
            page: Default::default(),
            slot: Default::default(),
            queued: Default::default(),
            at_most: Default::default(),
            overfull: Default::default(),
            identity_part: std::array::from_fn(|_| Default::default()),
            identity_sum: std::array::from_fn(|_| Default::default()),
            mask_part: std::array::from_fn(|_| Default::default()),
            mask_sum: std::array::from_fn(|_| Default::default()),
            reset_part: std::array::from_fn(|_| Default::default()),
            reset_sum: std::array::from_fn(|_| Default::default()),
            ring_value: Default::default(),
            status: Default::default(),
        }
    }
}

impl Logic for Registers {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, in_identity, in_config, in_rings, in_counters, at_doorbells, has_doorbell);
        dff_setup!(self, clock, step, value, started, hold, running, tail, cq, eq);
        clock!(self, clock, copy);
        for i in 0..22 {
            self.word[i].clock.next = self.clock.val();
            self.word[i].d.next = self.word[i].q.val();
        }

        // Address: table from 0x40000, doorbells from 0x8000, counters at 0x400, blocks of 64 words below.
        self.in_table.next = self.addr.val().get_bits::<2>(18) != 0;
        self.in_doorbells.next = !self.in_table.val() & (self.addr.val().get_bits::<3>(15) != 0);
        self.in_registers.next =
            !self.in_table.val() & !self.in_doorbells.val() & (self.addr.val().get_bits::<4>(11) == 0);
        self.block.next = self.addr.val().get_bits::<4>(8);
        self.index.next = self.addr.val().get_bits::<6>(2);
        self.page.next = self.addr.val().get_bits::<12>(8) - 1024;
        self.slot.next = self.addr.val().get_bits::<12>(3);
        // As of the last cycle, which is enough: the host holds the address.
        self.in_identity.d.next =
            self.in_registers.val() & (self.block.val() == 0) & !self.addr.val().get_bit(7);
        self.in_config.d.next = self.in_registers.val() & (self.block.val() == 1);
        self.in_rings.d.next = self.in_registers.val() & (self.block.val() == 2);
        self.in_counters.d.next = self.in_registers.val() & (self.block.val() == 4);
        self.at_doorbells.d.next = self.in_doorbells.val();
        self.has_doorbell.d.next = self.in_doorbells.val()
            & (self.addr.val().get_bits::<3>(15) == 1)
            & (bit_cast::<16, 12>(self.slot.val()) < self.flows.val());

        self.counter_read.next = false;
        self.counter_index.next = self.index.val();
        self.table_request.next = false;
        self.table_flow.next = bit_cast::<16, 12>(self.page.val());
        self.table_word.next = self.index.val();
        self.doorbell.next = false;
        self.doorbell_flow.next = bit_cast::<16, 12>(self.slot.val());
        self.doorbell_receive.next = self.addr.val().get_bit(2);
        self.doorbell_pointer.next = self.wdata.val();
        self.bad_doorbell.next = false;
        self.sq_tail.next = self.tail.q.val();
        self.cq_head.next = self.cq.q.val();
        self.eq_head.next = self.eq.q.val();

        self.cfg.next = self.blank.val();
        self.cfg.next.enable = self.word[0].q.val().get_bit(0);
        self.cfg.next.mac =
            bit_cast::<48, 32>(self.word[2].q.val()) | (bit_cast::<48, 32>(self.word[3].q.val()) << 32);
        self.cfg.next.addr = self.word[4].q.val();
        self.cfg.next.mask = self.word[5].q.val();
        self.cfg.next.gateway = self.word[6].q.val();
        self.cfg.next.ttl = self.word[7].q.val().get_bits::<8>(0);
        self.cfg.next.mss = self.word[8].q.val().get_bits::<16>(0);
        self.cfg.next.msl = self.word[9].q.val();
        self.cfg.next.rto_initial = self.word[10].q.val();
        self.cfg.next.rto_min = self.word[11].q.val();
        self.cfg.next.rto_max = self.word[12].q.val();
        self.cfg.next.syn_retries = self.word[13].q.val().get_bits::<4>(0);
        self.cfg.next.data_retries = self.word[14].q.val().get_bits::<4>(0);
        self.cfg.next.fin_wait_2 = self.word[15].q.val();
        self.cfg.next.isn_key = bit_cast::<128, 32>(self.word[16].q.val())
            | (bit_cast::<128, 32>(self.word[17].q.val()) << 32)
            | (bit_cast::<128, 32>(self.word[18].q.val()) << 64)
            | (bit_cast::<128, 32>(self.word[19].q.val()) << 96);

        // What a read finds.
        self.identity_sum[0].next = 0.into();
        for i in 0..32 {
            self.identity_part[i].next = 0.into();
            if self.index.val().index() == i {
                self.identity_part[i].next = self.identity[i].val();
            }
            self.identity_sum[i + 1].next = self.identity_sum[i].val() | self.identity_part[i].val();
        }
        self.resetting.next = self.hold.q.val().any();
        self.place.next = !self.hold.q.val();
        self.mask_sum[0].next = 0.into();
        self.reset_sum[0].next = 0.into();
        for i in 0..22 {
            self.mask_part[i].next = 0.into();
            if self.index.val().index() == i {
                self.mask_part[i].next = self.read_mask[i].val();
            }
            self.mask_sum[i + 1].next = self.mask_sum[i].val() | self.mask_part[i].val();
            self.reset_part[i].next = 0.into();
            if self.place.val().index() == i {
                self.reset_part[i].next = self.reset_value[i].val();
            }
            self.reset_sum[i + 1].next = self.reset_sum[i].val() | self.reset_part[i].val();
        }
        self.copy.read_addr.next = self.index.val().get_bits::<5>(0);
        self.ring_value.next = 0.into();
        if self.index.val() == 1 {
            self.ring_value.next = bit_cast::<32, 16>(self.sq_head.val());
        } else if self.index.val() == 2 {
            self.ring_value.next = bit_cast::<32, 16>(self.cq.q.val());
        } else if self.index.val() == 3 {
            self.ring_value.next = bit_cast::<32, 16>(self.cq_tail.val());
        } else if self.index.val() == 4 {
            self.ring_value.next = bit_cast::<32, 16>(self.eq.q.val());
        } else if self.index.val() == 5 {
            self.ring_value.next = bit_cast::<32, 16>(self.eq_tail.val());
        }

        for i in 0..4 {
            self.status[i].next = 0.into();
        }
        if self.ready.val() {
            self.status[0].next = 1.into();
        }
        if self.word[0].q.val().get_bit(0) {
            self.status[1].next = 2.into();
        }
        if self.link.val() {
            self.status[2].next = 4.into();
        }
        if self.idle.val() {
            self.status[3].next = 8.into();
        }

        self.ack.next = false;
        self.rdata.next = self.value.q.val();
        self.restart.next = false;
        self.store.next = false;
        self.queued.next = self.wdata.val().get_bits::<16>(0) - self.sq_head.val();
        // More than the entries of the ring, a power of two: by the bits, behind the carry chain of the difference.
        self.at_most.next = self.sq_entries.val() | self.sq_indexes.val();
        self.overfull.next = (self.queued.val() & !self.at_most.val()).any()
            | ((self.queued.val() & self.sq_entries.val()).any()
                & (self.queued.val() & self.sq_indexes.val()).any());
        match self.step.q.val() {
            Step::Idle => {
                if self.write.val() & !self.resetting.val() {
                    self.step.d.next = Step::Write;
                } else if self.read.val() & !self.resetting.val() {
                    self.step.d.next = Step::Read;
                    if self.in_table.val() & (bit_cast::<16, 12>(self.page.val()) < self.flows.val()) {
                        self.step.d.next = Step::Table;
                    }
                }
            }
            Step::Write => {
                self.store.next = true;
                self.ack.next = true;
                self.step.d.next = Step::Release;
            }
            Step::Read => {
                self.step.d.next = Step::Ack;
                self.value.d.next = 0.into();
                if self.in_identity.q.val() {
                    self.value.d.next = self.identity_sum[32].val();
                } else if self.in_config.q.val() {
                    self.value.d.next = self.copy.read_data.val() & self.mask_sum[22].val();
                    if self.index.val() == 1 {
                        self.value.d.next = self.status[0].val()
                            | self.status[1].val()
                            | self.status[2].val()
                            | self.status[3].val();
                    } else if self.index.val() == 20 {
                        self.value.d.next = self.now.val().get_bits::<32>(0);
                    } else if self.index.val() == 21 {
                        self.value.d.next = bit_cast::<32, 16>(self.now.val().get_bits::<16>(32));
                    }
                } else if self.in_rings.q.val() {
                    self.value.d.next = self.ring_value.val();
                } else if self.in_counters.q.val() {
                    self.step.d.next = Step::Count;
                }
            }
            // A step of its own: from the address through the counters is a long way.
            Step::Count => {
                self.step.d.next = Step::Ack;
                self.counter_read.next = true;
                self.value.d.next = self.counter_value.val();
            }
            Step::Table => {
                self.table_request.next = true;
                if self.table_done.val() {
                    self.step.d.next = Step::Word;
                }
            }
            Step::Word => {
                self.step.d.next = Step::Ack;
                self.value.d.next = self.table_value.val();
            }
            Step::Ack => {
                self.ack.next = true;
                self.step.d.next = Step::Release;
            }
            _ => {
                if !self.read.val() & !self.write.val() {
                    self.step.d.next = Step::Idle;
                }
            }
        }

        self.copy.write_addr.next = self.index.val().get_bits::<5>(0);
        self.copy.write_data.next = self.wdata.val();
        self.copy.write_en.next = self.store.val() & self.in_config.q.val() & !self.index.val().get_bit(5);
        if self.resetting.val() {
            self.copy.write_addr.next = self.place.val();
            self.copy.write_data.next = self.reset_sum[22].val();
            self.copy.write_en.next = true;
        }

        if self.store.val() {
            if self.in_config.q.val() {
                for i in 0..22 {
                    if self.index.val().index() == i {
                        self.word[i].d.next = self.wdata.val() & self.write_mask[i].val();
                    }
                }
                if (self.index.val() == 0) & self.wdata.val().get_bit(1) {
                    self.restart.next = true;
                }
            }
            if self.in_rings.q.val() {
                if self.index.val() == 0 {
                    if self.overfull.val() {
                        self.bad_doorbell.next = true;
                    } else {
                        self.tail.d.next = self.wdata.val().get_bits::<16>(0);
                    }
                } else if self.index.val() == 2 {
                    self.cq.d.next = self.wdata.val().get_bits::<16>(0);
                } else if self.index.val() == 4 {
                    self.eq.d.next = self.wdata.val().get_bits::<16>(0);
                }
            }
            if self.at_doorbells.q.val() {
                if self.has_doorbell.q.val() {
                    self.doorbell.next = true;
                } else {
                    self.bad_doorbell.next = true;
                }
            }
        }

        // The reset lasts some cycles, so that pipelines drain into reset registers.
        self.started.d.next = true;
        if self.resetting.val() {
            self.hold.d.next = self.hold.q.val() - 1;
        }
        self.running.d.next = !self.hold.q.val().get_bits::<4>(1).any();
        self.core_reset.next = !self.running.q.val();
        if !self.started.q.val() | self.restart.val() | self.reset.val() {
            self.hold.d.next = 31.into();
            self.running.d.next = false;
            self.tail.d.next = 0.into();
            self.cq.d.next = 0.into();
            self.eq.d.next = 0.into();
            for i in 0..22 {
                self.word[i].d.next = self.reset_value[i].val();
            }
        }
        if self.reset.val() {
            self.step.d.next = Step::Idle;
        }
    }
}

#[cfg(test)]
#[path = "tests/registers.rs"]
mod tests;
