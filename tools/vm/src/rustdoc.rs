// SPDX-License-Identifier: GPL-2.0

//! `make rustdoc`: the framework's documentation, made with the flags that kbuild compiled it with.

use std::path::Path;

use anyhow::{Context, Result};
use fs_err as fs;

use crate::crates::{CRATES, Crate};
use crate::exec;
use crate::kernel::Kernel;
use crate::modules::Modules;
use crate::paths::Paths;
use crate::toolchain::tool;
use crate::ui;

/// Flags of rustc's that rustdoc does not take.
const UNKNOWN: &[&str] = &["--emit=", "--remap-path-scope="];

/// Writes the documentation to build/doc: of each crate that was built for `kernel`.
pub fn build(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let modules = Modules::build(paths, kernel)?;
    for it in CRATES {
        // Where kbuild keeps the command that compiled it.
        let file = modules.dir().join(it.dir).join(".lib.o.cmd");
        if file.exists() {
            document(paths, modules.dir(), it, &file)?;
        }
    }
    Ok(())
}

fn document(paths: &Paths, objects: &Path, it: &Crate, file: &Path) -> Result<()> {
    let saved = fs::read_to_string(file)?;
    let doc = paths.build("doc");
    let script = script(
        &saved,
        it.name,
        &tool("rustdoc").to_string_lossy(),
        &doc.to_string_lossy(),
    )
    .with_context(|| format!("{} holds no rustc command", file.display()))?;
    ui::step("RUSTDOC", &format!("build/doc/{}/index.html", it.name));
    exec::logged(
        exec::command("sh")
            .args(["-c", &script])
            .env(it.variable(), objects.join(it.bindings))
            // What kbuild sets too: the flags are unstable ones.
            .env("RUSTC_BOOTSTRAP", "1")
            .current_dir(objects),
        &paths.log("rustdoc")?,
    )
}

/// Turns kbuild's saved command into one of rustdoc's.
fn script(saved: &str, name: &str, rustdoc: &str, doc: &str) -> Option<String> {
    let line = saved.lines().find(|line| line.starts_with("savedcmd_"))?;
    let command = line.split_once(":= ")?.1.split(';').next()?;
    let mut words = Vec::new();
    let mut skip = false;
    for word in command.split_whitespace() {
        if std::mem::take(&mut skip) || UNKNOWN.iter().any(|flag| word.starts_with(flag)) {
            continue;
        }
        match word {
            "--out-dir" => skip = true,
            "--crate-name" => skip = true,
            _ if word.ends_with("/rustc") => words.push(rustdoc.to_owned()),
            // make's quoting of what the shell sees.
            _ => words.push(word.replace("$$", "$").replace("\\#", "#")),
        }
    }
    words.push(format!("--crate-name {name} --output '{doc}'"));
    Some(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::script;

    #[test]
    fn rustdoc_for_rustc() {
        let saved = "savedcmd_rust/devscope/lib.o := OBJTREE=/k /usr/bin/rustc --edition=2021 \
                     -Zcrate-attr='feature(x)' --crate-name lib --out-dir rust/devscope \
                     --emit=dep-info=rust/.d --emit=obj=rust/lib.o /c/lib.rs ; sed x\n";
        assert_eq!(
            script(saved, "devscope", "rustdoc", "/doc").unwrap(),
            "OBJTREE=/k rustdoc --edition=2021 -Zcrate-attr='feature(x)' /c/lib.rs \
             --crate-name devscope --output '/doc'"
        );
    }
}
