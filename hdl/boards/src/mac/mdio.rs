// SPDX-License-Identifier: MIT OR Apache-2.0
//! [`Mdio`]: finds the PHY and asks it again and again for its link (IEEE 802.3, clause 22.2.4 and 22.3.4).

use rust_hdl::prelude::*;

use crate::cdc::synchroniser::Synchroniser;

/// Registers of clause 22.2.4: status, the link partner's ability, and the status of 1000BASE-T (40.5.1.1).
pub const BMSR: u64 = 1;
pub const ANLPAR: u64 = 5;
pub const GIGABIT_STATUS: u64 = 10;
/// Least half of a period of MDC, nanoseconds (22.3.4: 400 ns a period).
const HALF_NS: u64 = 200;

/// Reads BMSR at one address after the other until one answers, then BMSR and ANLPAR of that one for ever, and of a PHY that may have 1000
/// Mbit/s the status of that. It writes nothing: the PHY comes out of its reset with everything advertised.
///
/// MDIO changes with the falling edge of MDC and is sampled with the rising one, and so it has half a period on either side.
#[derive(LogicBlock)]
pub struct Mdio {
    pub clock: Signal<In, Clock>,
    /// As long as the PHY can't be asked.
    pub reset: Signal<In, Bit>,
    pub mdc: Signal<Out, Bit>,
    /// The level at the pin; not synchronous to the clock.
    pub mdio_in: Signal<In, Bit>,
    pub mdio_out: Signal<Out, Bit>,
    /// The pin is driven.
    pub mdio_drive: Signal<Out, Bit>,
    /// There is a PHY, at `address`.
    pub found: Signal<Out, Bit>,
    pub address: Signal<Out, Bits<5>>,
    /// It has a link: since the last time but one that it was asked, as the bit latches low.
    pub link: Signal<Out, Bit>,
    /// With `link`: 1000 Mbit/s, full duplex, and then `fast` and `full` say nothing. Never without [`Mdio::gigabit`].
    pub thousand: Signal<Out, Bit>,
    /// With `link`: 100 Mbit/s, not 10.
    pub fast: Signal<Out, Bit>,
    /// With `link`: full duplex. A partner that does not negotiate has a half-duplex link.
    pub full: Signal<Out, Bit>,
    pin: Synchroniser<Bit>,
    wait: DFF<Bits<16>>,
    level: DFF<Bit>,
    /// Which bit of the frame is on its way, 64 and more: the pause behind it.
    place: DFF<Bits<7>>,
    /// Start, operation, PHY and register address.
    head: DFF<Bits<14>>,
    value: DFF<Bits<16>>,
    silent: DFF<Bit>,
    phy: DFF<Bits<5>>,
    /// What was asked for: 0 for BMSR, 1 for ANLPAR, 2 for 1000BASE-T's status.
    asked: DFF<Bits<2>>,
    bmsr: DFF<Bits<16>>,
    there: DFF<Bit>,
    linked: DFF<Bit>,
    is_thousand: DFF<Bit>,
    is_fast: DFF<Bit>,
    is_full: DFF<Bit>,
    out: DFF<Bit>,
    drive: DFF<Bit>,
    turn: Signal<Local, Bit>,
    rises: Signal<Local, Bit>,
    falls: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
    next_phy: Signal<Local, Bits<5>>,
    register: Signal<Local, Bits<5>>,
    both: Signal<Local, Bits<4>>,
    trained: Signal<Local, Bits<3>>,
    half: Constant<Bits<16>>,
    status: Constant<Bits<5>>,
    ability: Constant<Bits<5>>,
    thousand_status: Constant<Bits<5>>,
    may_thousand: Constant<Bit>,
    /// Start and "read".
    read: Constant<Bits<14>>,
}

impl Mdio {
    /// For a PHY of 100 Mbit/s at most.
    ///
    /// # Panics
    /// When the clock is too fast for MDC to be made of it.
    pub fn new(clock_hz: u32) -> Self {
        Self::with(clock_hz, false)
    }

    /// For a PHY that may have 1000 Mbit/s.
    ///
    /// # Panics
    /// As [`Mdio::new`].
    pub fn gigabit(clock_hz: u32) -> Self {
        Self::with(clock_hz, true)
    }

    fn with(clock_hz: u32, thousand: bool) -> Self {
        let half = (u64::from(clock_hz) * HALF_NS).div_ceil(1_000_000_000).max(8);
        assert!(half < 1 << 16, "no MDC of {clock_hz} Hz");
        Self {
            half: Constant::new((half - 1).into()),
            status: Constant::new(BMSR.into()),
            ability: Constant::new(ANLPAR.into()),
            thousand_status: Constant::new(GIGABIT_STATUS.into()),
            may_thousand: Constant::new(thousand),
            read: Constant::new((0b0110_u64 << 10).into()),
            clock: Default::default(),
            reset: Default::default(),
            mdc: Default::default(),
            mdio_in: Default::default(),
            mdio_out: Default::default(),
            mdio_drive: Default::default(),
            found: Default::default(),
            address: Default::default(),
            link: Default::default(),
            thousand: Default::default(),
            fast: Default::default(),
            full: Default::default(),
            pin: Default::default(),
            wait: Default::default(),
            level: Default::default(),
            place: Default::default(),
            head: Default::default(),
            value: Default::default(),
            silent: Default::default(),
            phy: Default::default(),
            asked: Default::default(),
            bmsr: Default::default(),
            there: Default::default(),
            linked: Default::default(),
            is_thousand: Default::default(),
            is_fast: Default::default(),
            is_full: Default::default(),
            out: Default::default(),
            drive: Default::default(),
            turn: Default::default(),
            rises: Default::default(),
            falls: Default::default(),
            ends: Default::default(),
            next_phy: Default::default(),
            register: Default::default(),
            both: Default::default(),
            trained: Default::default(),
        }
    }
}

