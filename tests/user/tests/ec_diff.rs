// SPDX-License-Identifier: GPL-2.0

//! The same random calls of the C driver and of ours: a program cannot tell them apart.

use devscope_tests::{
    diff::{assert_errors, assert_often, assert_same, Transcript},
    ec::{
        diff::{sequence, Actor},
        Driver, TestEc,
    },
    effort,
};
use rustix::io::Errno;
use std::time::Instant;

/// The seed that is used where nobody names another one.
const SEED: u64 = 0xec;
/// How many sequences, in the short form and in the long one.
const SEQUENCES: [u64; 2] = [600, 5000];

/// What the driver that `ec` has makes of all sequences.
fn transcript(ec: &TestEc, seed: u64, sequences: u64) -> Transcript {
    let mut actor = Actor::new(ec);
    let start = Instant::now();
    let transcript: Transcript = (0..sequences)
        .map(|number| actor.play(seed, number))
        .collect();
    let calls: usize = transcript.iter().map(Vec::len).sum();
    let took = start.elapsed();
    eprintln!(
        "{:?}: {sequences} sequences, {calls} calls, {took:.1?}",
        ec.driver()
    );
    transcript
}

#[test]
fn random_calls() {
    let seed = effort::named("ec_seed").unwrap_or(SEED);
    let [short, long] = SEQUENCES;
    let sequences = effort::choose(short, long);
    eprintln!("seed {seed}");
    let mut ec = TestEc::with(Driver::C);
    let theirs = transcript(&ec, seed, sequences);
    ec.switch(Driver::Devscope);
    let ours = transcript(&ec, seed, sequences);
    assert_telling(&theirs);
    assert_same(seed, &theirs, &ours, |number| sequence(seed, number));
}

/// That the calls were no waste: each outcome that matters is there, and often. The numbers are those
/// of the long form.
fn assert_telling(transcript: &Transcript) {
    let share = |least: usize| least * transcript.len() / SEQUENCES[1] as usize;
    let (bytes, full) = (share(2000), share(40));
    assert_often(transcript, "bytes that came", bytes, |it| it.contains('['));
    // So many events that more would not be kept.
    assert_often(transcript, "a full queue", full, |it| it.len() > 700);
    let errors = [
        (Errno::IO, 5),
        (Errno::AGAIN, 100),
        (Errno::INTR, 20),
        (Errno::FAULT, 500),
        (Errno::NODEV, 50),
        (Errno::INVAL, 500),
        (Errno::NOTTY, 100),
        (Errno::SPIPE, 100),
        (Errno::MSGSIZE, 100),
    ];
    let errors = errors.map(|(error, least)| (error, share(least)));
    assert_errors(transcript, &errors);
}
