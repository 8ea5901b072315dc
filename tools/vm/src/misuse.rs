// SPDX-License-Identifier: GPL-2.0

//! What must not compile: each file of tests/compile-fail is added to the driver of tests/external,
//! and the compiler has to refuse it for the reason that the file's first comment begins with.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::exec;
use crate::kernel::Kernel;
use crate::modules::Modules;
use crate::paths::{self, Paths};
use crate::report::Report;

const DRIVER: &str = "tests/external/echo.rs";

/// Compiles every case.
pub fn check(paths: &Paths, kernel: &Kernel, report: &mut Report) -> Result<()> {
    let modules = Modules::build(paths, kernel)?;
    let driver = fs::read_to_string(paths.root().join(DRIVER))?;
    let mut cases: Vec<PathBuf> = fs::read_dir(paths.root().join("tests/compile-fail"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    cases.sort();

    let dir = std::env::temp_dir().join(format!("devscope-misuse-{}", std::process::id()));
    paths::remove(&dir)?;
    fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    fs::write(
        dir.join("Kbuild"),
        "include $(DEVSCOPE)/rust/devscope.mk\nobj-m := case.o\n",
    )?;
    // The driver itself compiles, or no refusal would mean anything.
    let baseline = refusal(kernel, &modules, &dir, &driver)?;
    report.check(
        "host",
        "compile-fail: the driver itself",
        match baseline {
            None => Ok(()),
            Some(error) => Err(anyhow::anyhow!("it does not compile: {error}")),
        },
    );
    for case in &cases {
        let name = case.file_stem().unwrap_or_default().to_string_lossy();
        let text = fs::read_to_string(case)?;
        let refused = refusal(kernel, &modules, &dir, &format!("{driver}{text}"))?;
        let result = judge(&text, refused.as_deref());
        report.check("host", &format!("compile-fail: {name}"), result);
    }
    paths::remove(&dir)
}

/// The compiler's first error, if it refuses `text`.
fn refusal(kernel: &Kernel, modules: &Modules, dir: &Path, text: &str) -> Result<Option<String>> {
    fs::write(dir.join("case.rs"), text)?;
    let mut make = kernel.make();
    make.arg("--no-print-directory")
        .arg(format!("M={}", dir.display()))
        .arg(format!("DEVSCOPE={}", modules.dir().display()))
        .arg("case.o");
    let output = make
        .output()
        .map_err(|error| exec::not_started(&make, error))?;
    if output.status.success() {
        return Ok(None);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let error = said.lines().find(|line| line.starts_with("error"));
    Ok(Some(error.unwrap_or("make failed").to_owned()))
}

/// Compares the refusal with what the case expects.
fn judge(case: &str, refused: Option<&str>) -> Result<()> {
    let expected = case
        .lines()
        .filter_map(|line| line.strip_prefix("// "))
        .filter(|line| !line.starts_with("SPDX"))
        .find_map(|line| line.split_once(':'))
        .map(|(expected, _)| expected)
        .context("its first comment does not say what the compiler should")?;
    match refused {
        None => bail!("it compiles, and should be refused with {expected}"),
        Some(error) if !error.contains(expected) => bail!("not {expected}, but {error}"),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::judge;

    const CASE: &str = "// SPDX-License-Identifier: GPL-2.0\n//\n// E0505: why.\n\nfn f() {}\n";

    #[test]
    fn right_reason() {
        assert!(judge(CASE, Some("error[E0505]: cannot move out of `scope`")).is_ok());
    }

    #[test]
    fn wrong_reason_or_none() {
        assert!(judge(CASE, Some("error[E0425]: cannot find value")).is_err());
        assert!(judge(CASE, None).is_err());
        assert!(judge("fn f() {}", Some("error[E0505]")).is_err());
    }
}