impl Logic for Mdio {
    syncline_hdl::module_name!();

    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            wait,
            level,
            place,
            head,
            value,
            silent,
            phy,
            asked,
            bmsr,
            there,
            linked,
            is_thousand,
            is_fast,
            is_full,
            out,
            drive
        );
        clock!(self, clock, pin);
        self.pin.d.next = self.mdio_in.val();
        self.mdc.next = self.level.q.val();
        self.mdio_out.next = self.out.q.val();
        self.mdio_drive.next = self.drive.q.val();
        self.found.next = self.there.q.val();
        self.address.next = self.phy.q.val();
        self.link.next = self.linked.q.val();
        self.thousand.next = self.is_thousand.q.val();
        self.fast.next = self.is_fast.q.val();
        self.full.next = self.is_full.q.val();

        self.turn.next = self.wait.q.val() == self.half.val();
        self.wait.d.next = self.wait.q.val() + 1;
        if self.turn.val() {
            self.wait.d.next = 0.into();
            self.level.d.next = !self.level.q.val();
        }
        self.rises.next = self.turn.val() & !self.level.q.val();
        self.falls.next = self.turn.val() & self.level.q.val();
        self.ends.next = self.falls.val() & self.place.q.val().all();

        // The turn-around's second bit is 0 from a PHY and 1 from the pull-up resistor.
        if self.rises.val() {
            self.value.d.next =
                (self.value.q.val() << 1) | bit_cast::<16, 1>(bits::<1>(0).replace_bit(0, self.pin.q.val()));
            if self.place.q.val() == 47 {
                self.silent.d.next = self.pin.q.val();
            }
        }
        if self.falls.val() {
            self.place.d.next = self.place.q.val() + 1;
            // What follows is for the bit whose number is `place` plus one.
            self.drive.d.next = self.place.q.val().all() | (self.place.q.val() < 45);
            self.out.d.next = true;
            if (self.place.q.val() >= 31) & (self.place.q.val() < 45) {
                self.out.d.next = self.head.q.val().get_bit(13);
                self.head.d.next = self.head.q.val() << 1;
            }
        }

        // Behind the frame: judge it, and prepare the next.
        self.both.next = bits::<4>(0)
            .replace_bit(3, self.value.q.val().get_bit(8) & self.bmsr.q.val().get_bit(14))
            .replace_bit(2, self.value.q.val().get_bit(7) & self.bmsr.q.val().get_bit(13))
            .replace_bit(1, self.value.q.val().get_bit(6) & self.bmsr.q.val().get_bit(12))
            .replace_bit(0, self.value.q.val().get_bit(5) & self.bmsr.q.val().get_bit(11));
        // Both receivers are in order, and the partner has 1000BASE-T with full duplex: what a link of lesser rate does not show, although
        // its partner may have been able to have more.
        self.trained.next = self.value.q.val().get_bits::<3>(11);
        self.next_phy.next = self.phy.q.val();
        self.register.next = self.status.val();
        if self.falls.val() & (self.place.q.val() == 63) {
            self.there.d.next = !self.silent.q.val();
            self.asked.d.next = 0.into();
            if self.silent.q.val() {
                self.linked.d.next = false;
                self.next_phy.next = self.phy.q.val() + 1;
            } else {
                match self.asked.q.val().index() {
                    0 => {
                        self.bmsr.d.next = self.value.q.val();
                        self.asked.d.next = 1.into();
                        self.register.next = self.ability.val();
                    }
                    1 => {
                        // 28B.3: the first of 100 full, 100 half, 10 full, 10 half that both have.
                        self.is_fast.d.next = self.both.val().get_bit(3) | self.both.val().get_bit(2);
                        self.is_full.d.next = self.both.val().get_bit(3)
                            | (self.both.val().get_bit(1) & !self.both.val().get_bit(2));
                        if self.may_thousand.val() {
                            self.asked.d.next = 2.into();
                            self.register.next = self.thousand_status.val();
                        } else {
                            self.linked.d.next = self.bmsr.q.val().get_bit(2);
                        }
                    }
                    _ => {
                        self.is_thousand.d.next = self.trained.val().all();
                        self.linked.d.next = self.bmsr.q.val().get_bit(2);
                    }
                }
            }
            self.phy.d.next = self.next_phy.val();
            self.head.d.next = self.read.val()
                | (bit_cast::<14, 5>(self.next_phy.val()) << 5)
                | bit_cast::<14, 5>(self.register.val());
        }
        if self.reset.val() {
            self.place.d.next = 0.into();
            self.drive.d.next = false;
            self.there.d.next = false;
            self.linked.d.next = false;
            self.asked.d.next = 0.into();
            self.phy.d.next = 0.into();
            self.head.d.next = self.read.val() | bit_cast::<14, 5>(self.status.val());
        }
    }
}
