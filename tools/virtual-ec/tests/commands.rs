// SPDX-License-Identifier: GPL-2.0

//! The controller as its host sees it: packets in, packets out.

use std::time::{Duration, Instant};

use virtual_ec::ec::{Answer, Ec};
use virtual_ec::packet::{HEADER, request, sum};
use virtual_ec::table::Entry;

const SCRIPT: u16 = 0x3e00;
const HELLO: u16 = 0x0001;
const COMMS_STATUS: u16 = 0x0009;
const NEXT_EVENT: u16 = 0x0067;

/// An EC at a time that the test chooses.
struct Host {
    ec: Ec,
    now: Instant,
}

impl Host {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            ec: Ec::new(now),
            now,
        }
    }

    fn answer(&mut self, command: u16, version: u8, params: &[u8]) -> Answer {
        self.ec.handle(&request(command, version, params), self.now)
    }

    /// The result and data of a reply that has to come, well-formed.
    fn call(&mut self, command: u16, version: u8, params: &[u8]) -> (u16, Vec<u8>) {
        let reply = self
            .answer(command, version, params)
            .packet
            .expect("a reply");
        assert_eq!((reply[0], sum(&reply)), (3, 0));
        let word = |at: usize| u16::from_le_bytes([reply[at], reply[at + 1]]);
        assert_eq!(usize::from(word(4)), reply.len() - HEADER);
        (word(2), reply[HEADER..].to_vec())
    }

    fn hello(&mut self) -> u16 {
        self.call(HELLO, 0, &[0; 4]).0
    }

    fn script(&mut self, op: u8, value: u16, count: u32, ms: u32, data: &[u8]) -> u16 {
        let mut params = vec![op, 4];
        params.extend(value.to_le_bytes());
        params.extend([count, ms].map(u32::to_le_bytes).concat());
        params.extend(data);
        self.call(SCRIPT, 0, &params).0
    }
}

#[test]
fn results() {
    let mut host = Host::new();
    assert_eq!(host.call(HELLO, 0, &[4, 3, 2, 1]), (0, vec![8, 6, 4, 2]));
    assert_eq!(host.call(HELLO, 0, &[4, 3, 2]).0, 3);
    assert_eq!(host.call(HELLO, 1, &[0; 4]).0, 6);
    assert_eq!(host.call(HELLO, 200, &[0; 4]).0, 6);
    assert_eq!(host.call(0x3fff, 0, &[]).0, 1);
    assert_eq!(host.call(0x8001, 0, &[0; 4]).0, 1);
    assert_eq!(host.call(0x4001, 0, &[0; 4]).0, 0, "the second chip");
    assert_eq!(host.call(0x4020, 0, &[]).0, 1, "it has no fan");
    let mut malformed = |at: usize, value: u8| {
        let mut bytes = request(HELLO, 0, &[1; 4]);
        bytes[at] = value;
        host.ec.handle(&bytes, host.now).packet.expect("a reply")[2]
    };
    assert_eq!(malformed(0, 4), 12);
    assert_eq!(malformed(5, 1), 12);
    assert_eq!(malformed(7, 1), 13);
    assert_eq!(malformed(8, 2), 7);
}

#[test]
fn versions_are_those_of_the_table() {
    let mut host = Host::new();
    let all: Vec<&Entry> = virtual_ec::commands::ALL
        .iter()
        .copied()
        .flatten()
        .collect();
    for entry in all {
        let (result, mask) = host.call(0x0008, 1, &entry.command.to_le_bytes());
        assert_eq!((result, mask), (0, entry.versions.to_le_bytes().into()));
        let pd = host.call(0x4008, 1, &entry.command.to_le_bytes()).0;
        assert_eq!(pd, if entry.pd { 0 } else { 3 });
    }
}

#[test]
fn nothing_panics() {
    let all = || virtual_ec::commands::ALL.iter().copied().flatten();
    for entry in all().filter(|entry| entry.command != SCRIPT) {
        for version in 0..4 {
            for len in [0, 1, 2, 3, 4, 5, 8, 12, 36, 40, 248] {
                for fill in [0, 1, 2, 4, 0x7f, 0x80, 0xff] {
                    let mut host = Host::new();
                    host.answer(entry.command, version, &vec![fill; len]);
                    host.answer(entry.command + 0x4000, version, &vec![fill; len]);
                }
            }
        }
    }
    for (op, len) in (0..=255).flat_map(|op| (0..14).map(move |len| (op, len))) {
        let mut params = vec![0xff; len];
        params.iter_mut().take(1).for_each(|byte| *byte = op);
        Host::new().answer(SCRIPT, 0, &params);
    }
}

