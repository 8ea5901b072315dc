// SPDX-License-Identifier: GPL-2.0

//! The kernel memory of a device and of an open file behind each fence.

use super::{Fence, Modules, FENCES, NONE};
use crate::{figures::record, slab};

const TABLE: &str = "memory, bytes";
/// The devices that use up the free objects of the allocator, and those that are measured.
const FIRST: usize = 100;
const MORE: usize = 1_000;

/// The bytes that a bound device takes.
fn of_device(fence: Fence) -> f64 {
    let _modules = Modules::with_many(fence, FIRST + MORE);
    (0..FIRST).for_each(|index| fence.bind(index));
    let bind = || (FIRST..FIRST + MORE).for_each(|index| fence.bind(index));
    slab::of(bind) / MORE as f64
}

/// Prints the table. There is no limit, so this returns `true`.
pub fn memory() -> bool {
    let files = {
        let _modules = Modules::load();
        FENCES.map(|fence| slab::of_file(|| fence.open()))
    };
    // Otherwise memory that the kernel keeps after this would count for the first fence.
    of_device(NONE);
    let devices = FENCES.map(of_device);
    println!("\nMemory, in bytes, and more than without a fence\n");
    println!(
        "   {:<32}{:>20}{:>20}",
        "", "a bound device", "an open file"
    );
    assert!(FENCES[0] == NONE);
    for (index, fence) in FENCES.iter().enumerate() {
        let (device, file) = (devices[index], files[index]);
        record(TABLE, fence.what, "a bound device", device.round());
        record(TABLE, fence.what, "an open file", file.round());
        println!(
            "   {:<32}{device:>11.0}{:>+9.0}{file:>11.0}{:>+9.0}",
            fence.what,
            device - devices[0],
            file - files[0],
        );
    }
    true
}
