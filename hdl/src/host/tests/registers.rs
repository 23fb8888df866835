// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every offset, bit and stride of the block against the table in `syncline_regs`: the block holds them as literals.

use std::collections::BTreeMap;

use syncline_regs::counters::SLOTS;
use syncline_regs::map::{CardStatus, Control};
use syncline_regs::{Access, DOORBELL_STRIDE, Register, Reset, TABLE_STRIDE, connection};

use super::*;
use crate::sim::{ready, settle, tick};
use crate::stream::bench::clocked;

clocked!(Registers);

/// Flows of the card under test.
const FLOWS: u32 = 16;
/// Entries of its submission ring.
const SQ_ENTRIES: u32 = 8;
/// Each bit is 0 in one of them and 1 in the other.
const PATTERNS: [u32; 2] = [0xa5c3_96e1, !0xa5c3_96e1];

/// What the block tells the core in a cycle.
#[derive(Debug, PartialEq, Eq)]
enum Pulse {
    Doorbell { flow: u32, receive: bool, pointer: u32 },
    BadDoorbell,
    Table { flow: u32, word: u32 },
}

/// What the build decides; every register has a value of its own.
fn build(register: &Register) -> u32 {
    match register.offset {
        map::FLOWS => FLOWS,
        map::SQ_ENTRIES => SQ_ENTRIES,
        offset => 0x00c0_0000 | offset,
    }
}

fn value_of(register: &Register) -> u32 {
    match register.reset {
        Reset::Value(value) => value,
        Reset::Build => build(register),
    }
}

/// A card out of its reset.
fn card() -> Box<Registers> {
    let identity: Vec<_> = map::IDENTITY.iter().map(|r| (r.offset, value_of(r))).collect();
    let mut uut = ready(Box::new(Registers::new(&identity)));
    rest(&mut uut);
    uut
}

/// The reset lasts some cycles.
fn rest(uut: &mut Registers) {
    for _ in 0..40 {
        tick(uut);
    }
    assert!(!uut.core_reset.val());
}

/// One access of the host: what a read gives, and what the core was told. The counters and the table give values that say
/// what was asked for.
fn access(uut: &mut Registers, offset: u32, write: Option<u32>) -> (u32, Vec<Pulse>) {
    uut.addr.next = u64::from(offset).into();
    uut.wdata.next = u64::from(write.unwrap_or(0)).into();
    uut.write.next = write.is_some();
    uut.read.next = write.is_none();
    let mut pulses = vec![];
    for _ in 0..6 {
        settle(uut);
        uut.counter_value.next = counter(uut.counter_index.val().to_u64() as u32).into();
        let (flow, word) = (uut.table_flow.val().to_u64() as u32, uut.table_word.val().to_u64() as u32);
        uut.table_value.next = entry(flow, word).into();
        uut.table_done.next = uut.table_request.val();
        settle(uut);
        if uut.table_request.val() {
            pulses.push(Pulse::Table { flow, word });
        }
        if uut.doorbell.val() {
            let (flow, pointer) = (uut.doorbell_flow.val().to_u64(), uut.doorbell_pointer.val().to_u64());
            let receive = uut.doorbell_receive.val();
            pulses.push(Pulse::Doorbell { flow: flow as u32, receive, pointer: pointer as u32 });
        }
        if uut.bad_doorbell.val() {
            pulses.push(Pulse::BadDoorbell);
        }
        let (ack, value) = (uut.ack.val(), uut.rdata.val().to_u64() as u32);
        tick(uut);
        if ack {
            (uut.write.next, uut.read.next) = (false, false);
            tick(uut);
            return (value, pulses);
        }
    }
    panic!("no answer to the access at 0x{offset:x}");
}

fn read(uut: &mut Registers, offset: u32) -> u32 {
    access(uut, offset, None).0
}

fn write(uut: &mut Registers, offset: u32, value: u32) {
    access(uut, offset, Some(value));
}

fn counter(slot: u32) -> u64 {
    u64::from(0x0c00_0000 | slot)
}

fn entry(flow: u32, word: u32) -> u64 {
    u64::from(0x7ab0_0000 | flow << 8 | word)
}

/// The bits that a register has.
fn used(register: &Register) -> u32 {
    if register.fields.is_empty() {
        return u32::MAX;
    }
    register.fields.iter().fold(0, |mask, field| mask | field.mask() << field.low)
}

