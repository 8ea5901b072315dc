// SPDX-License-Identifier: GPL-2.0

//! Limits that depend on the kernel. Debian's has mitigations that cost something at each call and
//! return, and Rust makes more calls than C.

use rustix::system::uname;
use std::sync::LazyLock;

/// A limit on the lean kernel, and on Debian's.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub lean: f64,
    pub stock: f64,
}

/// Whether the kernel is Debian's.
static STOCK: LazyLock<bool> =
    LazyLock::new(|| uname().release().to_string_lossy().contains("+deb"));

impl Limit {
    /// The limit for this kernel.
    pub fn here(self) -> f64 {
        match *STOCK {
            true => self.stock,
            false => self.lean,
        }
    }
}
