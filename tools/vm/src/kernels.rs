// SPDX-License-Identifier: GPL-2.0

//! Where kernels come from: they are built here, got from Debian, or built by the user.

use std::path::PathBuf;

use anyhow::Result;

use crate::built::Plan;
use crate::flavor::Flavor;
use crate::given;
use crate::kernel::Kernel;
use crate::paths::Paths;
use crate::root;
use crate::stock;

/// What the user has said of kernels.
#[derive(Debug)]
pub struct Kernels {
    pub paths: Paths,
    /// One that the user has built.
    pub kdir: Option<PathBuf>,
    /// A source tree to build, instead of the downloaded one.
    pub ksrc: Option<PathBuf>,
    /// The release of the stock kernel, instead of the newest.
    pub kver: Option<String>,
    /// What most tests run on.
    pub tests: Flavor,
}

impl Kernels {
    /// The kernel of most tests.
    pub fn tests(&self) -> Result<Kernel> {
        self.get(self.tests)
    }

    /// The lean kernel. Where the tests are of the stock kernel, that: none is built then.
    pub fn lean(&self) -> Result<Kernel> {
        self.get(match self.tests {
            Flavor::Stock => Flavor::Stock,
            _ => Flavor::Lean,
        })
    }

    /// The kernel that a demo runs on soonest: one that the user names or that is here, else the stock
    /// kernel, for which little is built. Where its compilers cannot be run, the lean kernel.
    pub fn soonest(&self) -> Result<Kernel> {
        let named = self.kdir.is_some() || self.ksrc.is_some();
        let stock = stock::is_here(&self.paths, self.kver.as_deref())?;
        if named || !stock && (self.has_lean()? || !root::works()) {
            return self.lean();
        }
        self.get(Flavor::Stock)
    }

    /// Returns the user's kernel, or else the `flavor`; all that is missing is made first.
    pub fn get(&self, flavor: Flavor) -> Result<Kernel> {
        if let Some(kdir) = &self.kdir {
            return given::kernel(&self.paths, kdir);
        }
        match self.plan(flavor)? {
            Some(plan) => plan.carry_out(),
            None => stock::kernel(&self.paths, self.kver.as_deref()),
        }
    }

    fn has_lean(&self) -> Result<bool> {
        let plan = self.plan(Flavor::Lean)?;
        Ok(plan.is_some_and(|plan| plan.complete().is_ok_and(|kernel| kernel.is_some())))
    }

    fn plan(&self, flavor: Flavor) -> Result<Option<Plan<'_>>> {
        let plan = |recipe| Plan::new(&self.paths, self.ksrc.as_deref(), flavor.name(), recipe);
        flavor.recipe().map(plan).transpose()
    }
}