/// What the core sees of each configuration register that can be written.
fn configuration(uut: &Registers) -> BTreeMap<u32, u32> {
    let cfg = uut.cfg.val();
    let key = |word: usize| cfg.isn_key.get_bits::<32>(32 * word).to_u64();
    let of = |register: &Register| match register.offset {
        map::CONTROL => u64::from(cfg.enable),
        map::MAC_LO => cfg.mac.get_bits::<32>(0).to_u64(),
        map::MAC_HI => cfg.mac.get_bits::<16>(32).to_u64(),
        map::IPV4_ADDR => cfg.addr.to_u64(),
        map::IPV4_MASK => cfg.mask.to_u64(),
        map::IPV4_GATEWAY => cfg.gateway.to_u64(),
        map::TTL => cfg.ttl.to_u64(),
        map::MSS => cfg.mss.to_u64(),
        map::MSL_US => cfg.msl.to_u64(),
        map::RTO_INITIAL_US => cfg.rto_initial.to_u64(),
        map::RTO_MIN_US => cfg.rto_min.to_u64(),
        map::RTO_MAX_US => cfg.rto_max.to_u64(),
        map::SYN_RETRIES => cfg.syn_retries.to_u64(),
        map::DATA_RETRIES => cfg.data_retries.to_u64(),
        map::FIN_WAIT_2_US => cfg.fin_wait_2.to_u64(),
        map::ISN_KEY0 => key(0),
        map::ISN_KEY1 => key(1),
        map::ISN_KEY2 => key(2),
        map::ISN_KEY3 => key(3),
        _ => panic!("the core does not see {}", register.name),
    };
    writable().map(|register| (register.offset, of(register) as u32)).collect()
}

fn writable() -> impl Iterator<Item = &'static Register> {
    map::CONFIGURATION.iter().filter(|register| register.access != Access::ReadOnly)
}

/// The configuration after power-up.
fn reset_values() -> BTreeMap<u32, u32> {
    writable().map(|register| (register.offset, value_of(register))).collect()
}

#[test]
fn every_word_below_the_counters_reads_as_the_table_says() {
    let mut uut = card();
    for offset in (0..map::COUNTERS).step_by(4) {
        let want = match map::register(offset) {
            None => 0,
            Some(register) if register.access == Access::WriteOnly => 0,
            Some(register) => value_of(register),
        };
        assert_eq!(read(&mut uut, offset), want, "at 0x{offset:03x}");
    }
}

#[test]
fn each_configuration_register_sets_its_field_and_no_other() {
    let mut uut = card();
    let mut want = reset_values();
    assert_eq!(configuration(&uut), want);
    for pattern in PATTERNS {
        for register in writable() {
            // `CONTROL.reset` has a test of its own.
            let reset = if register.offset == map::CONTROL { Control::RESET.bits() } else { 0 };
            let value = pattern.rotate_left(register.offset) & !reset;
            write(&mut uut, register.offset, value);
            want.insert(register.offset, value & used(register));
            assert_eq!(configuration(&uut), want, "after {}", register.name);
            let back = if register.access == Access::WriteOnly { 0 } else { value & used(register) };
            assert_eq!(read(&mut uut, register.offset), back, "{}", register.name);
        }
    }
}

#[test]
fn what_can_only_be_read_takes_no_write() {
    let mut uut = card();
    for register in map::BLOCKS.iter().flat_map(|block| block.registers) {
        if register.access == Access::ReadOnly {
            let before = read(&mut uut, register.offset);
            write(&mut uut, register.offset, !before);
            assert_eq!(read(&mut uut, register.offset), before, "{}", register.name);
        }
    }
    assert_eq!(configuration(&uut), reset_values());
}

#[test]
fn control_reset_brings_the_power_up_values_back() {
    let mut uut = card();
    for register in writable().filter(|register| register.offset != map::CONTROL) {
        write(&mut uut, register.offset, !value_of(register));
    }
    for offset in [map::SQ_TAIL, map::CQ_HEAD, map::EQ_HEAD] {
        write(&mut uut, offset, 3);
    }
    assert_ne!(configuration(&uut), reset_values());
    write(&mut uut, map::CONTROL, Control::RESET.bits());
    assert!(uut.core_reset.val());
    rest(&mut uut);
    assert_eq!(configuration(&uut), reset_values());
    let indexes = [uut.sq_tail.val(), uut.cq_head.val(), uut.eq_head.val()];
    assert!(indexes.iter().all(|index| !index.any()));
}

#[test]
fn status_has_its_bits() {
    let mut uut = card();
    for (case, want) in
        [CardStatus::READY, CardStatus::ENABLED, CardStatus::LINK, CardStatus::IDLE].into_iter().enumerate()
    {
        uut.ready.next = case == 0;
        write(&mut uut, map::CONTROL, if case == 1 { Control::ENABLE.bits() } else { 0 });
        uut.link.next = case == 2;
        uut.idle.next = case == 3;
        assert_eq!(read(&mut uut, map::STATUS), want.bits(), "{want:?}");
    }
}

