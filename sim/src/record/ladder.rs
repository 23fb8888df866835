// SPDX-License-Identifier: MIT OR Apache-2.0
//! A ladder diagram: the card on the left, the peer on the right, time downwards, an arrow for each frame.

use super::{Recorder, Way, summarize};
use crate::mac::{Frame, Stamp};
use std::io;
use std::path::{Path, PathBuf};
use svg::Document;
use svg::node::element::{Line, Rectangle, Style, Text};

/// Rows kept at each end of a long recording; what is between is left out, and said.
const KEEP: usize = 200;
const ROW: usize = 26;
const TOP: usize = 50;
const CARD: usize = 330;
const PEER: usize = 830;
const WIDTH: usize = 900;

/// Draws the ladder into an SVG file when it is finished.
#[derive(Debug)]
pub struct Ladder {
    path: PathBuf,
    head: Vec<Row>,
    tail: std::collections::VecDeque<Row>,
    left_out: usize,
}

#[derive(Debug)]
enum Row {
    Frame { at: Stamp, way: Way, text: String, fate: Option<String>, lost: bool },
    Note { at: Stamp, text: String },
}

impl Ladder {
    /// Records for the file `path`, which is written at the end.
    pub fn new(path: &Path) -> Ladder {
        Ladder { path: path.to_path_buf(), head: Vec::new(), tail: Default::default(), left_out: 0 }
    }

    fn push(&mut self, row: Row) {
        if self.head.len() < KEEP {
            self.head.push(row);
            return;
        }
        self.tail.push_back(row);
        if self.tail.len() > KEEP {
            self.tail.pop_front();
            self.left_out += 1;
        }
    }

    fn draw(&self) -> Document {
        let gap = usize::from(self.left_out > 0);
        let height = TOP + (self.head.len() + self.tail.len() + gap + 1) * ROW;
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
        let mut y = TOP;
        for row in &self.head {
            drawing = row.draw(drawing, y);
            y += ROW;
        }
        if self.left_out > 0 {
            let text = format!("{} rows left out", self.left_out);
            drawing = drawing.add(label(&text, (CARD + PEER) / 2, y, "middle", "small"));
            y += ROW;
        }
        for row in &self.tail {
            drawing = row.draw(drawing, y);
            y += ROW;
        }
        drawing
    }
}

impl Row {
    fn draw(&self, drawing: Document, y: usize) -> Document {
        let time = |at: &Stamp| format!("{:.6} s", at.time.as_secs_f64());
        match self {
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

    #[test]
    fn rows_and_what_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ladder.svg");
        let mut ladder = Ladder::new(&path);
        let mut frame = Frame::new(vec![0; 60]);
        frame.fate = Fate { dropped: true, ..Fate::default() };
        ladder.note(Stamp::default(), "flow 0: SYN-SENT <first>");
        for _ in 0..2 * KEEP + 6 {
            ladder.frame(Way::FromCard, &frame);
        }
        ladder.finish().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("flow 0: SYN-SENT &lt;first&gt;"));
        assert!(text.contains("7 rows left out") && text.contains("link: lost"));
        assert!(text.trim_end().ends_with("</svg>"));
    }
}
