// SPDX-License-Identifier: GPL-2.0

//! The same random calls to C's evdev and to ours have the same outcomes.

use devscope_tests::{
    diff::{assert_errors, assert_often, difference, Transcript},
    effort,
    evdev::{
        diff::{assert_no_difference, sequence, transcript, Actor, Plant, SEED},
        Handler, Handlers,
    },
};
use rustix::io::Errno;

#[test]
fn random_calls() {
    assert_telling(&assert_no_difference(effort::choose(600, 20_000)));
}

/// Planted differences are found.
#[test]
fn planted_differences() {
    const SOME: u64 = 150;
    let _handlers = Handlers::only(Handler::C);
    let right = transcript(SEED, SOME, Actor::new);
    let same = transcript(SEED, SOME, Actor::new);
    let found = |other: &Transcript| difference(SEED, &right, other, |it| sequence(SEED, it)).len();
    assert_eq!(found(&same), 0);
    for plant in Plant::ALL {
        let wrong = transcript(SEED, SOME, |number| Actor::with(number, plant));
        let found = found(&wrong);
        assert!(found > 5, "{plant:?}: only {found} sequences differ");
    }
}

/// Asserts that the calls are representative: each important outcome occurs often.
fn assert_telling(transcript: &Transcript) {
    // The numbers are for 10,000 sequences.
    let share = |least: usize| least * transcript.len() / 10_000;
    for (what, least, text) in [
        ("bytes that came", 1000, " ["),
        ("keys that were read", 25, " 1:1"),
        ("a queue that was full", 80, " 0:3:0"),
        ("times that were given", 500, "#"),
        ("LEDs", 1000, " <11:"),
        ("effects", 40, " <upload"),
        ("effects that were removed", 25, " <erase"),
        ("signals", 100, " signal 40 reason 1"),
        ("files that were cut off", 10, "0x18"),
    ] {
        assert_often(transcript, what, share(least), |line| line.contains(text));
    }
    let errors = [
        (Errno::NOENT, 100),
        (Errno::INTR, 100),
        (Errno::BADF, 100),
        (Errno::AGAIN, 100),
        (Errno::ACCESS, 10),
        (Errno::FAULT, 500),
        (Errno::BUSY, 10),
        (Errno::NODEV, 100),
        (Errno::INVAL, 500),
        (Errno::SPIPE, 100),
        (Errno::NOSYS, 100),
    ];
    let errors = errors.map(|(error, least)| (error, share(least)));
    assert_errors(transcript, &errors);
}
