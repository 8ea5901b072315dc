// SPDX-License-Identifier: GPL-2.0

//! A virtual machine that is to be booted.

use std::time::Duration;

use crate::kernel::Kernel;
use crate::paths::Paths;
use crate::qemu::Mode;

/// One machine: its kernel, and what it is to do.
#[derive(Clone, Debug)]
pub struct Machine<'a> {
    pub paths: &'a Paths,
    pub kernel: &'a Kernel,
    pub mode: Mode,
    /// The name of its logs and image.
    pub name: String,
    /// The KUnit suites that it runs before all else, as patterns of the kernel's.
    pub kunit: Vec<String>,
    /// More words for the kernel's command line.
    pub words: Vec<String>,
    /// Whether its clock counts the guest's instructions, and nothing comes from outside: the same
    /// run is the same run on every machine.
    pub counts: bool,
    /// More arguments for QEMU.
    pub arguments: Vec<String>,
    /// How long one thing that it does may take: a program, a module's KUnit suites, a scan.
    pub limit: Duration,
}

impl<'a> Machine<'a> {
    /// A machine that is called what it does.
    pub fn new(paths: &'a Paths, kernel: &'a Kernel, mode: Mode) -> Self {
        Self {
            paths,
            kernel,
            mode,
            name: mode.into_str().to_owned(),
            kunit: Vec::new(),
            words: Vec::new(),
            counts: mode == Mode::Bench,
            arguments: Vec::new(),
            limit: mode.limit(),
        }
    }

    /// Has the tests take their long form, which may take ten times as long.
    pub fn with_long_tests(mut self) -> Self {
        self.words.push("devscope.long=1".to_owned());
        self.limit *= 10;
        self
    }
}
