// SPDX-License-Identifier: GPL-2.0

//! A virtual machine that is to be booted.

use crate::kernel::Kernel;
use crate::paths::Paths;
use crate::qemu::{KUNIT, Mode};

/// One machine: its kernel, and what it is to do.
#[derive(Debug)]
pub struct Machine<'a> {
    pub paths: &'a Paths,
    pub kernel: &'a Kernel,
    pub mode: Mode,
    /// The name of its logs and image.
    pub name: String,
    /// More words for the kernel's command line.
    pub words: Vec<String>,
}

impl<'a> Machine<'a> {
    /// A machine that is called what it does.
    pub fn new(paths: &'a Paths, kernel: &'a Kernel, mode: Mode) -> Self {
        Self {
            paths,
            kernel,
            mode,
            name: mode.name().to_owned(),
            words: Vec::new(),
        }
    }

    /// Has it run the KUnit suites, before all else.
    pub fn with_kunit(mut self) -> Self {
        self.words.push(KUNIT.to_owned());
        self
    }

    /// Whether it runs the KUnit suites.
    pub fn has_kunit(&self) -> bool {
        self.words.iter().any(|word| word == KUNIT)
    }

    /// Has the tests take their long form.
    pub fn with_long_tests(mut self) -> Self {
        self.words.push("devscope.long=1".to_owned());
        self
    }
}
