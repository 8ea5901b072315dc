// SPDX-License-Identifier: GPL-2.0

//! What must not compile: each file of tests/compile-fail is added to the driver of tests/external,
//! and the compiler has to refuse it for the reason that the file's first comment begins with.
//!
//! That word is also `compiles`, for what the kernel crate lets through that it should not, as long as
//! it does; or `marked`, where each line that ends with `//~` is to be refused, and no other.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result, bail};

use crate::exec;
use crate::kernel::Kernel;
use crate::modules::Modules;
use crate::paths::{self, Paths};
use crate::report::{Outcome, Report};

const DRIVER: &str = "tests/external/echo.rs";

const CASES: &str = "tests/compile-fail";

/// The driver by itself compiles, or no refusal would mean anything.
const BASELINE: &str = "driver";

/// Keeps the file of a case from having the name of something else.
const PREFIX: &str = "misuse_";

/// The names of all cases.
pub fn names(paths: &Paths) -> Result<Vec<String>> {
    let mut names = vec![BASELINE.to_owned()];
    for entry in fs::read_dir(paths.root().join(CASES))? {
        let path = entry?.path();
        names.push(
            path.file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
        );
    }
    names.sort();
    Ok(names)
}

/// The file of a case, if it has one.
pub fn file(name: &str) -> String {
    format!("{CASES}/{name}.rs")
}

/// Compiles the cases `names`, and the driver in any case. Returns how each ended.
pub fn check(
    paths: &Paths,
    kernel: &Kernel,
    names: &[String],
    report: &mut Report,
) -> Result<Vec<(String, Outcome)>> {
    let modules = Modules::build(paths, kernel)?;
    let driver = fs::read_to_string(paths.root().join(DRIVER))?;
    let mut cases = vec![(BASELINE.to_owned(), String::new())];
    for name in names.iter().filter(|name| *name != BASELINE) {
        let text = fs::read_to_string(paths.root().join(file(name)))?;
        cases.push((format!("{PREFIX}{name}"), text));
    }

    let dir = paths.scratch("misuse");
    paths::remove(&dir)?;
    fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let said = compile(kernel, &modules, &dir, &driver, &cases)?;
    let mut outcomes = Vec::new();
    for (name, text) in &cases {
        let errors = refusals(&said, name);
        let first = errors.first().map(|(_, error)| *error);
        let refused = match (dir.join(format!("{name}.o")).exists(), first) {
            (true, None) => None,
            (_, error) => Some(error.unwrap_or("no error of the compiler")),
        };
        let result = match (name.as_str(), refused) {
            (BASELINE, None) => Ok(()),
            (BASELINE, Some(error)) => Err(anyhow::anyhow!("it does not compile: {error}")),
            (_, refused) => judge(text, refused, &errors, driver.lines().count()),
        };
        let name = name.strip_prefix(PREFIX).unwrap_or(name);
        report.check("host", &format!("compile-fail: {name}"), result);
        let outcome = report.outcomes().last().cloned();
        outcomes.extend(outcome.map(|outcome| (name.to_owned(), outcome)));
    }
    paths::remove(&dir)?;
    Ok(outcomes)
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

/// The compiler's errors in the file of `name`, with their lines.
fn refusals<'a>(said: &'a str, name: &str) -> Vec<(usize, &'a str)> {
    let file = format!("{name}.rs");
    let mut found = Vec::new();
    let mut error = None;
    for line in said.lines() {
        if line.starts_with("error") {
            error = Some(line);
        } else if line.starts_with("warning") {
            // What ended the compiler before has no place.
            error = None;
        } else if let Some(place) = line.trim_start().strip_prefix("--> ") {
            let mut place = place.split(':');
            let path = place.next().unwrap_or_default();
            let number = place.next().and_then(|number| number.parse().ok());
            if let (Some(error), Some(number)) = (error.take(), number)
                && Path::new(path).ends_with(&file)
            {
                found.push((number, error));
            }
        }
    }
    found
}

