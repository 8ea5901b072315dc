// SPDX-License-Identifier: GPL-2.0

//! Plays sequences on many devices at once, with one handler and with the other.

use super::{kind::worker, sequence, Actor, SEED};
use crate::{
    diff::{assert_same, Transcript},
    effort,
    evdev::{Handler, Handlers},
    hurry::Hurry,
};
use std::{thread, time::Instant};

/// The number of threads, each with its own devices. Most of the time, they wait in `close()` for a
/// grace period, which they share, and which is expedited in the short form.
const WORKERS: usize = 24;

/// The outcomes of all sequences with the handler that is loaded. `actor` creates the actors.
///
/// # Panics
///
/// If an actor does.
pub fn transcript(seed: u64, sequences: u64, actor: impl Fn(usize) -> Actor + Sync) -> Transcript {
    let _hurry = effort::choose(true, false).then(Hurry::new);
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

/// The same with this handler. Prints how long it took.
fn transcript_of(handler: Handler, seed: u64, sequences: u64) -> Transcript {
    let _handlers = Handlers::only(handler);
    let start = Instant::now();
    let transcript = transcript(seed, sequences, Actor::new);
    let calls: usize = transcript.iter().map(Vec::len).sum();
    let took = start.elapsed();
    eprintln!("{handler:?}: {sequences} sequences, {calls} calls, {took:.1?}");
    transcript
}

/// Plays sequences with each handler, and compares the outcomes. The settings can change their
/// number, `usual`, and the seed. Returns the outcomes.
///
/// # Panics
///
/// If there is a difference, or an implausible time.
pub fn assert_no_difference(usual: u64) -> Transcript {
    let seed = effort::named("evdev_seed").unwrap_or(SEED);
    let sequences = effort::named("evdev_sequences").unwrap_or(usual);
    eprintln!("seed {seed}");
    let theirs = transcript_of(Handler::C, seed, sequences);
    let ours = transcript_of(Handler::Devscope, seed, sequences);
    assert_same(seed, &theirs, &ours, |number| sequence(seed, number));
    for line in theirs.iter().flatten() {
        assert!(!line.contains('!'), "a time that cannot be: {line}");
    }
    theirs
}
