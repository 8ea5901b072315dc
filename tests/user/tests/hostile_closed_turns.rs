// SPDX-License-Identifier: GPL-2.0

//! Turns that are closed more than once, and from within a turn.

use devscope_tests::{
    device::open,
    hostile::{attack, Attack},
};
use rustix::{fs::OFlags, io::Errno};
use std::path::Path;

const TURN: u8 = 0;
const CLOSE: u8 = 1;

#[test]
fn closed_by_two_nodes() {
    let closed = Attack::with_devices("closed_turns", 1);
    closed.device(0).unbind();
    closed.device(0).bind();
    let file = closed.device(0).open(OFlags::RDWR);
    assert_eq!(attack(&file, TURN, 0), Ok(()));
    closed.device(0).unbind();
    assert_eq!(attack(&file, TURN, 0), Err(Errno::NODEV));
    closed.device(0).bind();
}

#[test]
fn closed_in_a_turn() {
    let closed = Attack::with_devices("closed_turns", 1);
    let file = closed.device(0).open(OFlags::RDWR);
    let other = open(Path::new("/dev/closed_turns-other"), OFlags::RDWR).expect("open the node");
    assert_eq!(attack(&other, TURN, 0), Ok(()));
    assert_eq!(attack(&file, CLOSE, 0), Ok(()));
    for fd in [&file, &other] {
        assert_eq!(attack(fd, TURN, 0), Err(Errno::NODEV));
    }
}
