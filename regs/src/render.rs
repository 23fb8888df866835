// SPDX-License-Identifier: MIT OR Apache-2.0
//! The book's chapter, from the tables.

use std::fmt::Write;

use crate::code::{Opcode, Reason, State, Status};
use crate::{Access, Field, Reset, Word, connection, counters, map, ring, uart};

/// `docs/registers.md`.
pub fn markdown() -> String {
    let mut page = String::from(HEAD);
    for block in map::BLOCKS {
        heading(&mut page, 3, &format!("{} (0x{:03x})", block.name, block.offset));
        line(&mut page, block.meaning);
        line(&mut page, "");
        line(&mut page, "| offset | name | access | reset | meaning |");
        line(&mut page, "|---|---|---|---|---|");
        for r in block.registers {
            let access = match r.access {
                Access::ReadOnly => "ro",
                Access::ReadWrite => "rw",
                Access::WriteOnly => "wo",
            };
            let reset = match r.reset {
                Reset::Value(value) if value < 0x1_0000 => value.to_string(),
                Reset::Value(value) => format!("0x{value:08x}"),
                Reset::Build => "build".to_owned(),
            };
            let row = format!(
                "| 0x{:03x} | `{}` | {access} | {reset} | {} |",
                r.offset,
                r.name,
                with_fields(r.meaning, r.fields)
            );
            line(&mut page, &row);
        }
    }

    heading(&mut page, 3, &format!("Counters (0x{:x})", map::COUNTERS));
    line(&mut page, "Read-only, 32 bits, wrapping; cleared by `CONTROL.reset` only.");
    line(&mut page, "");
    line(&mut page, "| offset | name | counts |");
    line(&mut page, "|---|---|---|");
    for (slot, counter) in counters::COUNTERS.iter().enumerate() {
        let offset = map::COUNTERS as usize + 4 * slot;
        line(&mut page, &format!("| 0x{offset:03x} | `{}` | {} |", counter.name, counter.meaning));
    }

    page.push_str(&doorbells());
    heading(&mut page, 2, &format!("Connection table (BAR0, 0x{:x})", map::TABLE));
    page.push_str(TABLE);
    words(&mut page, connection::ENTRY);

    heading(&mut page, 2, "Rings (BAR2)");
    page.push_str(RINGS);
    heading(&mut page, 3, "Submission entry");
    words(&mut page, ring::SUBMISSION);
    heading(&mut page, 3, "Completion entry");
    words(&mut page, ring::COMPLETION);
    heading(&mut page, 3, "Event entry");
    line(
        &mut page,
        "The first eight words of the flow's connection table entry (0x00 to 0x1f), with the phase bit.",
    );

    heading(&mut page, 2, "Over a UART");
    page.push_str(&frames());
    words(&mut page, uart::LINE);

    heading(&mut page, 2, "Numbers");
    codes(&mut page, "Opcodes", Opcode::ALL.iter().map(|c| (c.code(), c.name(), c.meaning())));
    codes(&mut page, "Statuses", Status::ALL.iter().map(|c| (c.code(), c.name(), c.meaning())));
    codes(&mut page, "States", State::ALL.iter().map(|c| (c.code(), c.name(), c.meaning())));
    codes(&mut page, "Reasons", Reason::ALL.iter().map(|c| (c.code(), c.name(), c.meaning())));
    page
}

fn line(page: &mut String, text: &str) {
    page.push_str(text);
    page.push('\n');
}

fn heading(page: &mut String, level: usize, text: &str) {
    writeln!(page, "\n{} {text}\n", "#".repeat(level)).expect("a String takes everything");
}

fn with_fields(meaning: &str, fields: &[Field]) -> String {
    let mut text = meaning.to_owned();
    for f in fields {
        let bits = if f.high == f.low { f.low.to_string() } else { format!("{}..{}", f.high, f.low) };
        write!(text, "<br>`{}` [{bits}]: {}", f.name, f.meaning).expect("a String takes everything");
    }
    text
}

fn words(page: &mut String, table: &[Word]) {
    line(page, "| offset | name | meaning |");
    line(page, "|---|---|---|");
    for w in table {
        line(page, &format!("| 0x{:02x} | `{}` | {} |", w.offset, w.name, with_fields(w.meaning, w.fields)));
    }
}

fn codes<'a>(page: &mut String, title: &str, rows: impl Iterator<Item = (u8, &'a str, &'a str)>) {
    heading(page, 3, title);
    line(page, "| number | name | meaning |");
    line(page, "|---|---|---|");
    for (code, name, meaning) in rows {
        line(page, &format!("| {code} | {name} | {meaning} |"));
    }
}

fn doorbells() -> String {
    format!(
        "
### Doorbells (0x{:x})

Two words a flow, write-only. The latest value wins. A pointer that is not possible is ignored and counted (`bad_doorbell`).
Write the data first, then the doorbell.

| offset | name | meaning |
|---|---|---|
| 8 * flow + 0 | `TX_TAIL` | Sequence number behind the last byte written to the transmit ring: the new `snd_end`, at most `snd_una + TX_RING_BYTES`. |
| 8 * flow + 4 | `RX_HEAD` | Sequence number behind the last byte read from the receive ring: the new `rcv_user`, at most `placed`. |
",
        map::DOORBELLS
    )
}

