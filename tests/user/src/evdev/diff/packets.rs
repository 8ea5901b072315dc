// SPDX-License-Identifier: GPL-2.0

//! Events that were read, as text. Their times are not shown, but only tested for plausibility.

use super::{client::Client, stamps::Stamps};
use crate::diff::UNTOUCHED;
use std::fmt::Write;

/// The bytes after the time.
const REST: usize = 8;
/// `SYN_REPORT` and `SYN_DROPPED`, with their type.
const REPORT: [u8; 4] = [0; 4];
const DROPPED: [u8; 4] = [0, 0, 3, 0];

/// The events of this size in memory that was [`UNTOUCHED`] before the read, and of which `room`
/// bytes are writable.
pub fn show(bytes: &[u8], size: usize, room: usize, client: &Client, stamps: &Stamps) -> String {
    let last = bytes.iter().rposition(|&byte| byte != UNTOUCHED);
    let Some(last) = last else {
        return String::new();
    };
    let mut text = String::new();
    for (number, event) in bytes[..bytes.len().min(last + size)]
        .chunks(size)
        .enumerate()
    {
        let room = room.saturating_sub(number * size).min(event.len());
        if event.iter().all(|&byte| byte == UNTOUCHED) {
            continue;
        }
        let times = size - REST;
        text += &match room {
            _ if room == size => whole(event, client, stamps),
            // The memory ends within an event. Fewer bytes of its time may look untouched.
            8.. => format!(" {number}-{:02x?}", &event[times.min(room)..room]),
            _ => String::new(),
        };
    }
    text
}

fn whole(event: &[u8], client: &Client, stamps: &Stamps) -> String {
    let (times, rest) = event.split_at(event.len() - REST);
    let (seconds, micros) = times.split_at(times.len() / 2);
    let time = (number(seconds), number(micros));
    let field = |at| u16::from_ne_bytes([rest[at], rest[at + 1]]);
    let value = i32::from_ne_bytes(rest[4..].try_into().expect("four bytes"));
    let mut text = format!(" {:x}:{:x}:{value}", field(0), field(2));
    let mut floor = client.floor.get();
    let class = stamps.class(stamps.monotonic(client.clock.get(), time), &mut floor);
    // After a change of the clock, it may have the time of the packet, or the current time.
    if rest[..4] != DROPPED || class.starts_with('!') {
        text += &class;
    }
    client.floor.set(floor);
    if !(0..1_000_000).contains(&time.1) {
        write!(text, "!{} microseconds", time.1).expect("a string has room");
    }
    let packet = match rest[..4] == DROPPED {
        true => None,
        false => client.packet.get(),
    };
    if packet.is_some_and(|packet| packet != time) {
        text += "!another time than its packet";
    }
    let over = rest[..4] == REPORT || rest[..4] == DROPPED;
    client.packet.set((!over).then_some(time));
    text
}

/// A number of four or eight bytes.
fn number(bytes: &[u8]) -> i64 {
    match bytes.try_into() {
        Ok(bytes) => i64::from_ne_bytes(bytes),
        Err(_) => u32::from_ne_bytes(bytes.try_into().expect("four bytes")).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evdev::uinput::{encode, EVENT};

    /// The bytes of events with given times, as they are read.
    fn read(stamps: &Stamps, events: &[(u16, (u16, u16, i32))]) -> Vec<u8> {
        let event = |&(stamp, event)| {
            let mut bytes = encode(event);
            let time = stamps.given(stamp);
            bytes[..8].copy_from_slice(&(time / 1_000_000).to_ne_bytes());
            bytes[8..16].copy_from_slice(&(time % 1_000_000).to_ne_bytes());
            bytes
        };
        events.iter().flat_map(event).collect()
    }

    fn shown(stamps: &Stamps, bytes: &[u8], room: usize) -> String {
        let client = Client::new();
        client.clock.set(libc::CLOCK_MONOTONIC);
        show(bytes, EVENT, room, &client, stamps)
    }

    #[test]
    fn a_packet() {
        let stamps = Stamps::now();
        let events = [(3, (1, 30, 1)), (3, (0, 0, 0)), (4, (1, 30, 0))];
        let text = shown(&stamps, &read(&stamps, &events), 72);
        assert_eq!(text, " 1:1e:1#3 0:0:0#3 1:1e:0#4");
    }

    #[test]
    fn two_times() {
        let stamps = Stamps::now();
        let events = [(3, (1, 30, 1)), (4, (0, 0, 0))];
        let text = shown(&stamps, &read(&stamps, &events), 48);
        assert!(text.ends_with("!another time than its packet"), "{text}");
    }

    #[test]
    fn cut_off() {
        let stamps = Stamps::now();
        let mut bytes = read(&stamps, &[(3, (1, 30, 1)), (3, (2, 1, 7))]);
        bytes[24 + 18..].fill(UNTOUCHED);
        assert_eq!(shown(&stamps, &bytes, 24 + 18), " 1:1e:1#3 1-[02, 00]");
        bytes[24..].fill(UNTOUCHED);
        assert_eq!(shown(&stamps, &bytes, 48), " 1:1e:1#3");
    }
}
