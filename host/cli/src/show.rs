// SPDX-License-Identifier: MIT OR Apache-2.0
//! Tables for people, JSON for programs.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use comfy_table::{Table, presets};
use serde_json::{Value, json};
use syncline::regs::{Access, Register, map};
use syncline::{Config, ConnectionInfo, Device, Limits};

use crate::transfer::Totals;

/// Prints to one output in one way.
pub struct Printer<'a> {
    out: &'a mut dyn Write,
    json: bool,
}

/// A register with its value; what can't be read has none.
pub type Reading = (&'static Register, Option<u32>);

/// Reads every register that can be read.
pub fn read_registers(device: &Device) -> Result<Vec<Reading>> {
    let all = map::BLOCKS.iter().flat_map(|block| block.registers);
    let read = |register: &'static Register| {
        let readable = register.access != Access::WriteOnly;
        let value = readable.then(|| device.read_register(register.offset)).transpose()?;
        Ok((register, value))
    };
    all.map(read).collect()
}

fn mac(octets: &[u8; 6]) -> String {
    octets.map(|o| format!("{o:02x}")).join(":")
}

fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(head);
    table
}

impl<'a> Printer<'a> {
    /// Prints to `out`.
    pub fn new(out: &'a mut dyn Write, json: bool) -> Self {
        Printer { out, json }
    }

    fn print(&mut self, value: &Value, text: impl FnOnce() -> String) -> Result<()> {
        let text = if self.json { serde_json::to_string_pretty(value)? } else { text() };
        // Tables end their lines with blanks.
        for line in text.lines() {
            writeln!(self.out, "{}", line.trim_end()).context("writing the result")?;
        }
        Ok(())
    }

    fn pairs(&mut self, value: &Value, pairs: &[(&str, String)]) -> Result<()> {
        let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let lines = pairs.iter().map(|(name, value)| format!("{name:width$}  {value}\n"));
        self.print(value, || lines.collect())
    }

    /// `info`.
    pub fn limits(&mut self, l: &Limits) -> Result<()> {
        let features: Vec<String> = l.features.iter_names().map(|(name, _)| name.to_lowercase()).collect();
        let value = json!({
            "abi": format!("{}.{}", l.abi.0, l.abi.1), "build": format!("{:08x}", l.build), "board": l.board,
            "features": features, "flows": l.flows, "tx_ring_bytes": l.tx_ring_bytes, "rx_ring_bytes": l.rx_ring_bytes,
            "data_width": l.data_width, "clock_hz": l.clock_hz, "mss_max": l.mss_max, "neighbours": l.neighbours,
        });
        let board = ["simulation", "Arty A7", "Alveo"].get(l.board as usize).copied();
        self.pairs(
            &value,
            &[
                ("host ABI", format!("{}.{}", l.abi.0, l.abi.1)),
                ("board", board.map_or(format!("number {}", l.board), str::to_owned)),
                ("built from", format!("{:08x}", l.build)),
                ("features", if features.is_empty() { "none".into() } else { features.join(", ") }),
                ("connections", l.flows.to_string()),
                ("transmit ring", format!("{} bytes each", l.tx_ring_bytes)),
                ("receive ring", format!("{} bytes each", l.rx_ring_bytes)),
                ("data path", format!("{} bits at {:.3} MHz", l.data_width, f64::from(l.clock_hz) / 1e6)),
                ("largest MSS", format!("{} bytes", l.mss_max)),
                ("ARP entries", l.neighbours.to_string()),
            ],
        )
    }

    /// `config`.
    pub fn config(&mut self, config: Option<&Config>) -> Result<()> {
        let Some(c) = config else {
            return self
                .print(&json!({"enabled": false}), || "not configured: give --address ADDR/PREFIX".into());
        };
        let gateway = c.gateway.map(|g| g.to_string());
        let network = format!("{}/{}", c.addr, c.prefix);
        let value = json!({"enabled": true, "mac": mac(&c.mac), "address": network, "gateway": gateway});
        self.pairs(
            &value,
            &[
                ("MAC address", mac(&c.mac)),
                ("address", network),
                ("gateway", gateway.unwrap_or_else(|| "none".into())),
            ],
        )
    }

