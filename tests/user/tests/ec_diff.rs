// SPDX-License-Identifier: GPL-2.0

//! The same random calls of the C driver and of ours: a program cannot tell them apart.

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

/// That the calls were no waste: each outcome that matters is there, and often.
fn assert_telling(transcript: &Transcript) {
    // The numbers are for 5,000 sequences.
    let share = |least: usize| least * transcript.len() / 5000;
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
