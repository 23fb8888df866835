// SPDX-License-Identifier: MIT OR Apache-2.0
//! Round-trip time and retransmission time-out (RFC 6298, section 2).

use super::{Config, Event, Tcb, Work};

/// Clock granularity G, us.
const GRANULARITY: u32 = 1000;
const SAMPLE_CAP: u32 = 1 << 26;

/// Takes a sample when the timed byte is acknowledged for the first time.
pub fn stage(config: &Config, _ring: u32, _event: &Event, tcb: &mut Tcb, work: &mut Work) {
    if !(work.ack_new || work.opened) || !work.rtt_covered {
        return;
    }
    tcb.rtt_busy = false;
    let sample = work.rtt.min(SAMPLE_CAP);
    if tcb.srtt == 0 && tcb.rttvar == 0 {
        tcb.srtt = 8 * sample;
        tcb.rttvar = 2 * sample;
    } else {
        let error = sample as i32 - (tcb.srtt / 8) as i32;
        tcb.rttvar = (tcb.rttvar - tcb.rttvar / 4).wrapping_add(error.unsigned_abs());
        tcb.srtt = tcb.srtt.wrapping_add_signed(error);
    }
    let rto = (tcb.srtt / 8).wrapping_add(tcb.rttvar.max(GRANULARITY));
    tcb.rto = rto.max(config.rto_min).min(config.rto_max);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcb::testing::*;

    fn sample(tcb: Tcb, rtt: u32) -> Tcb {
        let mut tcb = Tcb { rtt_busy: true, ..tcb };
        let mut work = Work { ack_new: true, rtt_covered: true, rtt, ..Work::default() };
        stage(&config(), RING, &Event::default(), &mut tcb, &mut work);
        tcb
    }

    // covers: RTO-2, RTO-3, RTO-4
    #[test]
    fn rfc_6298_with_numbers() {
        // First R = 500 ms: SRTT 500, RTTVAR 250, RTO 1500 ms.
        let tcb = sample(Tcb { srtt: 0, rttvar: 0, ..sending() }, 500_000);
        assert_eq!((tcb.srtt / 8, tcb.rttvar / 4, tcb.rto), (500_000, 250_000, 1_500_000));
        // R = 900 ms: RTTVAR = 3/4 250 + 1/4 400 = 287.5, SRTT = 7/8 500 + 1/8 900 = 550, RTO 1700 ms.
        let tcb = sample(tcb, 900_000);
        assert_eq!((tcb.srtt / 8, tcb.rttvar / 4, tcb.rto), (550_000, 287_500, 1_700_000));
        // Never below the floor, never above the ceiling.
        assert_eq!(sample(Tcb { srtt: 0, rttvar: 0, ..tcb }, 10).rto, 1_000_000);
        assert_eq!(sample(Tcb { srtt: 0, rttvar: 0, ..tcb }, u32::MAX).rto, 60_000_000);
    }

    // covers: RTO-15
    #[test]
    fn a_constant_round_trip_leaves_some_room() {
        let config = Config { rto_min: 1, ..config() };
        let mut tcb = sample(Tcb { srtt: 0, rttvar: 0, ..sending() }, 50_000);
        for _ in 0..100 {
            tcb.rtt_busy = true;
            let mut work = Work { ack_new: true, rtt_covered: true, rtt: 50_000, ..Work::default() };
            stage(&config, RING, &Event::default(), &mut tcb, &mut work);
        }
        assert_eq!((tcb.srtt / 8, tcb.rto), (50_000, 51_000));
    }

    // covers: RTO-6
    #[test]
    fn no_sample_without_the_clock() {
        let mut tcb = Tcb { rto: 8_000_000, ..sending() };
        let before = tcb;
        let mut work = Work { ack_new: true, rtt: 5, ..Work::default() };
        stage(&config(), RING, &Event::default(), &mut tcb, &mut work);
        assert_eq!(tcb, before);
    }

    #[test]
    fn smoothing_agrees_with_real_numbers() {
        let mut tcb = Tcb { srtt: 0, rttvar: 0, ..sending() };
        let (mut srtt, mut rttvar) = (0f64, 0f64);
        let mut r = 1u32;
        for i in 0..1000 {
            r = r.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let rtt = 1000 + (r >> 12);
            tcb = sample(tcb, rtt);
            let rtt = f64::from(rtt);
            if i == 0 {
                (srtt, rttvar) = (rtt, rtt / 2.0);
            } else {
                rttvar += ((srtt - rtt).abs() - rttvar) / 4.0;
                srtt += (rtt - srtt) / 8.0;
            }
            assert!((f64::from(tcb.srtt) / 8.0 - srtt).abs() < 8.0, "SRTT after {i} samples");
            assert!((f64::from(tcb.rttvar) / 4.0 - rttvar).abs() < 8.0, "RTTVAR after {i} samples");
        }
    }
}
