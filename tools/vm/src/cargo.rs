// SPDX-License-Identifier: GPL-2.0

//! The packaged cargo.

use std::path::Path;
use std::process::Command;

use crate::exec;
use crate::paths::Paths;
use crate::toolchain::tool;

/// What it builds for. Named at each build: the user's configuration may name another.
pub const TARGET: &str = "x86_64-unknown-linux-gnu";

/// A cargo command that uses the packaged compiler and nothing else; of the user's configuration,
/// registries, mirrors and the like.
pub fn cargo(subcommand: &str) -> Command {
    // Where cargo looks for a subcommand of its own, a rustup toolchain may come first.
    let program = match subcommand {
        "clippy" => tool("cargo-clippy"),
        _ => tool("cargo"),
    };
    let mut command = exec::command(program);
    command.arg(subcommand);
    if !matches!(subcommand, "fmt" | "metadata") {
        command.args(["--target", TARGET]);
    }
    command
        .env("CARGO", tool("cargo"))
        .env("RUSTC", tool("rustc"))
        .env("RUSTDOC", tool("rustdoc"))
        .env("RUSTFMT", tool("rustfmt"))
        .env("RUSTC_WRAPPER", "")
        .env("RUSTC_WORKSPACE_WRAPPER", "")
        .env("RUSTFLAGS", "")
        .env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER", "cc")
        .env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER", "env")
        .env("CARGO_TERM_COLOR", "never");
    command
}

/// Such a command for the workspace or package in `dir`, which builds in `target`.
pub fn cargo_in(dir: &Path, subcommand: &str, target: &Path) -> Command {
    let mut command = cargo(subcommand);
    command.arg("--manifest-path").arg(dir.join("Cargo.toml"));
    command.args(["--locked", "--target-dir"]).arg(target);
    command
}

/// A cargo command for the host tools.
pub fn tools(paths: &Paths, subcommand: &str) -> Command {
    let dir = paths.root().join("tools");
    let mut command = cargo_in(&dir, subcommand, &paths.build("tools"));
    command.args(["--workspace", "--release"]);
    command
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::{TARGET, cargo};

    /// The rest of what a user may have is in tests/cargo.rs, with the Makefile's cargo.
    const CONFIG: &str = "[build]\ntarget = \"wasm32-unknown-unknown\"\nrustc = \"/nonexistent\"\n\
        rustc-wrapper = \"/nonexistent\"\nrustflags = [\"--no-such-flag\"]\n\
        [target.x86_64-unknown-linux-gnu]\nlinker = \"/nonexistent\"\nrunner = \"/nonexistent\"\n";

    #[test]
    fn runs_with_a_configuration() {
        let scratch = TempDir::new().unwrap();
        let dir = scratch.path();
        fs::create_dir(dir.join("src")).unwrap();
        for (name, text) in [
            ("config.toml", CONFIG),
            ("Cargo.toml", "[package]\nname = \"x\"\n[workspace]\n"),
            ("src/main.rs", "#[test]\nfn x() {}\nfn main() {}\n"),
        ] {
            fs::write(dir.join(name), text).unwrap();
        }
        let output = cargo("test")
            .args(["--offline", "--target-dir", "out"])
            .current_dir(dir)
            .env("CARGO_HOME", dir)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        assert!(dir.join("out").join(TARGET).exists(), "{said}");
    }
}
