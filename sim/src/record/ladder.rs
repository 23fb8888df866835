// SPDX-License-Identifier: MIT OR Apache-2.0
//! A ladder diagram: the card on the left, the peer on the right, time downwards, an arrow for each frame.
//!
//! A long recording is cut to what is worth a look: its beginning and its end, every note (the changes of the flows' states are
//! notes) and the first frames that the link has lost or changed, with the rows around them.

use super::{Recorder, Way, summarize};
use crate::mac::{Frame, Stamp};
use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use svg::Document;
use svg::node::element::{Line, Rectangle, Style, Text};

/// Rows kept at each end of a long recording.
const ENDS: usize = 100;
/// Rows kept before and after one that is worth a look.
const AROUND: usize = 8;
/// Notes that are kept with what is around them ...
const NOTES: usize = 1000;
/// ... and frames that something has happened to.
const FATES: usize = 20;
const ROW: usize = 26;
const TOP: usize = 50;
const CARD: usize = 330;
const PEER: usize = 830;
const WIDTH: usize = 900;

/// Draws the ladder into an SVG file when it is finished.
#[derive(Debug)]
pub struct Ladder {
    path: PathBuf,
    kept: Vec<Row>,
    /// The last rows: what comes next decides whether they are kept.
    last: VecDeque<Row>,
    /// Rows left out since the last one kept.
    left_out: usize,
    /// Rows to keep whatever they are: the first ones, and those behind one worth a look.
    keep: usize,
    notes: usize,
    fates: usize,
}

#[derive(Debug)]
enum Row {
    Frame { at: Stamp, way: Way, text: String, fate: Option<String>, lost: bool },
    Note { at: Stamp, text: String },
    LeftOut(usize),
}

impl Ladder {
    /// Records for a new file, which is written at the end.
    ///
    /// # Errors
    /// It can't be made.
    pub fn create(path: &Path) -> io::Result<Ladder> {
        // Here and not after the run that was to be recorded.
        File::create(path)?;
        Ok(Ladder {
            path: path.to_path_buf(),
            kept: Vec::new(),
            last: VecDeque::new(),
            left_out: 0,
            keep: ENDS,
            notes: 0,
            fates: 0,
        })
    }

    fn push(&mut self, row: Row) {
        let look = match &row {
            Row::Note { .. } => count(&mut self.notes, NOTES),
            Row::Frame { fate: Some(_), .. } => count(&mut self.fates, FATES),
            Row::Frame { fate: None, .. } | Row::LeftOut(_) => false,
        };
        self.last.push_back(row);
        if look {
            self.leave_out(AROUND + 1);
            self.keep = self.keep.max(AROUND + 1);
        }
        if self.keep > 0 {
            self.keep -= 1;
            self.take_last();
        } else {
            self.leave_out(ENDS);
        }
    }

    /// Keeps no more than the last `rows` in mind.
    fn leave_out(&mut self, rows: usize) {
        while self.last.len() > rows {
            self.last.pop_front();
            self.left_out += 1;
        }
    }

    fn take_last(&mut self) {
        if self.left_out > 0 {
            self.kept.push(Row::LeftOut(std::mem::take(&mut self.left_out)));
        }
        self.kept.extend(self.last.drain(..));
    }

    fn draw(&self) -> Document {
        let height = TOP + (self.kept.len() + 1) * ROW;
        let style = "text { font: 12px sans-serif } .small { font-size: 10px; fill: #666 } .note { fill: #06c } \
                     .lost { stroke: #c00 } line { stroke: #333 } .lostText { fill: #c00 }";
        let mut drawing = Document::new()
            .set("viewBox", (0, 0, WIDTH, height))
            .set("width", WIDTH)
            .set("height", height)
            .add(Style::new(style))
            .add(Rectangle::new().set("width", WIDTH).set("height", height).set("fill", "white"))
            .add(label("card", CARD, 24, "middle", ""))
            .add(label("peer", PEER, 24, "middle", ""))
            .add(line((CARD, 32), (CARD, height - 8), ""))
            .add(line((PEER, 32), (PEER, height - 8), ""));
        for (i, row) in self.kept.iter().enumerate() {
            drawing = row.draw(drawing, TOP + i * ROW);
        }
        drawing
    }
}

/// Counts up to a limit; false beyond it.
fn count(counter: &mut usize, limit: usize) -> bool {
    let more = *counter < limit;
    *counter += usize::from(more);
    more
}

impl Row {
    fn draw(&self, drawing: Document, y: usize) -> Document {
        let time = |at: &Stamp| format!("{:.6} s", at.time.as_secs_f64());
        match self {
            Row::LeftOut(rows) => {
                drawing.add(label(&format!("{rows} rows left out"), (CARD + PEER) / 2, y, "middle", "small"))
            }
            Row::Note { at, text } => drawing.add(label(&time(at), 8, y + 4, "start", "small")).add(label(
                text,
                CARD - 8,
                y + 4,
                "end",
                "note",
            )),
            Row::Frame { at, way, text, fate, lost } => {
                let (from, to) = if *way == Way::FromCard { (CARD, PEER) } else { (PEER, CARD) };
                // A lost frame ends halfway.
                let end = if *lost { (from + to) / 2 } else { to };
                let class = if *lost { "lost" } else { "" };
                let text = fate.as_ref().map_or_else(|| text.clone(), |fate| format!("{text} ({fate})"));
                let text_class = if fate.is_some() { "lostText" } else { "" };
                let back = if end > from { end - 7 } else { end + 7 };
                drawing
                    .add(label(&time(at), 8, y + 4, "start", "small"))
                    .add(line((from, y), (end, y), class))
                    .add(line((back, y - 4), (end, y), class))
                    .add(line((back, y + 4), (end, y), class))
                    .add(label(&text, (CARD + PEER) / 2, y - 4, "middle", text_class))
            }
        }
    }
}

