// SPDX-License-Identifier: GPL-2.0

//! The same random calls of the C driver and of ours: a program cannot tell them apart.

use devscope_tests::ec::{
    diff::{difference, seed, Actor, Transcript},
    Driver, TestEc,
};
use std::time::Instant;

/// How many sequences.
const SEQUENCES: u64 = 5000;
/// How many differences are shown.
const SHOWN: usize = 20;

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
    let seed = seed();
    eprintln!("seed {seed}");
    let mut ec = TestEc::with(Driver::C);
    let theirs = transcript(&ec, seed);
    ec.switch(Driver::Devscope);
    let ours = transcript(&ec, seed);
    assert_telling(&theirs);
    let found = difference(seed, &theirs, &ours);
    for difference in found.iter().take(SHOWN) {
        eprintln!("{difference}");
    }
    assert!(
        found.is_empty(),
        "{} of {SEQUENCES} sequences differ",
        found.len()
    );
}

/// That the calls were no waste: each outcome that matters is there, and often.
fn assert_telling(transcript: &Transcript) {
    let lines = || transcript.iter().flatten();
    for (what, start, least) in [
        ("bytes that came", "4 [", 200),
        ("EIO", "errno 5", 5),
        ("EAGAIN", "errno 11", 100),
        ("EINTR", "errno 4", 20),
        ("EFAULT", "errno 14", 500),
        ("ENODEV", "errno 19", 50),
        ("EINVAL", "errno 22", 100),
        ("ENOTTY", "errno 25", 100),
        ("ESPIPE", "errno 29", 50),
        ("EMSGSIZE", "errno 90", 50),
    ] {
        let count = lines().filter(|line| line.starts_with(start)).count();
        assert!(count >= least, "{what}: only {count} times");
    }
}
