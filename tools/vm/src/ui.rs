// SPDX-License-Identifier: GPL-2.0

//! What the user reads: one line a step, one line an error.

use std::env;
use std::io::{IsTerminal, stdin, stdout};
use std::process::ExitCode;
use std::sync::LazyLock;

use anyhow::{Result, bail};
use indicatif::MultiProgress;

/// The bars of all threads, at the bottom of the terminal.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Whether `V=1` asks for every command and its output.
pub fn verbose() -> bool {
    env::var("V").is_ok_and(|v| !v.is_empty() && v != "0")
}

/// Prints a step in kbuild's layout, on stderr: stdout is for results.
pub fn step(what: &str, text: &str) {
    BARS.suspend(|| eprintln!("  {what:<8}  {text}"));
}

/// Where bars go that other threads' steps do not write over.
pub fn bars() -> &'static MultiProgress {
    &BARS
}

/// Prints an error with its causes on one line.
pub fn error(error: &anyhow::Error) {
    BARS.suspend(|| eprintln!("error: {error:#}"));
}

/// What this program ends with when all is `good`, or not.
pub fn exit_code(good: bool) -> ExitCode {
    ExitCode::from(u8::from(!good))
}

/// Fails unless the user sits at a terminal; `instead` is what to do without.
pub fn require_terminal(command: &str, instead: &str) -> Result<()> {
    if !stdin().is_terminal() || !stdout().is_terminal() {
        bail!("`make {command}` needs a terminal; without one, {instead}");
    }
    Ok(())
}
