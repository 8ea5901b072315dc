// SPDX-License-Identifier: GPL-2.0

//! Each allocation during the creation of two devices fails once: it returns an error, and leaves
//! nothing behind.

use devscope_tests::{
    faults::{for_each_failure, for_some_failures, Allocations, Fault, Function},
    loopchan::{pair, NODES},
    pairs::{assert_connected, Loopchan},
};
use rustix::{
    fd::OwnedFd,
    io::{Errno, Result},
};

/// The short form makes one of this many allocations fail.
const ONE_OF: usize = 12;

fn check(loopchan: &Loopchan, n: u32, result: Result<[OwnedFd; 2]>) -> u32 {
    let failed = match result {
        Ok([left, right]) => {
            assert_connected(&left, &right);
            0
        }
        Err(error) => {
            assert_eq!(error, Errno::NOMEM, "fault {n}");
            1
        }
    };
    loopchan.assert_none();
    failed
}

fn allocations(fault: &impl Fault, flags: u32) -> u32 {
    let loopchan = Loopchan::new();
    let mut failed = 0;
    let faults = for_some_failures(
        fault,
        ONE_OF,
        || pair(&loopchan.control, flags),
        |n, result| failed += check(&loopchan, n, result),
    );
    eprintln!("{failed} of {faults} faults failed");
    faults
}

#[test]
fn objects() {
    assert!(allocations(&Allocations::of_objects(), 0) > 20);
}

#[test]
fn objects_with_nodes() {
    assert!(allocations(&Allocations::of_objects(), NODES) > 60);
}

#[test]
fn pages() {
    allocations(&Allocations::of_pages(), NODES);
}

/// Each end has one registration.
#[test]
fn registrations() {
    let loopchan = Loopchan::new();
    let fault = Function::returning("devscope_attach_step", -Errno::NOMEM.raw_os_error());
    let mut failed = 0;
    let faults = for_each_failure(
        &fault,
        || pair(&loopchan.control, NODES),
        |n, result| failed += check(&loopchan, n, result),
    );
    assert_eq!((faults, failed), (2, 2));
}
