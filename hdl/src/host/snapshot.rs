// SPDX-License-Identifier: MIT OR Apache-2.0
//! A TCB as the host sees it: the words of its connection table entry, of which the first eight are also the event.

use rust_hdl::prelude::*;

use crate::types::{Reason, Tcb, TcpState};

/// Words of a connection table entry.
const WORDS: usize = 35;

/// The state as the number that the ABI gives it (`syncline_regs::code::State`). Combinational.
#[derive(LogicBlock, Default)]
pub struct StateCode {
    pub state: Signal<In, TcpState>,
    pub code: Signal<Out, Bits<4>>,
}

impl Logic for StateCode {
    #[hdl_gen]
    fn update(&mut self) {
        match self.state.val() {
            TcpState::Closed => self.code.next = 0.into(),
            TcpState::Listen => self.code.next = 1.into(),
            TcpState::SynSent => self.code.next = 2.into(),
            TcpState::SynReceived => self.code.next = 3.into(),
            TcpState::Established => self.code.next = 4.into(),
            TcpState::FinWait1 => self.code.next = 5.into(),
            TcpState::FinWait2 => self.code.next = 6.into(),
            TcpState::CloseWait => self.code.next = 7.into(),
            TcpState::Closing => self.code.next = 8.into(),
            TcpState::LastAck => self.code.next = 9.into(),
            _ => self.code.next = 10.into(),
        }
    }
}

/// The layout is that of `syncline_regs::connection`; a test of the core holds the two together.
#[derive(LogicBlock)]
pub struct Snapshot {
    pub clock: Signal<In, Clock>,
    pub tcb: Signal<In, Tcb>,
    pub flow: Signal<In, Bits<16>>,
    /// The flow's read limit.
    pub placed: Signal<In, Bits<32>>,
    /// Own address.
    pub laddr: Signal<In, Bits<32>>,
    /// The first eight words, in the same cycle.
    pub words: Signal<Out, Bits<256>>,
    /// Word `index` of the table entry, 0 behind the last: one cycle later.
    pub index: Signal<In, Bits<6>>,
    pub word: Signal<Out, Bits<32>>,
    t: Signal<Local, Tcb>,
    state_number: StateCode,
    reason: Signal<Local, Reason>,
    state_code: Signal<Local, Bits<32>>,
    reason_code: Signal<Local, Bits<32>>,
    flag: [Signal<Local, Bits<32>>; 9],
    mapped: Constant<Bits<32>>,
    laddr_swapped: Signal<Local, Bits<32>>,
    raddr_swapped: Signal<Local, Bits<32>>,
    entry: [Signal<Local, Bits<32>>; WORDS],
    /// All words but the one asked for are 0: a register's reset costs nothing, and six of them go into one gate.
    part: [DFF<Bits<32>>; WORDS],
    sum: [Signal<Local, Bits<32>>; WORDS + 1],
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            tcb: Default::default(),
            flow: Default::default(),
            placed: Default::default(),
            laddr: Default::default(),
            words: Default::default(),
            index: Default::default(),
            word: Default::default(),
            t: Default::default(),
            state_number: Default::default(),
            reason: Default::default(),
            state_code: Default::default(),
            reason_code: Default::default(),
            flag: Default::default(),
            mapped: Constant::new(0xffff_0000_u64.into()),
            laddr_swapped: Default::default(),
            raddr_swapped: Default::default(),
            entry: std::array::from_fn(|_| Default::default()),
            part: std::array::from_fn(|_| Default::default()),
            sum: std::array::from_fn(|_| Default::default()),
        }
    }
}