    /// `status`.
    pub fn connections(&mut self, all: &[ConnectionInfo]) -> Result<()> {
        let micros = |d: Duration| d.as_micros() as u64;
        let rows = all.iter().map(|c| {
            json!({
                "flow": c.flow, "generation": c.generation, "state": c.state.name(), "reason": c.reason.name(),
                "owned": c.owned, "active": c.active, "nodelay": c.nodelay, "local": c.local.to_string(), "peer": c.peer.to_string(),
                "mss": c.mss, "recv_q": c.receive_queue, "send_q": c.send_queue, "send_window": c.send_window,
                "receive_window": c.receive_window, "cwnd": c.cwnd, "ssthresh": c.ssthresh,
                "srtt_us": c.srtt.map(micros), "rttvar_us": micros(c.rttvar), "rto_us": micros(c.rto),
                "retransmits": c.retransmits,
            })
        });
        let value = Value::Array(rows.collect());
        self.print(&value, || {
            let mut t = table(&[
                "State", "Recv-Q", "Send-Q", "Local", "Peer", "Snd-Wnd", "Rcv-Wnd", "Cwnd", "RTT", "RTO",
                "Retrans", "Flow",
            ]);
            for c in all {
                t.add_row([
                    c.state.to_string(),
                    c.receive_queue.to_string(),
                    c.send_queue.to_string(),
                    c.local.to_string(),
                    c.peer.to_string(),
                    c.send_window.to_string(),
                    c.receive_window.to_string(),
                    c.cwnd.to_string(),
                    c.srtt.map_or("-".into(), |d| format!("{d:.1?}")),
                    format!("{:.1?}", c.rto),
                    c.retransmits.to_string(),
                    c.flow.to_string(),
                ]);
            }
            t.to_string()
        })
    }

    /// `stats`.
    pub fn counters(&mut self, all: &[(&'static str, u32)]) -> Result<()> {
        let value: serde_json::Map<_, _> =
            all.iter().map(|(name, v)| ((*name).to_owned(), json!(v))).collect();
        let pairs: Vec<_> = all.iter().map(|(name, v)| (*name, format!("{v:>10}"))).collect();
        self.pairs(&Value::Object(value), &pairs)
    }

    /// `regs`.
    pub fn registers(&mut self, all: &[Reading]) -> Result<()> {
        let fields = |r: &Register, v: u32| -> serde_json::Map<String, Value> {
            r.fields.iter().map(|f| (f.name.to_owned(), json!(f.get(v)))).collect()
        };
        let rows = all.iter().map(|(r, value)| {
            json!({"offset": r.offset, "name": r.name, "value": value, "fields": value.map(|v| fields(r, v))})
        });
        let json = Value::Array(rows.collect());
        self.print(&json, || {
            let mut t = table(&["Offset", "Register", "Value", "Fields"]);
            for (r, value) in all {
                let parts = |v: u32| r.fields.iter().map(move |f| format!("{}={}", f.name, f.get(v)));
                t.add_row([
                    format!("0x{:03x}", r.offset),
                    r.name.to_owned(),
                    value.map_or("write-only".into(), |v| format!("0x{v:08x}")),
                    value.map_or(String::new(), |v| parts(v).collect::<Vec<_>>().join(" ")),
                ]);
            }
            t.to_string()
        })
    }

    /// The end of `send` and `recv`.
    pub fn transfer(
        &mut self,
        peer: SocketAddr,
        totals: Totals,
        took: Duration,
        retransmits: u16,
    ) -> Result<()> {
        let seconds = took.as_secs_f64();
        let rate = (totals.sent.max(totals.received) as f64 * 8.0 / 1e6) / seconds.max(1e-9);
        let value = json!({
            "peer": peer.to_string(), "sent": totals.sent, "received": totals.received, "seconds": seconds,
            "megabits_per_second": rate, "retransmits": retransmits,
        });
        self.print(&value, || {
            format!(
                "{peer}: {} bytes sent, {} received in {seconds:.6} s ({rate:.1} Mbit/s), {retransmits} retransmissions",
                totals.sent, totals.received
            )
        })
    }
}