#[test]
fn scripts_count_down() {
    let mut host = Host::new();
    assert_eq!(host.script(3, 11, 2, 0, &[]), 0);
    assert_eq!(host.call(NEXT_EVENT, 3, &[]).0, 9, "exempt");
    assert_eq!([host.hello(), host.hello(), host.hello()], [11, 11, 0]);
    assert_eq!(host.script(5, 0, 1, 0, &[]), 0);
    assert_eq!(host.answer(HELLO, 0, &[0; 4]).packet, None);
    assert_eq!(host.script(2, 0, 1, 70, &[]), 0);
    assert_eq!(
        host.answer(HELLO, 0, &[0; 4]).delay,
        Duration::from_millis(70)
    );
    assert_eq!(host.answer(HELLO, 0, &[0; 4]).delay, Duration::ZERO);
    assert_eq!(host.script(4, 0, 1, 0, &[]), 0);
    assert_ne!(sum(&host.answer(HELLO, 0, &[0; 4]).packet.unwrap()), 0);
    assert_eq!(host.hello(), 0);
}

#[test]
fn bad_scripts() {
    let mut host = Host::new();
    assert_eq!(host.script(9, 0, 1, 0, &[]), 3);
    assert_eq!(host.script(4, 4, 1, 0, &[]), 3);
    assert_eq!(host.script(7, 255, 0, 0, &[1]), 3);
    assert_eq!(host.script(1, 1, 1, 0, &[1, 2, 3]), 3);
    assert_eq!(host.call(SCRIPT, 0, &[0; 11]).0, 3);
    assert_eq!(host.hello(), 0);
}

#[test]
fn pending_until_its_time() {
    let mut host = Host::new();
    assert_eq!(host.script(6, 0, 1, 30, &[]), 0);
    assert_eq!(host.hello(), 8);
    assert_eq!(host.call(COMMS_STATUS, 0, &[]), (0, vec![1, 0, 0, 0]));
    host.now += Duration::from_millis(30);
    assert_eq!(host.call(COMMS_STATUS, 0, &[]), (0, vec![0; 4]));
    assert_eq!(host.hello(), 0);
}

#[test]
fn a_reboot_loses_everything() {
    let mut host = Host::new();
    assert_eq!(host.script(3, 11, 9, 0, &[]), 0);
    assert_eq!(host.script(7, 0x20, 0, 0, b"XX"), 0);
    assert_eq!(host.script(1, 0, 5, 0, &[]), 0);
    assert_eq!(host.script(8, 0, 0, 40, &[]), 0);
    assert_eq!(host.answer(HELLO, 0, &[0; 4]).packet, None);
    host.now += Duration::from_millis(40);
    assert_eq!(host.hello(), 0);
    assert_eq!(host.ec.memory.get(0x20, 2), Some(&b"EC"[..]));
    assert_eq!(host.call(NEXT_EVENT, 3, &[]).0, 9);
}

#[test]
fn events_are_announced_once() {
    let mut host = Host::new();
    assert_eq!(host.script(1, 1, 2, 0, &[9; 4]), 0);
    assert!(host.ec.tick(host.now).1 && !host.ec.tick(host.now).1);
    assert_eq!(host.call(NEXT_EVENT, 3, &[]), (0, vec![0x84, 0, 0, 0, 0]));
    assert_eq!(host.call(NEXT_EVENT, 0, &[]), (0, vec![0x04, 1, 0, 0, 0]));
    assert_eq!(host.call(NEXT_EVENT, 3, &[]).0, 9);
    assert!(!host.ec.tick(host.now).1);
}

#[test]
fn settings_are_kept_until_a_reset() {
    let mut host = Host::new();
    assert_eq!(host.call(0x0023, 0, &[30]).0, 0);
    assert_eq!(host.call(0x0022, 0, &[]), (0, vec![30, 1]));
    assert_eq!(host.call(0x0023, 0, &[101]).0, 3);
    let mut params = vec![1, 5, 0, 0];
    params.extend(0x1234_u64.to_le_bytes());
    assert_eq!(host.call(0x00a4, 0, &params).0, 0);
    assert_eq!(host.call(0x008d, 0, &[]), (0, vec![0x34, 0x12, 0, 0]));
    assert_eq!(host.script(0, 0, 0, 0, &[]), 0);
    assert_eq!(host.call(0x0022, 0, &[]), (0, vec![0, 0]));
}