/// Compares the refusal with what the case expects. The case begins after `before` lines.
fn judge(case: &str, refused: Option<&str>, errors: &[(usize, &str)], before: usize) -> Result<()> {
    let expected = case
        .lines()
        .filter_map(|line| line.strip_prefix("// "))
        .filter(|line| !line.starts_with("SPDX"))
        .find_map(|line| line.split_once(':'))
        .map(|(expected, _)| expected)
        .context("its first comment does not say what the compiler should")?;
    match (expected, refused) {
        ("compiles", None) => Ok(()),
        ("compiles", Some(error)) => bail!(
            "it is refused now ({error}): if the kernel crate is mended, delete this case and \
             what Documentation/hostile-drivers.rst says of it"
        ),
        ("marked", _) => marked(case, errors, before),
        (_, None) => bail!("it compiles, and should be refused with {expected}"),
        (_, Some(error)) if !error.contains(expected) => bail!("not {expected}, but {error}"),
        (_, Some(_)) => Ok(()),
    }
}

/// Compares which lines are refused with those that are marked.
fn marked(case: &str, errors: &[(usize, &str)], before: usize) -> Result<()> {
    let mut refused: BTreeMap<usize, &str> = errors.iter().copied().collect();
    let mut wrong = Vec::new();
    for (line, number) in case.lines().zip(before + 1..) {
        match (line.ends_with("//~"), refused.remove(&number)) {
            (true, None) => wrong.push(format!("line {} compiles", number - before)),
            (false, Some(error)) => {
                wrong.push(format!("line {} is refused: {error}", number - before));
            }
            _ => {}
        }
    }
    wrong.extend(refused.values().map(|error| (*error).to_owned()));
    if !wrong.is_empty() {
        bail!("{}", wrong.join("; "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{judge, refusals};

    const CASE: &str = "// SPDX-License-Identifier: GPL-2.0\n//\n// E0505: why.\n\nfn f() {}\n";
    const COMPILES: &str = "// compiles: why.\n\nfn f() {}\n";
    const MARKED: &str = "// marked: why.\nlet a = b; //~\nlet c = d;\n";

    #[test]
    fn errors_of_a_file() {
        let said = "warning: w\n  --> a.rs:1:1\nerror[E1]: no\n   --> /tmp/b.rs:3:9\n\
                    error[E2]: no\n --> /tmp/b.rs:4:9\n --> /tmp/b.rs:5:9\nerror: aborting\n";
        let errors = [(3, "error[E1]: no"), (4, "error[E2]: no")];
        assert_eq!(refusals(said, "b"), errors);
        assert!(refusals(said, "a").is_empty());
        assert!(refusals(said, "c").is_empty());
        let said = format!("{said}warning: w\n --> c.rs:1:1\n");
        assert!(refusals(&said, "c").is_empty());
    }

    #[test]
    fn right_reason() {
        assert!(
            judge(
                CASE,
                Some("error[E0505]: cannot move out of `scope`"),
                &[],
                0
            )
            .is_ok()
        );
    }

    #[test]
    fn wrong_reason_or_none() {
        assert!(judge(CASE, Some("error[E0425]: cannot find value"), &[], 0).is_err());
        assert!(judge(CASE, None, &[], 0).is_err());
        assert!(judge("fn f() {}", Some("error[E0505]"), &[], 0).is_err());
    }

    #[test]
    fn what_compiles_as_long_as_it_does() {
        assert!(judge(COMPILES, None, &[], 0).is_ok());
        assert!(judge(COMPILES, Some("error"), &[(3, "error")], 0).is_err());
    }

    #[test]
    fn marked_lines_and_no_others() {
        let judge = |lines: &[usize]| {
            let errors: Vec<_> = lines.iter().map(|&line| (line, "error")).collect();
            judge(MARKED, Some("error"), &errors, 10)
        };
        assert!(judge(&[12]).is_ok());
        assert!(judge(&[]).is_err());
        assert!(judge(&[12, 13]).is_err());
        assert!(judge(&[12, 2]).is_err());
    }
}
