// SPDX-License-Identifier: GPL-2.0
// UNSAFE: gives functions names that the check finds them by.

//! Reads a register under each kind of scope. The module is never loaded: `make test` compares its
//! machine code with that of `plain.c`, which has no protection.

use devscope::prelude::*;
use kernel::{io::Io, prelude::*};

const REGISTER: usize = 8;

struct Data<'bound> {
    bar: pci::Bar<'bound, 16>,
}

type DeviceData = CovariantForLt!(Data<'_>);

struct DataFile;

#[vtable]
impl FileOperations for DataFile {
    type Device = DeviceData;

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self)
    }
}

/// As in an interrupt handler or a timer.
#[no_mangle]
extern "Rust" fn loads_bound_atomic(scope: &AtomicScope<'_, DeviceData>) -> u32 {
    scope.data().bar.read32(REGISTER)
}

/// As in a work item or a thread.
#[no_mangle]
extern "Rust" fn loads_bound_process(scope: &ProcessScope<'_, DeviceData>) -> u32 {
    scope.data().bar.read32(REGISTER)
}

/// As in a file operation.
#[no_mangle]
extern "Rust" fn loads_bound_file(scope: Scope<'_, DataFile>) -> u32 {
    scope.data().bar.read32(REGISTER)
}

module! {
    type: Loads,
    name: "loads",
    authors: ["The Devscope developers"],
    description: "Code to look at",
    license: "GPL v2",
}

struct Loads;

impl kernel::Module for Loads {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Err(ENODEV)
    }
}
