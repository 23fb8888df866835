// SPDX-License-Identifier: MIT OR Apache-2.0
//! A capture for Wireshark: pcapng with nanoseconds, directions and comments.
//!
//! Blocks and options as in draft-ietf-opsawg-pcapng. The writer is our own: four kinds of block, no more.

use super::{Recorder, Way};
use crate::mac::{Frame, Stamp};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
const ETHERNET: u32 = 1;
const OPTION_COMMENT: u16 = 1;
const OPTION_IF_NAME: u16 = 2;
const OPTION_IF_TSRESOL: u16 = 9;
const OPTION_EPB_FLAGS: u16 = 2;

/// Writes a pcapng file. Notes become comments of the frame before them.
#[derive(Debug)]
pub struct Pcapng<W: Write + Send = BufWriter<File>> {
    file: W,
    /// The last frame, which may still get comments.
    pending: Option<Packet>,
    error: Option<io::Error>,
}

#[derive(Debug)]
struct Packet {
    nanos: u64,
    way: Way,
    bytes: Vec<u8>,
    comments: Vec<String>,
}

impl Pcapng {
    /// Records into a new file.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn create(path: &Path) -> io::Result<Pcapng> {
        Pcapng::new(BufWriter::new(File::create(path)?))
    }
}

impl<W: Write + Send> Pcapng<W> {
    /// Records into `file`.
    ///
    /// # Errors
    /// It can't be written.
    pub fn new(mut file: W) -> io::Result<Self> {
        let mut section = Vec::new();
        section.extend(0x1a2b_3c4d_u32.to_le_bytes()); // byte order
        section.extend([1, 0, 0, 0]); // version 1.0
        section.extend(u64::MAX.to_le_bytes()); // length: not given
        block(&mut file, SECTION_HEADER, &section)?;
        let mut interface = Vec::new();
        interface.extend(ETHERNET.to_le_bytes());
        interface.extend(0u32.to_le_bytes()); // frames are not cut
        option(&mut interface, OPTION_IF_NAME, b"card");
        option(&mut interface, OPTION_IF_TSRESOL, &[9]);
        option(&mut interface, 0, &[]);
        block(&mut file, INTERFACE_DESCRIPTION, &interface)?;
        Ok(Pcapng { file, pending: None, error: None })
    }

    fn flush_pending(&mut self) {
        let Some(packet) = self.pending.take() else { return };
        let result = block(&mut self.file, ENHANCED_PACKET, &packet.body());
        if let (Err(error), None) = (result, &self.error) {
            self.error = Some(error);
        }
    }
}

impl Packet {
    fn body(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.bytes.len() + 64);
        body.extend(0u32.to_le_bytes()); // interface
        body.extend(((self.nanos >> 32) as u32).to_le_bytes());
        body.extend((self.nanos as u32).to_le_bytes());
        let length = (self.bytes.len() as u32).to_le_bytes();
        body.extend(length); // captured
        body.extend(length); // on the wire
        body.extend(&self.bytes);
        pad(&mut body);
        let direction: u32 = if self.way == Way::ToCard { 1 } else { 2 };
        option(&mut body, OPTION_EPB_FLAGS, &direction.to_le_bytes());
        for comment in &self.comments {
            option(&mut body, OPTION_COMMENT, comment.as_bytes());
        }
        option(&mut body, 0, &[]);
        body
    }
}

impl<W: Write + Send> Recorder for Pcapng<W> {
    fn frame(&mut self, way: Way, frame: &Frame) {
        self.flush_pending();
        let comments = frame.fate.describe().into_iter().collect();
        let nanos = frame.last.time.as_nanos() as u64;
        self.pending = Some(Packet { nanos, way, bytes: frame.bytes.clone(), comments });
    }

    fn note(&mut self, _: Stamp, text: &str) {
        // A remark before the first frame has nothing to stand at.
        if let Some(packet) = &mut self.pending {
            packet.comments.push(text.to_owned());
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.flush_pending();
        match self.error.take() {
            Some(error) => Err(error),
            None => self.file.flush(),
        }
    }
}

fn block(file: &mut impl Write, kind: u32, body: &[u8]) -> io::Result<()> {
    let length = (body.len() as u32 + 12).to_le_bytes();
    file.write_all(&kind.to_le_bytes())?;
    file.write_all(&length)?;
    file.write_all(body)?;
    file.write_all(&length)
}

fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    let length = value.len().min(usize::from(u16::MAX));
    body.extend(code.to_le_bytes());
    body.extend((length as u16).to_le_bytes());
    body.extend(&value[..length]);
    pad(body);
}

fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::impair::Fate;
    use std::time::Duration;

    #[test]
    fn blocks_are_well_formed() {
        let mut file = Vec::new();
        {
            let mut capture = Pcapng::new(&mut file).unwrap();
            let stamp = Stamp { cycle: 1, time: Duration::new(5, 7) };
            let fate = Fate { dropped: true, ..Fate::default() };
            let frame = Frame { bytes: vec![0xab; 61], first: stamp, last: stamp, fate };
            capture.frame(Way::FromCard, &frame);
            capture.note(stamp, "flow 0: SYN-SENT");
            capture.finish().unwrap();
        }
        let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
        let mut kinds = Vec::new();
        let mut at = 0;
        while at < file.len() {
            let length = word(at + 4) as usize;
            assert_eq!((length % 4, word(at + length - 4) as usize), (0, length));
            kinds.push(word(at));
            at += length;
        }
        assert_eq!(kinds, [SECTION_HEADER, INTERFACE_DESCRIPTION, ENHANCED_PACKET]);
        let packet = file.len() - word(file.len() - 4) as usize;
        let nanos = u64::from(word(packet + 12)) << 32 | u64::from(word(packet + 16));
        assert_eq!((nanos, word(packet + 20)), (5_000_000_007, 61));
        let text = String::from_utf8_lossy(&file[packet..]);
        assert!(text.contains("link: lost") && text.contains("flow 0: SYN-SENT"));
    }
}
