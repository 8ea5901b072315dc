// SPDX-License-Identifier: GPL-2.0

//! The same random calls of C's evdev and of ours: a program cannot tell them apart.

use devscope_tests::{
    diff::{assert_errors, assert_often, assert_same, difference, seed, Transcript},
    evdev::{
        diff::{sequence, worker, Actor, Plant},
        Handler, Handlers,
    },
};
use rustix::io::Errno;
use std::{thread, time::Instant};

/// The seed that is used where nobody names another one.
const SEED: u64 = 0xe7;
/// How many sequences.
const SEQUENCES: u64 = 10_000;
/// How many threads play them, each on devices of its own. They mostly wait: each `close()` does, for
/// a grace period, which they share.
const WORKERS: usize = 24;

/// What the handler that is loaded makes of all sequences. `actor` makes those who play them.
fn transcript(seed: u64, sequences: u64, actor: impl Fn(usize) -> Actor + Sync) -> Transcript {
    let play = |number| {
        let mut actor = actor(number);
        let own = (0..sequences).filter(|sequence| worker(*sequence, WORKERS) == number);
        let lines: Vec<_> = own
            .map(|sequence| (sequence, actor.play(seed, sequence)))
            .collect();
        actor.finish();
        lines
    };
    let mut all: Vec<(u64, Vec<String>)> = thread::scope(|scope| {
        let start = |number| {
            let play = &play;
            scope.spawn(move || play(number))
        };
        let workers: Vec<_> = (0..WORKERS).map(start).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, _>| worker.join().expect("a worker");
        workers.into_iter().flat_map(join).collect()
    });
    all.sort_by_key(|(sequence, _)| *sequence);
    all.into_iter().map(|(_, lines)| lines).collect()
}

/// The same of a handler, with how long it took.
fn transcript_of(handler: Handler, seed: u64, sequences: u64) -> Transcript {
    let _handlers = Handlers::only(handler);
    let start = Instant::now();
    let transcript = transcript(seed, sequences, Actor::new);
    let calls: usize = transcript.iter().map(Vec::len).sum();
    let took = start.elapsed();
    eprintln!("{handler:?}: {sequences} sequences, {calls} calls, {took:.1?}");
    transcript
}

#[test]
fn random_calls() {
    let seed = seed("evdev_seed", SEED);
    let sequences = devscope_tests::diff::seed("evdev_sequences", SEQUENCES);
    eprintln!("seed {seed}");
    let theirs = transcript_of(Handler::C, seed, sequences);
    let ours = transcript_of(Handler::Devscope, seed, sequences);
    if sequences >= SEQUENCES {
        assert_telling(&theirs);
    }
    assert_same(seed, &theirs, &ours, |number| sequence(seed, number));
    for line in theirs.iter().flatten() {
        assert!(!line.contains('!'), "a time that cannot be: {line}");
    }
}

/// What goes wrong is noticed.
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

/// That the calls were no waste: each outcome that matters is there, and often.
fn assert_telling(transcript: &Transcript) {
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
        assert_often(transcript, what, least, |line| line.contains(text));
    }
    assert_errors(
        transcript,
        &[
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
        ],
    );
}