impl Recorder for Ladder {
    fn frame(&mut self, way: Way, frame: &Frame) {
        let text = summarize(&frame.bytes);
        let (at, fate, lost) = (frame.last, frame.fate.describe(), frame.fate.dropped);
        self.push(Row::Frame { at, way, text, fate, lost });
    }

    fn note(&mut self, at: Stamp, text: &str) {
        self.push(Row::Note { at, text: text.to_owned() });
    }

    fn finish(&mut self) -> io::Result<()> {
        self.take_last();
        svg::save(&self.path, &self.draw())
    }
}

fn line(from: (usize, usize), to: (usize, usize), class: &str) -> Line {
    Line::new().set("x1", from.0).set("y1", from.1).set("x2", to.0).set("y2", to.1).set("class", class)
}

fn label(text: &str, x: usize, y: usize, anchor: &str, class: &str) -> Text {
    Text::new(text).set("x", x).set("y", y).set("text-anchor", anchor).set("class", class)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::impair::Fate;

    /// The frames' numbers, the notes and the gaps of a finished ladder, from top to bottom.
    fn rows(ladder: &Ladder) -> Vec<String> {
        let text = |row: &Row| match row {
            Row::Frame { at, fate, .. } => format!("{}{}", at.cycle, if fate.is_some() { "!" } else { "" }),
            Row::Note { text, .. } => text.clone(),
            Row::LeftOut(rows) => format!("-{rows}"),
        };
        ladder.kept.iter().map(text).collect()
    }

    fn frame(number: u64, dropped: bool) -> Frame {
        let at = Stamp { cycle: number, ..Stamp::default() };
        Frame { last: at, fate: Fate { dropped, ..Fate::default() }, ..Frame::new(vec![0; 60]) }
    }

    fn range(from: usize, to: usize) -> Vec<String> {
        (from..to).map(|i| i.to_string()).collect()
    }

    /// Draws `frames` frames, with a note in front of some and some lost; its rows and the drawing.
    fn draw(frames: u64, notes: &[u64], lost: impl Fn(u64) -> bool) -> (Vec<String>, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ladder.svg");
        let mut ladder = Ladder::create(&path).unwrap();
        for i in 0..frames {
            if notes.contains(&i) {
                ladder.note(Stamp::default(), &format!("<note {i}>"));
            }
            ladder.frame(Way::FromCard, &frame(i, lost(i)));
        }
        ladder.finish().unwrap();
        (rows(&ladder), std::fs::read_to_string(&path).unwrap())
    }

    #[test]
    fn a_short_recording_is_whole() {
        let (rows, text) = draw(2 * ENDS as u64, &[], |_| false);
        assert_eq!(rows, range(0, 2 * ENDS));
        assert!(!text.contains("left out") && text.trim_end().ends_with("</svg>"));
    }

    #[test]
    fn both_ends_of_a_long_one_are_kept() {
        let (rows, text) = draw(1000, &[], |_| false);
        let want = [range(0, ENDS), vec!["-800".into()], range(1000 - ENDS, 1000)].concat();
        assert_eq!(rows, want);
        assert!(text.contains("800 rows left out"));
    }

    #[test]
    fn notes_and_losses_are_kept_with_what_is_around_them() {
        let (rows, text) = draw(1000, &[400, 405], |i| i == 600);
        let want = [
            range(0, ENDS),
            vec![format!("-{}", 400 - AROUND - ENDS)],
            range(400 - AROUND, 400),
            vec!["<note 400>".into()],
            range(400, 405),
            vec!["<note 405>".into()],
            range(405, 405 + AROUND),
            vec![format!("-{}", 600 - 405 - 2 * AROUND)],
            range(600 - AROUND, 600),
            vec!["600!".into()],
            range(601, 601 + AROUND),
            vec![format!("-{}", 1000 - ENDS - 601 - AROUND)],
            range(1000 - ENDS, 1000),
        ];
        assert_eq!(rows, want.concat());
        assert!(text.contains("&lt;note 400&gt;") && text.contains("link: lost"));
    }

    #[test]
    fn of_many_losses_the_first_are_kept() {
        let (rows, _) = draw(100_000, &[], |i| i % 100 == 0 && i > 0);
        // Beside those at the end.
        let lost = rows.iter().filter(|row| row.ends_with('!')).count();
        assert!((FATES..=FATES + 2).contains(&lost), "{lost}");
        assert!(rows.len() < 2 * ENDS + FATES * (2 * AROUND + 2), "{} rows", rows.len());
    }
}