#[test]
fn the_clock_has_two_words() {
    let mut uut = card();
    uut.now.next = 0x1234_5678_9abc_u64.into();
    assert_eq!([map::NOW_LO, map::NOW_HI].map(|offset| read(&mut uut, offset)), [0x5678_9abc, 0x1234]);
}

#[test]
fn ring_indexes_are_at_their_offsets() {
    let mut uut = card();
    uut.sq_head.next = 0x5001_u64.into();
    uut.cq_tail.next = 0x5002_u64.into();
    uut.eq_tail.next = 0x5003_u64.into();
    let pointers = [map::SQ_HEAD, map::CQ_TAIL, map::EQ_TAIL].map(|offset| read(&mut uut, offset));
    assert_eq!(pointers, [0x5001, 0x5002, 0x5003]);
    let mut want = [0; 3];
    for (i, (offset, value)) in
        [(map::SQ_TAIL, 0x5004), (map::CQ_HEAD, 0x6002), (map::EQ_HEAD, 0x6003)].into_iter().enumerate()
    {
        write(&mut uut, offset, value);
        want[i] = u64::from(value);
        let indexes = [uut.sq_tail.val(), uut.cq_head.val(), uut.eq_head.val()].map(|index| index.to_u64());
        assert_eq!(indexes, want);
    }
    let back = [map::SQ_TAIL, map::CQ_HEAD, map::EQ_HEAD].map(|offset| read(&mut uut, offset));
    assert_eq!(back, [0, 0x6002, 0x6003], "SQ_TAIL is write-only");
    // As many entries as the ring has, and more.
    write(&mut uut, map::SQ_TAIL, 0x5001 + SQ_ENTRIES);
    for more in [1, 3, SQ_ENTRIES, SQ_ENTRIES + 1, 0x4000, 0xffff - SQ_ENTRIES] {
        let (_, pulses) = access(&mut uut, map::SQ_TAIL, Some((0x5001 + SQ_ENTRIES + more) & 0xffff));
        assert_eq!(pulses, [Pulse::BadDoorbell], "{more} too many");
    }
    assert_eq!(uut.sq_tail.val().to_u64(), u64::from(0x5001 + SQ_ENTRIES));
}

#[test]
fn counters_are_at_their_slots() {
    let mut uut = card();
    for slot in 0..SLOTS as u32 {
        assert_eq!(u64::from(read(&mut uut, map::COUNTERS + 4 * slot)), counter(slot), "slot {slot}");
    }
    assert_eq!(read(&mut uut, map::COUNTERS + 4 * SLOTS as u32), 0, "behind the last slot");
}

#[test]
fn doorbells_are_at_their_strides() {
    let mut uut = card();
    for flow in 0..FLOWS {
        for (which, receive) in [(map::TX_TAIL, false), (map::RX_HEAD, true)] {
            let (offset, pointer) = (map::DOORBELLS + flow * DOORBELL_STRIDE + which, 0xd00b_0000 | flow);
            let (_, pulses) = access(&mut uut, offset, Some(pointer));
            assert_eq!(pulses, [Pulse::Doorbell { flow, receive, pointer }]);
            assert_eq!(access(&mut uut, offset, None), (0, vec![]), "a read tells nobody");
        }
    }
    for flow in [FLOWS, map::FLOWS_MAX - 1, 4095, 4096, 8192 + FLOWS - 1] {
        let (_, pulses) = access(&mut uut, map::DOORBELLS + flow * DOORBELL_STRIDE, Some(1));
        assert_eq!(pulses, [Pulse::BadDoorbell], "flow {flow}");
    }
    assert_eq!(configuration(&uut), reset_values());
}

#[test]
fn the_table_is_at_its_stride() {
    let mut uut = card();
    for flow in 0..FLOWS {
        for word in connection::ENTRY {
            let (value, pulses) = access(&mut uut, map::TABLE + flow * TABLE_STRIDE + word.offset, None);
            let want = word.offset / 4;
            assert_eq!(u64::from(value), entry(flow, want), "{} of flow {flow}", word.name);
            assert!(pulses.contains(&Pulse::Table { flow, word: want }), "{pulses:?}");
        }
    }
    for flow in [FLOWS, map::FLOWS_MAX - 1] {
        assert_eq!(access(&mut uut, map::TABLE + flow * TABLE_STRIDE, None), (0, vec![]), "flow {flow}");
    }
    assert_eq!(access(&mut uut, map::TABLE, Some(u32::MAX)).1, [], "the table can't be written");
}
