// SPDX-License-Identifier: GPL-2.0

//! What must not compile: each file of tests/compile-fail is added to the driver of tests/external,
//! and the compiler has to refuse it for the reason that the file's first comment begins with.

use std::fs;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result, bail};

use crate::exec;
use crate::kernel::Kernel;
use crate::modules::Modules;
use crate::paths::{self, Paths};
use crate::report::Report;

const DRIVER: &str = "tests/external/echo.rs";

/// The driver by itself compiles, or no refusal would mean anything.
const BASELINE: &str = "driver";

/// Keeps the file of a case from having the name of something else.
const PREFIX: &str = "misuse_";

/// Compiles every case.
pub fn check(paths: &Paths, kernel: &Kernel, report: &mut Report) -> Result<()> {
    let modules = Modules::build(paths, kernel)?;
    let driver = fs::read_to_string(paths.root().join(DRIVER))?;
    let mut cases = vec![(BASELINE.to_owned(), String::new())];
    for entry in fs::read_dir(paths.root().join("tests/compile-fail"))? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        cases.push((format!("{PREFIX}{name}"), fs::read_to_string(&path)?));
    }
    cases.sort();

    let dir = paths.scratch("misuse");
    paths::remove(&dir)?;
    fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let said = compile(kernel, &modules, &dir, &driver, &cases)?;
    for (name, text) in &cases {
        let refused = match (dir.join(format!("{name}.o")).exists(), refusal(&said, name)) {
            (true, None) => None,
            (_, error) => Some(error.unwrap_or("no error of the compiler")),
        };
        let result = match (name.as_str(), refused) {
            (BASELINE, None) => Ok(()),
            (BASELINE, Some(error)) => Err(anyhow::anyhow!("it does not compile: {error}")),
            (_, refused) => judge(text, refused),
        };
        let name = name.strip_prefix(PREFIX).unwrap_or(name);
        report.check("host", &format!("compile-fail: {name}"), result);
    }
    paths::remove(&dir)
}

/// Compiles the driver with each case added to it. Returns what the compiler said.
fn compile(
    kernel: &Kernel,
    modules: &Modules,
    dir: &Path,
    driver: &str,
    cases: &[(String, String)],
) -> Result<String> {
    let mut objects = String::new();
    for (name, text) in cases {
        fs::write(dir.join(format!("{name}.rs")), format!("{driver}{text}"))?;
        objects += &format!(" {name}.o");
    }
    let kbuild = format!("include $(DEVSCOPE)/rust/devscope.mk\nobj-m :={objects}\n");
    fs::write(dir.join("Kbuild"), kbuild)?;
    let jobs = thread::available_parallelism().map_or(1, |n| n.get());
    let mut make = kernel.make();
    make.args([
        "--no-print-directory",
        "--keep-going",
        "--output-sync=target",
    ])
    .arg(format!("-j{jobs}"))
    .arg(format!("M={}", dir.display()))
    .arg(format!("DEVSCOPE={}", modules.dir().display()))
    .args(objects.split_whitespace());
    let output = make
        .output()
        .map_err(|error| exec::not_started(&make, error))?;
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The compiler's first error in the file of `name`.
fn refusal<'a>(said: &'a str, name: &str) -> Option<&'a str> {
    let file = format!("{name}.rs");
    let mut error = None;
    for line in said.lines() {
        if line.starts_with("error") {
            error = Some(line);
        } else if let Some(place) = line.trim_start().strip_prefix("--> ") {
            let path = place.split(':').next().unwrap_or_default();
            if Path::new(path).ends_with(&file) && error.is_some() {
                return error;
            }
            error = None;
        }
    }
    None
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
    use super::{judge, refusal};

    const CASE: &str = "// SPDX-License-Identifier: GPL-2.0\n//\n// E0505: why.\n\nfn f() {}\n";

    #[test]
    fn error_of_a_file() {
        let said = "warning: w\n  --> a.rs:1:1\nerror[E1]: no\n   --> /tmp/b.rs:3:9\n\
                    error[E2]: no\n --> /tmp/b.rs:4:9\nerror: aborting\n";
        assert_eq!(refusal(said, "b"), Some("error[E1]: no"));
        assert_eq!(refusal(said, "a"), None);
        assert_eq!(refusal(said, "c"), None);
    }

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
