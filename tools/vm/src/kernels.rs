// SPDX-License-Identifier: GPL-2.0

//! The kernels of a test run, which are there once somebody needs them.

use std::cell::OnceCell;
use std::fmt;

use anyhow::Result;

use crate::kernel::{Flavor, Kernel};

/// The kernel of most tests, and the lean one.
pub struct Kernels<'a> {
    get: &'a dyn Fn(Flavor) -> Result<Kernel>,
    flavor: Flavor,
    tests: OnceCell<Kernel>,
    lean: OnceCell<Kernel>,
}

impl<'a> Kernels<'a> {
    /// Most tests run on `flavor`; `get` makes a kernel, if it has to be made.
    pub fn new(flavor: Flavor, get: &'a dyn Fn(Flavor) -> Result<Kernel>) -> Self {
        Self {
            get,
            flavor,
            tests: OnceCell::new(),
            lean: OnceCell::new(),
        }
    }

    /// The kernel of most tests.
    pub fn tests(&self) -> Result<&Kernel> {
        self.once(&self.tests, self.flavor)
    }

    /// The lean kernel.
    pub fn lean(&self) -> Result<&Kernel> {
        self.once(&self.lean, Flavor::Lean)
    }

    fn once<'b>(&self, cell: &'b OnceCell<Kernel>, flavor: Flavor) -> Result<&'b Kernel> {
        if let Some(kernel) = cell.get() {
            return Ok(kernel);
        }
        let kernel = (self.get)(flavor)?;
        Ok(cell.get_or_init(|| kernel))
    }
}

impl fmt::Debug for Kernels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kernels")
            .field("flavor", &self.flavor)
            .finish_non_exhaustive()
    }
}
