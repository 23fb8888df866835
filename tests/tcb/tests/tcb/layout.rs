// SPDX-License-Identifier: MIT OR Apache-2.0
//! The records as bits: the offsets are those of the RustHDL structs, the values those of the model's.

use rust_hdl::prelude::Synth;
use syncline_hdl::types as hdl;
use syncline_model::tcb::{Config, Event, EventKind, Op, Reason, State, Tcb, TxRequest, Verdict, Work};

/// What the hardware's `Work` has and the model's has not (`docs/design.md`, section 2), and the whole of `now`.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Notes {
    pub now: u64,
    pub half_open: bool,
    pub mss: u16,
    pub unread: bool,
    pub begins: bool,
    pub takes_syn: bool,
    pub nxt_behind: bool,
    pub bytes: u32,
    pub more: u32,
}

/// Puts `value` into `bits` (least significant byte first).
fn put(bits: &mut [u8], offset: usize, width: usize, value: u64) {
    assert!(width == 64 || value >> width == 0, "{value:#x} has more than {width} bits");
    let shifted = u128::from(value) << (offset % 8);
    for (byte, part) in bits[offset / 8..].iter_mut().zip(shifted.to_le_bytes()) {
        *byte |= part; // a record is built once, from zeros
    }
}

fn get(bits: &[u8], offset: usize, width: usize) -> u64 {
    let mut word = [0; 16];
    for (to, from) in word.iter_mut().zip(&bits[offset / 8..]) {
        *to = *from;
    }
    let value = (u128::from_le_bytes(word) >> (offset % 8)) as u64;
    if width < 64 { value & ((1 << width) - 1) } else { value }
}

/// A port of one bit, and one of up to 64.
pub fn bit(bits: &[u8]) -> bool {
    word(bits) != 0
}

pub fn word(bits: &[u8]) -> u64 {
    get(bits, 0, 64)
}

/// A value that fits into a field.
trait Field: Copy {
    fn to_bits(self) -> u64;
    fn from_bits(bits: u64) -> Self;
}

macro_rules! integer_fields {
    ($($t:ty),*) => {$(
        impl Field for $t {
            fn to_bits(self) -> u64 { u64::from(self) }
            fn from_bits(bits: u64) -> Self { bits as $t }
        }
    )*};
}
integer_fields!(u8, u16, u32, u64);

impl Field for bool {
    fn to_bits(self) -> u64 {
        u64::from(self)
    }
    fn from_bits(bits: u64) -> Self {
        bits != 0
    }
}

macro_rules! enum_fields {
    ($($t:ty: $($v:ident)*;)*) => {$(
        impl Field for $t {
            fn to_bits(self) -> u64 { self as u64 }
            fn from_bits(bits: u64) -> Self {
                *[$(<$t>::$v),*].get(bits as usize).expect("a value of the enum")
            }
        }
    )*};
}
enum_fields! {
    State: Closed Listen SynSent SynReceived Established FinWait1 FinWait2 CloseWait Closing LastAck TimeWait;
    EventKind: Nothing Segment Command Timer Turn Doorbell Peek Unreachable;
    Op: Open Shutdown Close Abort;
    Reason: Normal Refused Reset TimedOut Unreachable Aborted;
}

macro_rules! record {
    ($pack:ident $unpack:ident $model:ty, $hdl:ty: $($field:ident $offset:ident $width:ident),* $(,)?) => {
        /// The record as the Verilog port has it.
        #[allow(dead_code)]
        pub fn $pack(value: &$model) -> Vec<u8> {
            let at = <$hdl>::default();
            let mut bits = vec![0; <$hdl>::BITS.div_ceil(8)];
            $(put(&mut bits, at.$offset(), at.$width(), value.$field.to_bits());)*
            bits
        }
        /// The record out of the bits of a Verilog port.
        #[allow(dead_code)]
        pub fn $unpack(bits: &[u8]) -> $model {
            let at = <$hdl>::default();
            let mut value = <$model>::default();
            $(value.$field = Field::from_bits(get(bits, at.$offset(), at.$width()));)*
            value
        }
    };
}

