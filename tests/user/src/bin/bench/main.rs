// SPDX-License-Identifier: GPL-2.0

//! What the fence costs, in instructions, what other ways to a value cost, and how long unbind takes; and what a
//! port of a C driver costs, compared to that driver.
//!
//! Meant for the lean kernel and Debian's, under QEMU's `-icount shift=0`, where a nanosecond of the guest's
//! clock is an instruction and every run counts the same.

mod clock;
mod disk;
mod ec;
mod ec_unbind;
mod evdev;
mod fence;
mod late;
mod limits;
mod mapping;
mod table;
mod unbind;

use std::process::ExitCode;

fn main() -> ExitCode {
    clock::settle();
    let within = fence::instructions() & fence::c_drivers();
    let cheap = fence::accesses();
    let mapped = mapping::mappings();
    let measured = unbind::unbind_times();
    let bounded = late::interrupts_disabled();
    let as_cheap_as_c = [ec::compare(), evdev::compare(), disk::creation()];
    match within && cheap && mapped && measured && bounded && as_cheap_as_c == [true; 3] {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
