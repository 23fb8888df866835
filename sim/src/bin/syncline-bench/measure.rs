// SPDX-License-Identifier: MIT OR Apache-2.0
//! The figures, each with its ceiling and its budget (`docs/design.md`).

use std::time::Instant;

use anyhow::{Result, ensure};
use serde::Serialize;
use syncline_regs::code::Opcode;
use syncline_regs::ring::Submission;
use syncline_regs::{counters, map};

use crate::bench::{Bench, Config};
use crate::packet::{self, Frame, PEER, PORT, Segment};

/// What the table can't say.
pub const NOTES: &str = "\
goodput: payload bytes a cycle over the wire at line rate (preamble, FCS and gap count); budget and ratio are against the ceiling MSS / (MTU + 38).
idle_*: the share of cycles in which the bench's own part had nothing to do while goodput was measured; well above 0 means that it was not the limit.
sent_again_*: the share of the peer's segments that it had to send again, because the card was given more than it can take. The peer sends as fast as the window and the wire allow.
cycles_per_event_*: pure ACK segments back to back, without the wire's gaps; a 60-byte frame takes 8 beats at 64 bits.
open_close_cycles: cycles a connection, opened and closed by the peer, as many in parallel as the card allows half open, frames back to back.";

/// A figure of the bench.
#[derive(Serialize, Clone, Debug)]
pub struct Figure {
    pub name: String,
    pub width: u32,
    pub value: f64,
    pub unit: &'static str,
    pub ceiling: Option<f64>,
    pub ratio: Option<f64>,
    pub budget: Option<f64>,
    pub meets: Option<bool>,
}

/// A figure that is to be at most `budget`.
fn cost(name: &str, config: Config, value: f64, unit: &'static str, budget: Option<f64>) -> Figure {
    let (ratio, meets) = (budget.map(|b| b / value), budget.map(|b| value <= b));
    Figure { name: name.into(), width: config.width, value, unit, ceiling: None, ratio, budget, meets }
}

/// A share without a budget.
fn share(name: String, config: Config, value: f64) -> Figure {
    Figure {
        name,
        width: config.width,
        value,
        unit: "of cycles",
        ceiling: None,
        ratio: None,
        budget: None,
        meets: None,
    }
}

/// Every figure of a configuration.
pub fn all(config: Config) -> Result<Vec<Figure>> {
    let mut figures = vec![];
    for (flows, name) in [(1, "1flow"), (16, "16flows")] {
        for mss in [1460, 536] {
            for transmit in [true, false] {
                figures.extend(goodput(config, flows, name, mss, transmit)?);
            }
        }
    }
    figures.push(cost("cycles_per_event_1flow", config, events(config, 1)?, "cycles", Some(12.0)));
    figures.push(cost("cycles_per_event_manyflows", config, events(config, 16)?, "cycles", Some(8.0)));
    figures.push(cost("syn_to_synack_cycles", config, syn_to_synack(config)?, "cycles", Some(40.0)));
    figures.push(cost("open_to_syn_cycles", config, open_to_syn(config)?, "cycles", None));
    figures.push(cost("data_to_ack_cycles", config, data_to_ack(config)?, "cycles", None));
    figures.push(cost("open_close_cycles", config, open_close(config)?, "cycles", Some(60.0)));
    let speed = simulation_speed(config)?;
    let floor = (config.width == 64).then_some(300_000.0);
    figures.push(Figure {
        name: "sim_cycles_per_second".into(),
        width: config.width,
        value: speed,
        unit: "cycles/s",
        ceiling: None,
        ratio: floor.map(|f| speed / f),
        budget: floor,
        meets: floor.map(|f| speed >= f),
    });
    Ok(figures)
}