record! { pack_event unpack_event Event, hdl::Event:
    kind get_my_offset_kind get_my_width_kind,
    op get_my_offset_op get_my_width_op,
    flow get_my_offset_flow get_my_width_flow,
    hit get_my_offset_hit get_my_width_hit,
    new get_my_offset_new get_my_width_new,
    listen get_my_offset_listen get_my_width_listen,
    raddr get_my_offset_raddr get_my_width_raddr,
    rport get_my_offset_rport get_my_width_rport,
    lport get_my_offset_lport get_my_width_lport,
    seq get_my_offset_seq get_my_width_seq,
    ack get_my_offset_ack get_my_width_ack,
    end get_my_offset_end get_my_width_end,
    flags get_my_offset_flags get_my_width_flags,
    wnd get_my_offset_wnd get_my_width_wnd,
    len get_my_offset_len get_my_width_len,
    mss get_my_offset_mss get_my_width_mss,
    isn get_my_offset_isn get_my_width_isn,
}
record! { pack_tcb unpack_tcb Tcb, hdl::Tcb:
    state get_my_offset_state get_my_width_state,
    reason get_my_offset_reason get_my_width_reason,
    generation get_my_offset_generation get_my_width_generation,
    active get_my_offset_active get_my_width_active,
    owned get_my_offset_owned get_my_width_owned,
    released get_my_offset_released get_my_width_released,
    fin_queued get_my_offset_fin_queued get_my_width_fin_queued,
    fin_received get_my_offset_fin_received get_my_width_fin_received,
    nodelay get_my_offset_nodelay get_my_width_nodelay,
    raddr get_my_offset_raddr get_my_width_raddr,
    rport get_my_offset_rport get_my_width_rport,
    lport get_my_offset_lport get_my_width_lport,
    iss get_my_offset_iss get_my_width_iss,
    snd_una get_my_offset_snd_una get_my_width_snd_una,
    snd_nxt get_my_offset_snd_nxt get_my_width_snd_nxt,
    snd_max get_my_offset_snd_max get_my_width_snd_max,
    snd_end get_my_offset_snd_end get_my_width_snd_end,
    snd_wnd get_my_offset_snd_wnd get_my_width_snd_wnd,
    max_wnd get_my_offset_max_wnd get_my_width_max_wnd,
    snd_wl1 get_my_offset_snd_wl1 get_my_width_snd_wl1,
    snd_wl2 get_my_offset_snd_wl2 get_my_width_snd_wl2,
    irs get_my_offset_irs get_my_width_irs,
    rcv_nxt get_my_offset_rcv_nxt get_my_width_rcv_nxt,
    rcv_adv get_my_offset_rcv_adv get_my_width_rcv_adv,
    rcv_user get_my_offset_rcv_user get_my_width_rcv_user,
    mss get_my_offset_mss get_my_width_mss,
    cwnd get_my_offset_cwnd get_my_width_cwnd,
    ssthresh get_my_offset_ssthresh get_my_width_ssthresh,
    bytes_acked get_my_offset_bytes_acked get_my_width_bytes_acked,
    dup_acks get_my_offset_dup_acks get_my_width_dup_acks,
    recovery get_my_offset_recovery get_my_width_recovery,
    recover get_my_offset_recover get_my_width_recover,
    srtt get_my_offset_srtt get_my_width_srtt,
    rttvar get_my_offset_rttvar get_my_width_rttvar,
    rto get_my_offset_rto get_my_width_rto,
    rtt_busy get_my_offset_rtt_busy get_my_width_rtt_busy,
    rtt_seq get_my_offset_rtt_seq get_my_width_rtt_seq,
    rtt_time get_my_offset_rtt_time get_my_width_rtt_time,
    retries get_my_offset_retries get_my_width_retries,
    timer_on get_my_offset_timer_on get_my_width_timer_on,
    retransmits get_my_offset_retransmits get_my_width_retransmits,
}
record! { pack_verdict unpack_verdict Verdict, hdl::Verdict:
    flow get_my_offset_flow get_my_width_flow,
    staged get_my_offset_staged get_my_width_staged,
    place get_my_offset_place get_my_width_place,
    skip get_my_offset_skip get_my_width_skip,
    take get_my_offset_take get_my_width_take,
    seq get_my_offset_seq get_my_width_seq,
    placed get_my_offset_placed get_my_width_placed,
    start get_my_offset_start get_my_width_start,
}
record! { pack_tx unpack_tx TxRequest, hdl::TxRequest:
    flow get_my_offset_flow get_my_width_flow,
    has_flow get_my_offset_has_flow get_my_width_has_flow,
    raddr get_my_offset_raddr get_my_width_raddr,
    rport get_my_offset_rport get_my_width_rport,
    lport get_my_offset_lport get_my_width_lport,
    seq get_my_offset_seq get_my_width_seq,
    ack get_my_offset_ack get_my_width_ack,
    flags get_my_offset_flags get_my_width_flags,
    wnd get_my_offset_wnd get_my_width_wnd,
    len get_my_offset_len get_my_width_len,
    mss get_my_offset_mss get_my_width_mss,
}
record! { pack_config unpack_config Config, hdl::Config:
    mss get_my_offset_mss get_my_width_mss,
    msl get_my_offset_msl get_my_width_msl,
    rto_initial get_my_offset_rto_initial get_my_width_rto_initial,
    rto_min get_my_offset_rto_min get_my_width_rto_min,
    rto_max get_my_offset_rto_max get_my_width_rto_max,
    syn_retries get_my_offset_syn_retries get_my_width_syn_retries,
    data_retries get_my_offset_data_retries get_my_width_data_retries,
    fin_wait_2 get_my_offset_fin_wait_2 get_my_width_fin_wait_2,
}
record! { pack_work unpack_work Work, hdl::Work:
    now get_my_offset_now get_my_width_now,
    d_seq get_my_offset_d_seq get_my_width_d_seq,
    d_end get_my_offset_d_end get_my_width_d_end,
    d_una get_my_offset_d_una get_my_width_d_una,
    d_max get_my_offset_d_max get_my_width_d_max,
    d_wnd get_my_offset_d_wnd get_my_width_d_wnd,
    d_fin get_my_offset_d_fin get_my_width_d_fin,
    d_rec get_my_offset_d_rec get_my_width_d_rec,
    flight get_my_offset_flight get_my_width_flight,
    d_user get_my_offset_d_user get_my_width_d_user,
    rtt get_my_offset_rtt get_my_width_rtt,
    rtt_covered get_my_offset_rtt_covered get_my_width_rtt_covered,
    wl_new get_my_offset_wl_new get_my_width_wl_new,
    drop get_my_offset_drop get_my_width_drop,
    text_ok get_my_offset_text_ok get_my_width_text_ok,
    skip get_my_offset_skip get_my_width_skip,
    take get_my_offset_take get_my_width_take,
    fin_ok get_my_offset_fin_ok get_my_width_fin_ok,
    ack_new get_my_offset_ack_new get_my_width_ack_new,
    ack_dup get_my_offset_ack_dup get_my_width_ack_dup,
    fin_acked get_my_offset_fin_acked get_my_width_fin_acked,
    opened get_my_offset_opened get_my_width_opened,
    ack_now get_my_offset_ack_now get_my_width_ack_now,
    syn_now get_my_offset_syn_now get_my_width_syn_now,
    rst_now get_my_offset_rst_now get_my_width_rst_now,
    rst_ack get_my_offset_rst_ack get_my_width_rst_ack,
    rst_own get_my_offset_rst_own get_my_width_rst_own,
    retransmit get_my_offset_retransmit get_my_width_retransmit,
    probe get_my_offset_probe get_my_width_probe,
    expired get_my_offset_expired get_my_width_expired,
    time_wait get_my_offset_time_wait get_my_width_time_wait,
    delete get_my_offset_delete get_my_width_delete,
    notify get_my_offset_notify get_my_width_notify,
    bad get_my_offset_bad get_my_width_bad,
}
record! { pack_notes unpack_notes Notes, hdl::Work:
    now get_my_offset_now get_my_width_now,
    half_open get_my_offset_half_open get_my_width_half_open,
    mss get_my_offset_mss get_my_width_mss,
    unread get_my_offset_unread get_my_width_unread,
    begins get_my_offset_begins get_my_width_begins,
    takes_syn get_my_offset_takes_syn get_my_width_takes_syn,
    nxt_behind get_my_offset_nxt_behind get_my_width_nxt_behind,
    bytes get_my_offset_bytes get_my_width_bytes,
    more get_my_offset_more get_my_width_more,
}
