// SPDX-License-Identifier: GPL-2.0

//! Each allocation during the creation of a disk fails once: it returns an error, and leaves
//! nothing behind.

use devscope_tests::{
    disks::{nodes, start_of, wanted, Ramdisk},
    faults::{for_some_failures, Allocations},
    ramdisk::{create, Create},
};
use rustix::io::Errno;

/// The short form makes one of this many allocations fail.
const ONE_OF: usize = 16;

fn walk(fault: &Allocations) -> u32 {
    let ramdisk = Ramdisk::new();
    let small = Create {
        size: 64 << 10,
        ..wanted(0)
    };
    // Creates the part that all disks share: the kernel warns if this allocation fails.
    let _kept = ramdisk.disk(0);
    let mut failed = 0;
    let faults = for_some_failures(
        fault,
        ONE_OF,
        || create(&ramdisk.control, &small),
        |n, result| {
            match result {
                Ok((fd, _)) => assert_eq!(start_of(&fd), Ok([0; 512]), "fault {n}"),
                Err(error) => {
                    assert_eq!(error, Errno::NOMEM, "fault {n}");
                    failed += 1;
                }
            }
            ramdisk.assert_count(1);
            assert_eq!(nodes().len(), 1, "fault {n}");
        },
    );
    eprintln!("{failed} of {faults} faults failed");
    faults
}

#[test]
fn objects() {
    assert!(walk(&Allocations::of_objects()) > 60);
}

#[test]
fn pages() {
    walk(&Allocations::of_pages());
}