impl Logic for Snapshot {
    #[hdl_gen]
    fn update(&mut self) {
        self.t.next = self.tcb.val();
        self.state_number.state.next = self.t.val().state;
        self.reason.next = self.t.val().reason;
        self.state_code.next = bit_cast::<32, 4>(self.state_number.code.val());
        match self.reason.val() {
            Reason::Normal => self.reason_code.next = 0.into(),
            Reason::Refused => self.reason_code.next = 1.into(),
            Reason::Reset => self.reason_code.next = 2.into(),
            Reason::TimedOut => self.reason_code.next = 3.into(),
            Reason::Unreachable => self.reason_code.next = 4.into(),
            _ => self.reason_code.next = 5.into(),
        }
        for i in 0..9 {
            self.flag[i].next = 0.into();
        }
        if self.t.val().active {
            self.flag[0].next = 0x0080_0000.into();
        }
        if self.t.val().owned {
            self.flag[1].next = 0x0100_0000.into();
        }
        if self.t.val().released {
            self.flag[2].next = 0x0200_0000.into();
        }
        if self.t.val().fin_queued {
            self.flag[3].next = 0x0400_0000.into();
        }
        if self.t.val().fin_received {
            self.flag[4].next = 0x0800_0000.into();
        }
        if self.t.val().nodelay {
            self.flag[5].next = 0x1000_0000.into();
        }
        if self.t.val().recovery {
            self.flag[6].next = 0x40.into();
        }
        if self.t.val().rtt_busy {
            self.flag[7].next = 0x80.into();
        }
        if self.t.val().timer_on {
            self.flag[8].next = 0x100.into();
        }
        // Network order in a little-endian word.
        self.laddr_swapped.next = (bit_cast::<32, 8>(self.laddr.val().get_bits::<8>(0)) << 24)
            | (bit_cast::<32, 8>(self.laddr.val().get_bits::<8>(8)) << 16)
            | (bit_cast::<32, 8>(self.laddr.val().get_bits::<8>(16)) << 8)
            | bit_cast::<32, 8>(self.laddr.val().get_bits::<8>(24));
        self.entry[2].next = self.t.val().raddr;
        self.raddr_swapped.next = (bit_cast::<32, 8>(self.entry[2].val().get_bits::<8>(0)) << 24)
            | (bit_cast::<32, 8>(self.entry[2].val().get_bits::<8>(8)) << 16)
            | (bit_cast::<32, 8>(self.entry[2].val().get_bits::<8>(16)) << 8)
            | bit_cast::<32, 8>(self.entry[2].val().get_bits::<8>(24));

        self.entry[0].next = bit_cast::<32, 16>(self.flow.val())
            | (self.state_code.val() << 16)
            | (self.reason_code.val() << 20)
            | self.flag[0].val()
            | self.flag[1].val()
            | self.flag[2].val()
            | self.flag[3].val()
            | self.flag[4].val()
            | self.flag[5].val();
        self.entry[1].next =
            bit_cast::<32, 16>(self.t.val().generation) | (bit_cast::<32, 16>(self.t.val().lport) << 16);
        self.entry[3].next =
            bit_cast::<32, 16>(self.t.val().rport) | (bit_cast::<32, 16>(self.t.val().mss) << 16);
        self.entry[4].next = self.t.val().snd_una;
        // Before a connection starts, the flow's read limit is that of its last use.
        self.entry[5].next = self.placed.val();
        if self.t.val().rcv_nxt == self.t.val().rcv_user {
            self.entry[5].next = self.t.val().rcv_user;
        }
        self.entry[6].next = self.t.val().rcv_nxt;
        self.entry[7].next = self.t.val().rcv_user;
        self.entry[8].next = 0.into();
        self.entry[9].next = 0.into();
        self.entry[10].next = self.mapped.val();
        self.entry[11].next = self.laddr_swapped.val();
        self.entry[12].next = 0.into();
        self.entry[13].next = 0.into();
        self.entry[14].next = self.mapped.val();
        self.entry[15].next = self.raddr_swapped.val();
        self.entry[16].next = self.t.val().iss;
        self.entry[17].next = self.t.val().irs;
        self.entry[18].next = self.t.val().snd_nxt;
        self.entry[19].next = self.t.val().snd_max;
        self.entry[20].next = self.t.val().snd_end;
        self.entry[21].next = bit_cast::<32, 16>(self.t.val().snd_wnd);
        self.entry[22].next = bit_cast::<32, 16>(self.t.val().max_wnd);
        self.entry[23].next = self.t.val().snd_wl1;
        self.entry[24].next = self.t.val().snd_wl2;
        self.entry[25].next = self.t.val().rcv_adv;
        self.entry[26].next = self.t.val().cwnd;
        self.entry[27].next = self.t.val().ssthresh;
        self.entry[28].next = self.t.val().recover;
        self.entry[29].next = self.t.val().bytes_acked;
        self.entry[30].next = self.t.val().srtt;
        self.entry[31].next = self.t.val().rttvar;
        self.entry[32].next = self.t.val().rto;
        self.entry[33].next = bit_cast::<32, 16>(self.t.val().retransmits);
        self.entry[34].next = bit_cast::<32, 4>(self.t.val().retries)
            | (bit_cast::<32, 2>(self.t.val().dup_acks) << 4)
            | self.flag[6].val()
            | self.flag[7].val()
            | self.flag[8].val();

        self.sum[0].next = 0.into();
        for i in 0..35 {
            self.part[i].clock.next = self.clock.val();
            self.part[i].d.next = 0.into();
            if self.index.val().index() == i {
                self.part[i].d.next = self.entry[i].val();
            }
            self.sum[i + 1].next = self.sum[i].val() | self.part[i].q.val();
        }
        self.word.next = self.sum[35].val();
        self.words.next = bit_cast::<256, 32>(self.entry[0].val())
            | (bit_cast::<256, 32>(self.entry[1].val()) << 32)
            | (bit_cast::<256, 32>(self.entry[2].val()) << 64)
            | (bit_cast::<256, 32>(self.entry[3].val()) << 96)
            | (bit_cast::<256, 32>(self.entry[4].val()) << 128)
            | (bit_cast::<256, 32>(self.entry[5].val()) << 160)
            | (bit_cast::<256, 32>(self.entry[6].val()) << 192)
            | (bit_cast::<256, 32>(self.entry[7].val()) << 224);
    }
}

#[cfg(test)]
#[path = "tests/snapshot.rs"]
mod tests;