/// Bulk goodput in one direction, after a warm-up.
fn goodput(config: Config, flows: u16, name: &str, mss: u16, transmit: bool) -> Result<Vec<Figure>> {
    let mut bench = Bench::new(config, Some(config.rate), mss)?;
    bench.connect(2000..2000 + flows)?;
    (bench.host.source, bench.sends) = (transmit, !transmit);
    let total = |b: &Bench| if transmit { b.received } else { b.host.read_bytes };
    bench.run(20_000)?;
    let (start, bytes, rx_idle, host_idle) = (bench.cycle, total(&bench), bench.wire.idle, bench.host.idle);
    let (segments, again) = (bench.segments, bench.again);
    bench.run(60_000)?;
    let cycles = (bench.cycle - start) as f64;
    let value = (total(&bench) - bytes) as f64 / cycles;
    let ceiling = f64::from(mss) / f64::from(mss + 40 + 38) * config.rate;
    let way = if transmit { "tx" } else { "rx" };
    let key = format!("{way}_{name}_mss{mss}");
    let ratio = value / ceiling;
    let mut figures = vec![Figure {
        name: format!("goodput_{key}"),
        width: config.width,
        value,
        unit: "bytes/cycle",
        ceiling: Some(ceiling),
        ratio: Some(ratio),
        budget: Some(0.9),
        meets: Some(ratio >= 0.9),
    }];
    let host = |i: usize| (bench.host.idle[i] - host_idle[i]) as f64 / cycles;
    figures.push(share(format!("idle_registers_{key}"), config, host(0)));
    if transmit {
        figures.push(share(format!("idle_window_writes_{key}"), config, host(1)));
    } else {
        figures.push(share(format!("idle_window_reads_{key}"), config, host(2)));
        figures.push(share(format!("idle_peer_{key}"), config, (bench.wire.idle - rx_idle) as f64 / cycles));
        let again = (bench.again - again) as f64 / (bench.segments - segments) as f64;
        figures.push(Figure { unit: "of segments", ..share(format!("sent_again_{key}"), config, again) });
    }
    Ok(figures)
}

/// Cycles a pure ACK takes when they come back to back, over `flows` connections in turn.
fn events(config: Config, flows: u16) -> Result<f64> {
    let mut bench = Bench::new(config, None, 1460)?;
    bench.connect(2000..2000 + flows)?;
    let before = counter(&mut bench, counters::SEGMENTS_IN)?;
    let start = bench.cycle;
    let number = 2_000;
    let conns: Vec<_> = bench.conns.iter().map(|(port, conn)| (*port, *conn)).collect();
    for i in 0..number {
        let (from, conn) = conns[i % conns.len()];
        let (seq, ack) = (conn.snd_nxt, Some(conn.rcv_nxt));
        bench.wire.inject(packet::segment(Segment {
            from,
            to: PORT,
            seq,
            ack,
            window: u16::MAX,
            ..Segment::default()
        }));
    }
    bench.until("the segments are taken", 200_000, |b| b.wire.queued() == 0)?;
    let cycles = bench.cycle - start;
    bench.run(2_000)?;
    let after = counter(&mut bench, counters::SEGMENTS_IN)?;
    // What comes faster than the card can take is dropped whole at the staging FIFO, and counted there.
    let taken = after.wrapping_sub(before);
    ensure!(taken > 0, "the card took none of {number} segments");
    Ok(cycles as f64 / f64::from(taken))
}

/// SYN, last beat in, to SYN-ACK, first beat out.
fn syn_to_synack(config: Config) -> Result<f64> {
    let mut bench = Bench::new(config, Some(config.rate), 1460)?;
    let mss = Some(1460);
    let syn =
        Segment { from: 3000, to: PORT, seq: 7, window: u16::MAX, syn: true, mss, ..Segment::default() };
    latency(&mut bench, packet::segment(syn), |s| s.syn && s.has_ack)
}

/// A full data segment, last beat in, to its ACK, first beat out.
fn data_to_ack(config: Config) -> Result<f64> {
    let mut bench = Bench::new(config, Some(config.rate), 1460)?;
    bench.connect(2000..2001)?;
    let conn = bench.conns[&2000];
    let (seq, ack) = (conn.snd_nxt, Some(conn.rcv_nxt));
    let data = Segment { from: 2000, to: PORT, seq, ack, window: u16::MAX, len: 1460, ..Segment::default() };
    latency(&mut bench, packet::segment(data), move |s| s.ack == seq.wrapping_add(1460))
}

fn latency(bench: &mut Bench, frame: Vec<u8>, answers: impl Fn(&packet::Seen) -> bool) -> Result<f64> {
    bench.run(100)?;
    bench.sent.clear();
    bench.wire.inject(frame);
    let is = |s: &crate::wire::Sent| matches!(packet::read(&s.frame), Frame::Tcp(seen) if answers(&seen));
    bench.until("the answer", 20_000, |b| b.sent.iter().any(is))?;
    let answer = bench.sent.iter().find(|s| is(s)).map(|s| s.first);
    let taken = bench.wire.taken;
    let (Some(first), Some(taken)) = (answer, taken) else { anyhow::bail!("no answer") };
    Ok((first - taken) as f64)
}

