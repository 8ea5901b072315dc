// SPDX-License-Identifier: GPL-2.0

//! The kernel's types that the gate's protocol uses. `tests/model` has a file of the same name,
//! with loom's types under the same names.

pub(crate) use kernel::sync::{
    atomic::{Acquire, Atomic, Relaxed, Release},
    barrier::{smp_mb, Full}, //
};
