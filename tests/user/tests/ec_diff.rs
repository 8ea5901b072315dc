// SPDX-License-Identifier: GPL-2.0

//! The same random calls to the C driver and to ours have the same outcomes.

use devscope_tests::{
    diff::{assert_errors, assert_often, Transcript},
    ec::{diff::assert_no_difference, Driver},
    effort,
};
use rustix::io::Errno;

#[test]
fn random_calls() {
    assert_telling(&assert_no_difference(
        Driver::Devscope,
        effort::choose(600, 5000),
    ));
}

/// Asserts that the calls are representative: each important outcome occurs often.
fn assert_telling(transcript: &Transcript) {
    // The numbers are for 5,000 sequences.
    let share = |least: usize| least * transcript.len() / 5000;
    let (bytes, full) = (share(2000), share(40));
    assert_often(transcript, "bytes that came", bytes, |it| it.contains('['));
    // Reads as many events as the queue holds.
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