/// The doorbell of an `OPEN` to the SYN's first beat.
fn open_to_syn(config: Config) -> Result<f64> {
    let mut bench = Bench::new(config, Some(config.rate), 1460)?;
    let mut open = Submission::new(Opcode::Open, 1);
    (open.lport, open.rport, open.raddr) = (40_000, 80, PEER.into());
    bench.host.submit(&open);
    bench.until("the doorbell", 1_000, |b| b.host.quiet())?;
    let rung = bench.cycle;
    let is = |s: &crate::wire::Sent| matches!(packet::read(&s.frame), Frame::Tcp(seen) if seen.syn);
    bench.until("the SYN", 10_000, |b| b.sent.iter().any(is))?;
    let first = bench.sent.iter().find(|s| is(s)).map_or(0, |s| s.first);
    Ok((first - rung) as f64)
}

/// Cycles after which the peer of `open_close` sends a segment again.
const PATIENCE: u64 = 3_000;

/// Cycles a connection that the peer opens and closes: SYN, ACK, FIN, and the ACK of the card's FIN; no data.
fn open_close(config: Config) -> Result<f64> {
    let mut bench = Bench::new(config, None, 1460)?;
    bench.host.closer = true;
    let parallel = if config.width == 64 { 8 } else { 16 };
    let (mut next, mut done, total) = (2000_u16, 0, 400);
    let mut open: Vec<u16> = vec![];
    let mut spoken = std::collections::BTreeMap::new();
    let start = bench.cycle;
    while done < total {
        while open.len() < parallel && next < 2000 + total {
            let seq = u32::from(next) << 16;
            bench.conns.insert(next, crate::bench::Conn { snd_nxt: seq + 1, ..Default::default() });
            let mss = Some(1460);
            let syn =
                Segment { from: next, to: PORT, seq, window: u16::MAX, syn: true, mss, ..Segment::default() };
            bench.wire.inject(packet::segment(syn));
            spoken.insert(next, bench.cycle);
            open.push(next);
            next += 1;
        }
        bench.step()?;
        ensure!(bench.cycle - start < 2_000_000, "only {done} of {total} connections were closed");
        for port in open.clone() {
            let conn = bench.conns[&port];
            let first = u32::from(port) << 16;
            if conn.closed {
                open.retain(|p| *p != port);
                done += 1;
                continue;
            }
            // What comes too fast for the card is dropped, so the peer sends again after a while.
            let again = bench.cycle - spoken.get(&port).copied().unwrap_or(start) > PATIENCE;
            let segment = Segment { from: port, to: PORT, window: u16::MAX, ..Segment::default() };
            if conn.established && (conn.snd_nxt == first + 1 || again) {
                // The handshake's ACK is queued; the FIN follows it at once.
                bench.wire.inject(packet::segment(Segment {
                    seq: first + 1,
                    ack: Some(conn.rcv_nxt),
                    fin: true,
                    ..segment
                }));
                if let Some(conn) = bench.conns.get_mut(&port) {
                    conn.snd_nxt = first + 2;
                }
                spoken.insert(port, bench.cycle);
            } else if !conn.established && again {
                bench.wire.inject(packet::segment(Segment {
                    seq: first,
                    syn: true,
                    mss: Some(1460),
                    ..segment
                }));
                spoken.insert(port, bench.cycle);
            }
        }
    }
    Ok((bench.cycle - start) as f64 / f64::from(total))
}

/// Simulated cycles a second of wall time, the bench included, while data goes out at full rate.
fn simulation_speed(config: Config) -> Result<f64> {
    let mut bench = Bench::new(config, Some(config.rate), 1460)?;
    bench.connect(2000..2001)?;
    bench.host.source = true;
    bench.run(5_000)?;
    let (start, cycles) = (Instant::now(), 100_000);
    bench.run(cycles)?;
    Ok(cycles as f64 / start.elapsed().as_secs_f64())
}

fn counter(bench: &mut Bench, slot: usize) -> Result<u32> {
    bench.run(100)?;
    bench.register(map::COUNTERS + 4 * slot as u32)
}
