// SPDX-License-Identifier: MIT OR Apache-2.0
//! Accesses as frames (`docs/registers.md`, "Over a UART").

use std::ops::Range;

use syncline_regs::uart::{HEADER_BYTES, READ, WORDS_MAX, WRITE, WRITE_BYTES};

/// Bytes of a word.
const WORD: u32 = 4;

/// Words of a frame at most, an even number: what passes the line in half of the time after which a card may give up a frame. (Ours gives
/// it up after as long without a byte; LiteX's bridge counts from the frame's beginning.)
pub(super) fn most_words(baud: u32) -> usize {
    let bytes = u64::from(baud) / 10 * u64::from(syncline_regs::uart::STALL_MS) / 2 / 1000;
    let words = (bytes as usize).saturating_sub(HEADER_BYTES) / WORD as usize;
    words.clamp(2, WORDS_MAX) & !1
}

fn header(command: u8, second: u8, address: u32) -> Vec<u8> {
    let mut frame = vec![command, second];
    frame.extend((address / WORD).to_be_bytes());
    frame
}

/// The frames that write `bytes` at any address: whole words as such, the ends with strobes.
pub(super) fn writes(address: u32, bytes: &[u8], most: usize) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let (mut at, mut rest) = (address, bytes);
    while !rest.is_empty() {
        let lane = (at % WORD) as usize;
        let whole = rest.len() / WORD as usize;
        let (frame, count) = if lane != 0 || whole == 0 {
            let count = (WORD as usize - lane).min(rest.len());
            let mut word = [0; WORD as usize];
            word[lane..lane + count].copy_from_slice(&rest[..count]);
            let strobes = ((1 << count) - 1) << lane;
            let mut frame = header(WRITE_BYTES, strobes, at - lane as u32);
            frame.extend(u32::from_le_bytes(word).to_be_bytes());
            (frame, count)
        } else {
            // The next frame begins at a multiple of 8 bytes: the card makes one write of two words of a frame.
            let words = if at.is_multiple_of(2 * WORD) { whole.min(most) } else { whole.min(most - 1) };
            let count = words * WORD as usize;
            let mut frame = header(WRITE, words as u8, at);
            for word in rest[..count].as_chunks().0 {
                frame.extend(u32::from_le_bytes(*word).to_be_bytes());
            }
            (frame, count)
        };
        frames.push(frame);
        (at, rest) = (at + count as u32, &rest[count..]);
    }
    frames
}

/// A request for the words at an address.
pub(super) struct Request {
    /// What goes to the card.
    pub frame: [u8; HEADER_BYTES],
    /// Bytes of the answer.
    pub answer: usize,
}

/// The requests for all words that hold a byte of `range`.
pub(super) fn reads(range: Range<u32>, most: usize) -> Vec<Request> {
    let (mut at, end) = (range.start / WORD, range.end.div_ceil(WORD));
    let mut requests = Vec::new();
    while at < end {
        let words = (end - at).min(most as u32);
        let [a, b, c, d] = at.to_be_bytes();
        requests.push(Request { frame: [READ, words as u8, a, b, c, d], answer: (words * WORD) as usize });
        at += words;
    }
    requests
}

/// Turns the words of an answer into bytes in the order of their addresses.
pub(super) fn in_order(answer: &mut [u8]) {
    answer.as_chunks_mut::<{ WORD as usize }>().0.iter_mut().for_each(|word| word.reverse());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_takes_at_most_half_of_the_time_limit() {
        for (baud, words) in [(9600, 10), (115_200, 142), (1_000_000, 254), (3_000_000, 254)] {
            assert_eq!(most_words(baud), words);
            let bytes = (HEADER_BYTES + 4 * words) as u32;
            assert!(bytes * 10 * 1000 <= baud * 50, "{baud}");
        }
        assert_eq!(most_words(300), 2);
    }

    #[test]
    fn bytes_are_written_as_documented() {
        assert_eq!(
            writes(0x100, &[0x43, 0x4e, 0x59, 0x53], 8),
            [[1, 1, 0, 0, 0, 0x40, 0x53, 0x59, 0x4e, 0x43]]
        );
        assert_eq!(writes(0x0100_0005, &[1, 2], 8), [[5, 0b0110, 0, 0x40, 0, 1, 0, 2, 1, 0]]);
        assert_eq!(writes(8, &[], 8), [[0; 0]; 0]);
    }

    /// Every start and length: what the frames say, put together again; and what they must look like.
    #[test]
    fn writes_hold_each_byte_once_and_are_whole_words_where_they_can_be() {
        for start in 0..9 {
            for len in 0..60 {
                let bytes: Vec<u8> = (0..len).map(|i| i as u8 + 1).collect();
                let mut memory = [0_u8; 80];
                let frames = writes(start, &bytes, 4);
                for (i, frame) in frames.iter().enumerate() {
                    let at = 4 * u32::from_be_bytes([frame[2], frame[3], frame[4], frame[5]]) as usize;
                    let mut words = frame[6..].to_vec();
                    in_order(&mut words);
                    let strobes = if frame[0] == WRITE { u32::MAX } else { frame[1].into() };
                    if frame[0] == WRITE {
                        assert_eq!(4 * usize::from(frame[1]), words.len());
                        assert!(words.len() <= 16);
                        let cut = frames.get(i + 1).is_some_and(|next| next[0] == WRITE);
                        assert!(!cut || (at + words.len()).is_multiple_of(8), "{start} {len}");
                    } else {
                        assert!(frame[0] == WRITE_BYTES && words.len() == 4 && !matches!(strobes, 0 | 0xf));
                    }
                    for (lane, byte) in words.iter().enumerate() {
                        if strobes >> lane.min(31) & 1 != 0 {
                            assert_eq!(memory[at + lane], 0, "written twice: {start} {len}");
                            memory[at + lane] = *byte;
                        }
                    }
                }
                let start = start as usize;
                assert_eq!(memory[start..start + len], bytes, "{start} {len}");
                assert!(
                    memory[..start].iter().chain(&memory[start + len..]).all(|b| *b == 0),
                    "{start} {len}"
                );
            }
        }
    }

    #[test]
    fn reads_cover_the_range_and_no_more_words() {
        for (range, wanted) in [
            (0..4, vec![[2, 1, 0, 0, 0, 0]]),
            (3..5, vec![[2, 2, 0, 0, 0, 0]]),
            (
                0x0100_0010..0x0100_0035,
                vec![[2, 4, 0, 0x40, 0, 4], [2, 4, 0, 0x40, 0, 8], [2, 2, 0, 0x40, 0, 12]],
            ),
            (8..8, vec![]),
        ] {
            let requests = reads(range, 4);
            assert_eq!(requests.iter().map(|r| r.frame).collect::<Vec<_>>(), wanted);
            assert!(requests.iter().all(|r| r.answer == 4 * usize::from(r.frame[1])));
        }
    }
}
