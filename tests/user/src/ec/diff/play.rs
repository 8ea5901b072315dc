// SPDX-License-Identifier: GPL-2.0

//! The same sequences with both drivers.

use super::{sequence, Actor};
use crate::{
    diff::{assert_same, Transcript},
    ec::{Driver, TestEc},
    effort,
};
use std::time::Instant;

/// The default seed.
const SEED: u64 = 0xec;

/// Plays sequences with C's driver and with `driver`, and compares the outcomes. Returns those of
/// C's. `DEVSCOPE_EC_SEED` sets another seed.
///
/// # Panics
///
/// If they differ.
pub fn assert_no_difference(driver: Driver, sequences: u64) -> Transcript {
    let seed = effort::named("ec_seed").unwrap_or(SEED);
    eprintln!("seed {seed}");
    let mut ec = TestEc::with(Driver::C);
    let theirs = transcript(&ec, seed, sequences);
    ec.switch(driver);
    let ours = transcript(&ec, seed, sequences);
    assert_same(seed, &theirs, &ours, |number| sequence(seed, number));
    theirs
}

/// The outcomes of all sequences with the driver of `ec`.
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
