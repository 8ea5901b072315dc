// SPDX-License-Identifier: GPL-2.0

//! All that the gate's protocol names of the kernel. `tests/model` has a file of this name too,
//! with loom's types behind the same names.

pub(crate) use kernel::sync::{
    atomic::{Acquire, Atomic, Relaxed, Release},
    barrier::{smp_mb, Full}, //
};
