// SPDX-License-Identifier: GPL-2.0

//! What must not compile: each file of tests/compile-fail is added to the driver of tests/external,
//! and the compiler has to refuse it for the reason that the file's first comment begins with.
//!
//! Where one compiler says this and another that, there is `or` between the two. It may also be
//! `compiles`, for what the kernel crate lets through that it should not, as long as it does; or
//! `marked`, where each line that ends with `//~` is to be refused, and no other.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::files;
use crate::kernel::Kernel;
use crate::paths::Paths;
use crate::report::{Outcome, Report};
use crate::trial::Trial;

const DRIVER: &str = "tests/external/echo.rs";

const CASES: &str = "tests/compile-fail";

/// The driver by itself compiles, or no refusal would mean anything.
const BASELINE: &str = "driver";

/// Keeps the file of a case from having the name of something else.
const PREFIX: &str = "misuse_";

/// The names of all cases.
pub fn names(paths: &Paths) -> Result<Vec<String>> {
    let mut names = vec![BASELINE.to_owned()];
    for file in files::of(&paths.root().join(CASES), "rs")? {
        names.push(files::stem(&file));
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
    let driver = fs::read_to_string(paths.root().join(DRIVER))?;
    let mut cases = vec![(BASELINE.to_owned(), String::new())];
    for name in names.iter().filter(|name| *name != BASELINE) {
        let text = fs::read_to_string(paths.root().join(file(name)))?;
        cases.push((format!("{PREFIX}{name}"), text));
    }
    let source = |(name, text): &(String, String)| (name.clone(), format!("{driver}{text}"));
    let sources: Vec<_> = cases.iter().map(source).collect();
    let objects: Vec<_> = cases.iter().map(|(name, _)| name.as_str()).collect();

    let trial = Trial::run(paths, kernel, "misuse", &sources, &objects)?;
    let mut outcomes = Vec::new();
    for (name, text) in &cases {
        let errors = trial.errors(name);
        let first = errors.first().map(|(_, error)| *error);
        let refused = match (trial.compiled(name), first) {
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
    Ok(outcomes)
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
        (_, Some(error)) if expected.split(" or ").any(|word| error.contains(word)) => Ok(()),
        (_, Some(error)) => bail!("not {expected}, but {error}"),
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
    use super::judge;

    const CASE: &str = "// SPDX-License-Identifier: GPL-2.0\n//\n// E0505: why.\n\nfn f() {}\n";
    const COMPILES: &str = "// compiles: why.\n\nfn f() {}\n";
    const MARKED: &str = "// marked: why.\nlet a = b; //~\nlet c = d;\n";

    /// Whether it is good that `case` is refused like this, or not refused.
    fn is_good(case: &str, refused: Option<&str>) -> bool {
        judge(case, refused, &[], 0).is_ok()
    }

    #[test]
    fn right_reason() {
        let refused = "error[E0505]: cannot move out of `scope`";
        assert!(is_good(CASE, Some(refused)));
    }

    #[test]
    fn wrong_reason_or_none() {
        assert!(!is_good(CASE, Some("error[E0425]: cannot find value")));
        assert!(!is_good(CASE, None));
        let either = "// E0505 or E0382: why.\n";
        assert!(is_good(either, Some("error[E0382]: use of moved value")));
        assert!(!is_good(either, Some("error[E0425]")));
        assert!(!is_good("fn f() {}", Some("error[E0505]")));
    }

    #[test]
    fn what_compiles_as_long_as_it_does() {
        assert!(is_good(COMPILES, None));
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
