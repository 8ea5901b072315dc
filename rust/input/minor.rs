// SPDX-License-Identifier: GPL-2.0
// UNSAFE: takes and gives back minors of the input core.

//! Device numbers of input nodes.

use crate::{bindings, Nodes};
use devscope::chardev;
use kernel::{error::to_result, prelude::*};

/// The number of minors that are reserved for a handler.
const LEGACY: u32 = 32;

/// A minor under the input core's major. Dropping it frees the minor.
///
/// # Invariants
///
/// The input core has allocated `minor`.
pub struct Minor {
    minor: u32,
    legacy_minor: u32,
}

impl Minor {
    /// Allocates a minor. Errors: `ENOSPC` if none is free, `ENOMEM`.
    ///
    /// # Safety
    ///
    /// The caller is a handler's `connect`.
    pub(crate) unsafe fn take(nodes: &Nodes) -> Result<Self> {
        // CAST: Both are below 2^20.
        let base = nodes.legacy_minor as c_int;
        // SAFETY: The caller is a handler's `connect`, which holds the lock of the input core that
        // this needs.
        let minor = unsafe { bindings::input_get_new_minor(base, LEGACY, true) };
        to_result(minor)?;
        // INVARIANT: Just allocated.
        Ok(Self {
            // CAST: Not negative.
            minor: minor as u32,
            legacy_minor: nodes.legacy_minor,
        })
    }

    /// Returns the number in the name of the node: from 0 on for the reserved minors, and the minor
    /// itself for others.
    pub fn index(&self) -> u32 {
        let index = self.minor.wrapping_sub(self.legacy_minor);
        if index < LEGACY {
            index
        } else {
            self.minor
        }
    }
}

// SAFETY: The input core has reserved the major, and allocates each minor once.
unsafe impl chardev::Number for Minor {
    fn devt(&self) -> u32 {
        (bindings::INPUT_MAJOR << 20) | self.minor
    }
}

impl Drop for Minor {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::input_free_minor(self.minor) };
    }
}