fn frames() -> String {
    format!(
        "\
A board without PCIe has both BARs behind a UART (8 data bits, no parity, one stop bit), in frames as LiteX's UARTBone has them. All
numbers go most significant byte first; a word is 32 bits, and the byte at the lowest address is its least significant one.

| frame | from the host | from the card |
|---|---|---|
| write | {write}, count, address (4 bytes), words | |
| read | {read}, count, address | words |
| write to one address | {write_fixed}, count, address, words | |
| read one address | {read_fixed}, count, address | words |
| write bytes | {write_bytes}, strobes, address, one word | |

- The count is 1 to {most} words; 0 is a header without an effect.
- The address is a word's: the byte address divided by 4. BAR0 is at byte address 0x{bar0:08x}, BAR2 at 0x{bar2:08x}, the counters below at
  0x{line:08x}. Elsewhere reads give 0 and writes have no effect.
- *Write bytes* is not UARTBone's: bit `i` of the strobes (0 to 3) writes the byte at the address plus `i`. It is for the ends of what goes
  into a transmit ring: the other bytes of such a word may be waiting for their acknowledgement, and must not be written again even with
  the same value, since the card may be reading them. Registers take whole words only.
- Two words of a *write* that make an aligned 64-bit word of BAR2 reach the card as one: entries of the submission ring come whole.
- A write is not acknowledged. Commands are carried out in order, so an answer to a read shows that every frame before it is done.
- Any other byte in a command's place is ignored. A frame that stops for {stall} ms is forgotten, without an answer.
- While the card answers it keeps {queue} bytes: two more requests to read may be sent ahead.

The counters are read-only, 16 bits, wrapping; cleared by the board's reset alone.

",
        write = uart::WRITE,
        read = uart::READ,
        write_fixed = uart::WRITE_FIXED,
        read_fixed = uart::READ_FIXED,
        write_bytes = uart::WRITE_BYTES,
        most = uart::WORDS_MAX,
        bar0 = uart::BAR0_AT,
        bar2 = uart::BAR2_AT,
        line = uart::LINE_AT,
        stall = uart::STALL_MS,
        queue = uart::QUEUE_BYTES,
    )
}

const HEAD: &str = "<!-- Rendered from the crate syncline-regs; a test fails when it is stale. Do not edit. -->
# The register map

What the host sees of the card. BAR0 holds 32-bit little-endian registers in 20 address bits; BAR2 holds the rings and the
payload windows. Offsets that depend on the build are read from the identity block, never assumed.

Rules for every register and every ring:

1. No read has a side effect.
2. All ones is never a valid magic, status or first word of an entry: it means that the card is gone.
3. Every command has exactly one completion, with the command's cookie and a status. A full ring pushes back.
4. Events are snapshots of a flow: a slow host gets fewer of them, never wrong ones, and each can be rebuilt from the connection table.
5. Data first, doorbell last.
6. A bad command gets an error completion and changes nothing; a bad pointer is ignored and counted.

BAR0 takes aligned 32-bit accesses. BAR2 takes reads and writes of `DATA_WIDTH` bits at multiples of that; writes carry byte
strobes, so that narrower ones work too.

## Registers (BAR0)
";

const TABLE: &str = "One entry of 256 bytes a flow, read-only. A read of one word is always consistent; for a consistent group, read it twice until
both agree. A changed generation means that the flow was used again. A connection that has ended stays readable until its flow is
used again.

";

const RINGS: &str = "Entries are 64 bytes apart; the first 32 bytes are used, the rest is 0. Indexes are 16 bits, free-running; entry `i` is at
`(i mod entries) * 64`, and a ring holds at most `entries`.

- **Submission** (`BAR2_SQ`, host to card): write entries, then `SQ_TAIL`. The card takes them in order while the completion ring has
  room, and moves `SQ_HEAD`.
- **Completion** (`BAR2_CQ`, card to host): one entry a command, in the order of the commands. Read entries, then write `CQ_HEAD`.
- **Event** (`BAR2_EQ`, card to host): one entry for a flow that changed, while the ring has room; several changes of a flow may come
  as one entry. Read entries, then write `EQ_HEAD`.

The phase bit (bit 31 of the first word) of an entry from the card is 1 when `i / entries` is even and 0 when it is odd, and a reset
clears it in every entry, so that a new entry is seen by its phase alone.

The transmit window of flow `f` is at `BAR2_TX + f * TX_RING_BYTES`, the receive window at `BAR2_RX + f * RX_RING_BYTES`. The byte with
sequence number `s` is at `s mod ring bytes` of its window.

A flow is the host's from OPEN, or from the end of an accepted connection's handshake, until CLOSE or ABORT. A passive flow that the
host has not seen with this generation is a newly accepted connection. When a flow that is the host's has ended, it stays
in CLOSED, with its reason and its unread data, until CLOSE gives it back.
";

#[cfg(test)]
mod tests {
    /// Run with `SYNCLINE_BLESS=1` to write the page.
    #[test]
    fn registers_page_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/registers.md");
        let page = super::markdown();
        if std::env::var_os("SYNCLINE_BLESS").is_some() {
            std::fs::write(path, &page).expect("docs/registers.md can be written");
        }
        let stored = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            stored == page,
            "docs/registers.md is stale: run SYNCLINE_BLESS=1 cargo test -p syncline-regs"
        );
    }
}
