// SPDX-License-Identifier: GPL-2.0

//! The packaged cargo.

use std::process::Command;

use crate::exec;
use crate::toolchain::tool;

/// A cargo command that uses the packaged compiler and nothing else.
pub fn cargo(subcommand: &str) -> Command {
    let mut command = exec::command(tool("cargo"));
    command
        .arg(subcommand)
        .env("RUSTC", tool("rustc"))
        .env("RUSTDOC", tool("rustdoc"))
        .env("RUSTFMT", tool("rustfmt"))
        .env("CARGO_TERM_COLOR", "never");
    command
}
