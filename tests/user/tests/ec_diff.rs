// SPDX-License-Identifier: GPL-2.0

//! The same random calls of the C driver and of ours: a program cannot tell them apart.

use devscope_tests::{
    diff::{assert_errors, assert_often, assert_same, seed, Transcript},
    ec::{
        diff::{sequence, Actor},
        Driver, TestEc,
    },
};
use rustix::io::Errno;
use std::time::Instant;

/// The seed that is used where nobody names another one.
const SEED: u64 = 0xec;
/// How many sequences.
const SEQUENCES: u64 = 5000;

/// What the driver that `ec` has makes of all sequences.
fn transcript(ec: &TestEc, seed: u64) -> Transcript {
    let mut actor = Actor::new(ec);
    let start = Instant::now();
    let transcript: Transcript = (0..SEQUENCES)
        .map(|number| actor.play(seed, number))
        .collect();
    let calls: usize = transcript.iter().map(Vec::len).sum();
    let took = start.elapsed();
    eprintln!(
        "{:?}: {SEQUENCES} sequences, {calls} calls, {took:.1?}",
        ec.driver()
    );
    transcript
}

#[test]
fn random_calls() {
    let seed = seed("ec_seed", SEED);
    eprintln!("seed {seed}");
    let mut ec = TestEc::with(Driver::C);
    let theirs = transcript(&ec, seed);
    ec.switch(Driver::Devscope);
    let ours = transcript(&ec, seed);
    assert_telling(&theirs);
    assert_same(seed, &theirs, &ours, |number| sequence(seed, number));
}

/// That the calls were no waste: each outcome that matters is there, and often.
fn assert_telling(transcript: &Transcript) {
    assert_often(transcript, "bytes that came", 2000, |it| it.contains('['));
    // So many events that more would not be kept.
    assert_often(transcript, "a full queue", 40, |line| line.len() > 700);
    assert_errors(
        transcript,
        &[
            (Errno::IO, 5),
            (Errno::AGAIN, 100),
            (Errno::INTR, 20),
            (Errno::FAULT, 500),
            (Errno::NODEV, 50),
            (Errno::INVAL, 500),
            (Errno::NOTTY, 100),
            (Errno::SPIPE, 100),
            (Errno::MSGSIZE, 100),
        ],
    );
}
