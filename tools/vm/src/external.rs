// SPDX-License-Identifier: GPL-2.0

//! Builds drivers in a directory outside the clone: tests/external, and what `make new` starts.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::exec;
use crate::kernel::Kernel;
use crate::ko;
use crate::modules::Modules;
use crate::paths::Paths;

/// Where the command is that builds a driver in a directory of its own.
pub const DOCUMENTED: &str = "Documentation/quick-start.rst";

/// How it begins.
const COMMAND: &str = "make -C KDIR ";

/// Compilers that are not to be used.
#[rustfmt::skip]
const OTHERS: &[&str] = &["rustc", "rustdoc", "rustfmt", "clippy-driver", "cargo", "bindgen"];

/// Builds tests/external by the command that is documented, with other compilers ahead in PATH. Where
/// the kernel has compilers of its own, which are not in PATH, by these.
pub fn driver(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let modules = Modules::build(paths, kernel)?;
    let scratch = paths.scratch()?;
    let dir = scratch.path().join("external");
    let from = paths.root().join("tests/external");
    exec::output(exec::command("cp").arg("-R").arg(from).arg(&dir))?;
    let others = dir.join("others");
    fs::create_dir(&others)?;
    for name in OTHERS {
        symlink("/bin/false", others.join(name))?;
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = match kernel.is_installed() {
        true => {
            let mut make = modules.make(kernel, &dir)?;
            make.arg("modules");
            make
        }
        false => {
            let mut shell = exec::command("sh");
            shell.arg("-c").arg(documented(paths, kernel, &modules)?);
            shell
        }
    };
    command
        .current_dir(&dir)
        .env("PATH", format!("{}:{path}", others.display()));
    build(paths, command, "external", &dir)
}

/// The command, with the names of this clone and kernel.
fn documented(paths: &Paths, kernel: &Kernel, modules: &Modules) -> Result<String> {
    let text = fs::read_to_string(paths.root().join(DOCUMENTED))?;
    let mut commands = text.lines().filter(|line| line.trim().starts_with(COMMAND));
    let (Some(command), None) = (commands.next(), commands.next()) else {
        bail!("{DOCUMENTED} is to have one line that begins with `{COMMAND}`");
    };
    Ok(command
        .replace("KDIR", &kernel.dir().display().to_string())
        .replace("<clone>/build/lean", &modules.dir().display().to_string()))
}

/// Names whose types others have too, and authors that a string of Rust's cannot have.
const NEW: &[(&str, &str)] = &[
    ("a_new_driver", "J\u{fc}rgen M\u{fc}ller"),
    ("result", "Wei\"rd \\ {} &/"),
    ("file", "Joe O'Brien <joe@example.org>"),
    ("a_driver_whose_name_is_as_long_as_a_name_may_be_50", ""),
];

/// Builds what `make new` starts.
pub fn template(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let modules = Modules::build(paths, kernel)?;
    let scratch = paths.scratch()?;
    let dir = scratch.path();
    let mut kbuild = "include $(DEVSCOPE)/rust/devscope.mk\n".to_owned();
    for (name, author) in NEW {
        let mut new = exec::command(paths.root().join("tools/new-driver.sh"));
        new.arg(name).arg(dir.join(name)).env_remove("AUTHOR");
        exec::git_config(&mut new, &[("user.name", author)]);
        exec::output(&mut new)?;
        kbuild += &format!("obj-m += {name}/\n");
    }
    fs::write(dir.join("Kbuild"), kbuild)?;
    let mut make = modules.make(kernel, dir)?;
    make.arg("modules");
    build(paths, make, "new-driver", dir)
}

/// Runs a command that builds the drivers in `dir`.
fn build(paths: &Paths, mut command: Command, name: &str, dir: &Path) -> Result<()> {
    exec::logged(&mut command, &paths.log(name)?)?;
    let order = fs::read_to_string(dir.join("modules.order")).context("it has no modules.order")?;
    for line in order.lines() {
        let module = dir.join(line).with_extension("ko");
        if !module.exists() {
            bail!("{} was not built", ko::name(&module));
        }
    }
    if order.trim().is_empty() {
        bail!("it builds no module");
    }
    Ok(())
}
