// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the demo prints: a transfer's figures, and the progress bar.

use std::io::IsTerminal;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use syncline_sim::{Simulation, Stamp, Waited};

/// The card and its cable at a moment.
#[derive(Clone, Copy)]
pub struct Mark {
    at: Stamp,
    waited: Waited,
    /// Frames sent into the cable both ways, and lost there.
    frames: (u64, u64),
}

impl Mark {
    /// Now.
    pub fn new(card: &Simulation) -> Self {
        let (to_card, to_peer) = card.link_stats();
        let frames = (to_card.frames + to_peer.frames, to_card.dropped + to_peer.dropped);
        Mark { at: card.stamp(), waited: card.waited(), frames }
    }
}

/// A transfer that has come to its end.
pub struct Figures {
    pub from: Mark,
    pub to: Mark,
    /// Bytes that went each way.
    pub bytes: usize,
    /// Segments that the card sent again.
    pub retransmits: u16,
    pub hertz: u64,
    /// Bytes a cycle that the wire carries of full segments, each way.
    pub ceiling: f64,
}

impl Figures {
    /// Goodput twice: while the card worked, which is what the hardware does, and over all the time that passed, which is what a
    /// user gets. Between the two are the time-outs: the clock jumps over them.
    pub fn print(&self) {
        let cycles = self.to.at.cycle - self.from.at.cycle;
        let time = self.to.at.time - self.from.at.time;
        let (card, peer) =
            (self.to.waited.card - self.from.waited.card, self.to.waited.others - self.from.waited.others);
        let rate = |cycles: f64| {
            let rate = self.bytes as f64 / cycles;
            let bits = bits_per_second(rate * 8.0 * self.hertz as f64);
            let (digits, places) = if rate < 0.1 { (6, 4) } else { (3, 1) };
            let share = 100.0 * rate / self.ceiling;
            format!("{rate:.digits$} bytes a cycle each way ({bits}), {share:.places$} % of the wire")
        };
        println!("    bytes          {} each way, equal", self.bytes);
        println!("    while working  {}, in {cycles} cycles", rate(cycles as f64));
        println!(
            "    with waiting   {}, in {} s",
            rate(time.as_secs_f64() * self.hertz as f64),
            seconds(time)
        );
        println!(
            "    waited         {} s until a timer of the card, {} s until one of the peer",
            seconds(card),
            seconds(peer)
        );
        println!(
            "    retransmitted  {} segments by the card; the cable lost {} of {} frames",
            self.retransmits,
            self.to.frames.1 - self.from.frames.1,
            self.to.frames.0 - self.from.frames.0
        );
    }
}

fn bits_per_second(bits: f64) -> String {
    if bits >= 1e9 { format!("{:.2} Gbit/s", bits / 1e9) } else { format!("{:.2} Mbit/s", bits / 1e6) }
}

fn seconds(time: Duration) -> String {
    format!("{:.6}", time.as_secs_f64())
}

/// Fails at the first byte that is not what was sent.
pub fn compare(what: &str, sent: &[u8], back: &[u8]) -> Result<()> {
    if let Some(at) = sent.iter().zip(back).position(|(sent, back)| sent != back) {
        bail!("{what}: byte {at} came back as 0x{:02x}, not 0x{:02x}", back[at], sent[at]);
    }
    ensure!(sent.len() == back.len(), "{what}: {} bytes went out, {} came back", sent.len(), back.len());
    Ok(())
}

/// A bar on standard error, where that is a terminal.
pub fn progress(total: u64, what: &'static str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("    {msg} [{bar:40}] {bytes}/{total_bytes} {elapsed}");
    ProgressBar::new(total)
        .with_message(what)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_said() {
        assert!(compare("echo", b"abc", b"abc").is_ok());
        let message = |back: &[u8]| compare("echo", b"abc", back).expect_err("it differs").to_string();
        assert_eq!(message(b"abd"), "echo: byte 2 came back as 0x64, not 0x63");
        assert_eq!(message(b"ab"), "echo: 3 bytes went out, 2 came back");
        assert_eq!(message(b"abcd"), "echo: 3 bytes went out, 4 came back");
    }
}
