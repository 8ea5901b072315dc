// SPDX-License-Identifier: GPL-2.0

//! The same random calls of the C driver and of ours: a program cannot tell them apart.

use devscope_tests::ec::{
    diff::{difference, seed, Actor, Transcript},
    Driver, TestEc,
};
use rustix::io::Errno;
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
    let count = |is: &dyn Fn(&str) -> bool| transcript.iter().flatten().filter(|it| is(it)).count();
    let assert_often = |what: &str, least: usize, is: &dyn Fn(&str) -> bool| {
        let times = count(is);
        assert!(times >= least, "{what}: only {times} times");
    };
    assert_often("bytes that came", 2000, &|line| line.contains('['));
    // So many events that more would not be kept.
    assert_often("a full queue", 40, &|line| line.len() > 700);
    for (errno, least) in [
        (Errno::IO, 5),
        (Errno::AGAIN, 100),
        (Errno::INTR, 20),
        (Errno::FAULT, 500),
        (Errno::NODEV, 50),
        (Errno::INVAL, 500),
        (Errno::NOTTY, 100),
        (Errno::SPIPE, 100),
        (Errno::MSGSIZE, 100),
    ] {
        let text = format!("errno {}", errno.raw_os_error());
        let is = |line: &str| line.split(" [").next() == Some(&text);
        assert_often(&text, least, &is);
    }
}
