// SPDX-License-Identifier: GPL-2.0

//! The packaged cargo.

use std::process::Command;

use crate::exec;
use crate::toolchain::tool;

/// A cargo command that uses the packaged compiler and nothing else.
pub fn cargo(subcommand: &str) -> Command {
    // Where cargo looks for a subcommand of its own, a rustup toolchain may come first.
    let program = match subcommand {
        "clippy" => tool("cargo-clippy"),
        _ => tool("cargo"),
    };
    let mut command = exec::command(program);
    command
        .arg(subcommand)
        .env("CARGO", tool("cargo"))
        .env("RUSTC", tool("rustc"))
        .env("RUSTDOC", tool("rustdoc"))
        .env("RUSTFMT", tool("rustfmt"))
        .env("CARGO_TERM_COLOR", "never");
    command
}
