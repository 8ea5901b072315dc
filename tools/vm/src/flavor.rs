// SPDX-License-Identifier: GPL-2.0

//! The kernels that have a name.

use clap::ValueEnum;
use strum::IntoStaticStr;

/// A kernel that is built here, or got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, IntoStaticStr)]
#[strum(serialize_all = "lowercase", const_into_str)]
pub enum Flavor {
    /// Nothing that a production kernel would not have: for runs and for counting instructions.
    Lean,
    /// Every checker for memory, locks and leaks: for tests.
    Debug,
    /// PREEMPT_RT with lockdep.
    Rt,
    /// The data race detector.
    Kcsan,
    /// Debian's own, as people run it: nothing but modules is built for it.
    Stock,
}

/// How one is built.
#[derive(Debug)]
pub struct Recipe {
    /// The fragments of tools/kernel that it is made of.
    pub fragments: &'static [&'static str],
    /// About how many lines its build prints.
    pub lines: u64,
}

impl Flavor {
    /// Its name in file names.
    pub fn name(self) -> &'static str {
        self.into_str()
    }

    /// How it is built, if it is.
    pub fn recipe(self) -> Option<Recipe> {
        let (fragments, lines): (&[_], _) = match self {
            Self::Lean => (&["base", "lean"], 1790),
            Self::Debug => (&["base", "test", "debug"], 1930),
            Self::Rt => (&["base", "test", "rt"], 1950),
            Self::Kcsan => (&["base", "test", "kcsan"], 1950),
            Self::Stock => return None,
        };
        Some(Recipe { fragments, lines })
    }
}
