// SPDX-License-Identifier: GPL-2.0

//! The test programs of a guest, and which of their tests it is to run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::exec;
use crate::guest::Programs;
use crate::select::{OF, Selection};

/// Programs, with all of their tests or some.
#[derive(Clone, Debug, Default)]
pub struct Workload {
    programs: Programs,
    /// The tests to run, of those programs that are not to run all.
    only: BTreeMap<String, Vec<String>>,
}

impl Workload {
    /// All tests of `programs`.
    pub fn all(programs: Programs) -> Self {
        Self {
            programs,
            only: BTreeMap::new(),
        }
    }

    /// What is asked for of `programs`.
    pub fn selected(programs: Programs, selection: &Selection) -> Result<Self> {
        let mut workload = Self::default();
        for (name, program) in programs {
            if !selection.has(&[&name]) {
                let mut tests = tests(&program)?;
                tests.retain(|test| selection.has(&[&format!("{name}{OF}{test}")]));
                if tests.is_empty() {
                    continue;
                }
                workload.only.insert(name.clone(), tests);
            }
            workload.programs.insert(name, program);
        }
        Ok(workload)
    }

    /// The programs.
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// The arguments of a program, for the test harness.
    pub fn arguments(&self, program: &str) -> Vec<&str> {
        let tests = self.only.get(program).into_iter().flatten();
        let exact = self.only.contains_key(program).then_some("--exact");
        exact.into_iter().chain(tests.map(String::as_str)).collect()
    }

    /// Leaves out all programs but these.
    pub fn keep(&mut self, names: &BTreeSet<String>) {
        self.programs.retain(|name, _| names.contains(name));
    }

    /// Splits it into what is in `names`, programs and single tests of programs, and the others.
    ///
    /// # Errors
    ///
    /// When a program has no such test.
    pub fn split(self, names: &[String]) -> Result<(Self, Self)> {
        let (mut chosen, mut others) = (Self::default(), Self::default());
        let mut only = self.only;
        for (program, path) in self.programs {
            let asked = only.remove(&program);
            let named: Vec<_> = names
                .iter()
                .filter_map(|name| name.strip_prefix(&program)?.strip_prefix(OF))
                .collect();
            if names.contains(&program) {
                chosen.insert(program, path, asked);
            } else if named.is_empty() {
                others.insert(program, path, asked);
            } else {
                let all = match asked {
                    Some(tests) => tests,
                    None => all_with(&named, &program, &path)?,
                };
                let is_named = |test: &String| named.contains(&test.as_str());
                let (there, here) = all.into_iter().partition::<Vec<_>, _>(is_named);
                for (part, tests) in [(&mut chosen, there), (&mut others, here)] {
                    if !tests.is_empty() {
                        part.insert(program.clone(), path.clone(), Some(tests));
                    }
                }
            }
        }
        Ok((chosen, others))
    }

    /// Takes in what `other` has, which has other tests.
    pub fn add(&mut self, other: Self) {
        let Self { programs, mut only } = other;
        for (program, path) in programs {
            let mut tests = only.remove(&program);
            if self.programs.contains_key(&program) {
                let mine = self.only.remove(&program);
                tests = mine.zip(tests).map(|(mine, tests)| [mine, tests].concat());
            }
            self.insert(program, path, tests);
        }
    }

    fn insert(&mut self, program: String, path: PathBuf, only: Option<Vec<String>>) {
        if let Some(tests) = only {
            self.only.insert(program.clone(), tests);
        }
        self.programs.insert(program, path);
    }

    /// What the guest reads: a line for each program, with the tests that it is to run.
    pub fn list(&self) -> String {
        let line = |name: &String| {
            let tests = self.only.get(name).into_iter().flatten();
            let words: Vec<_> = [name]
                .into_iter()
                .chain(tests)
                .map(String::as_str)
                .collect();
            words.join(" ") + "\n"
        };
        self.programs.keys().map(line).collect()
    }
}

/// The tests of a program, which runs on the host as well as in the guest as far as that.
fn tests(program: &Path) -> Result<Vec<String>> {
    let said = exec::output(exec::command(program).args(["--list", "--format", "terse"]))?;
    Ok(listed(&said))
}

/// All tests of a program, which has those that are `named`.
fn all_with(named: &[&str], program: &str, path: &Path) -> Result<Vec<String>> {
    let all = tests(path)?;
    match named
        .iter()
        .find(|name| !all.iter().any(|test| test == *name))
    {
        Some(name) => bail!("{program} has no test {name}"),
        None => Ok(all),
    }
}

fn listed(said: &str) -> Vec<String> {
    said.lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Workload, listed};
    use crate::guest::Programs;

    #[test]
    fn tests_of_a_program() {
        assert_eq!(listed("a::b: test\nc: test\nd: benchmark\n"), ["a::b", "c"]);
    }

    #[test]
    fn lists_and_arguments() {
        let programs: Programs = ["a", "b"].map(|name| (name.into(), name.into())).into();
        let mut workload = Workload::all(programs);
        workload
            .only
            .insert("b".into(), vec!["x".into(), "y".into()]);
        assert_eq!(workload.list(), "a\nb x y\n");
        assert_eq!(workload.arguments("b"), ["--exact", "x", "y"]);
        assert!(workload.arguments("a").is_empty());
        let split = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
            let (chosen, others) = workload.clone().split(&names).unwrap();
            (chosen.list(), others.list())
        };
        assert_eq!(split(&["b"]), ("b x y\n".into(), "a\n".into()));
        assert_eq!(split(&["b::y"]), ("b y\n".into(), "a\nb x\n".into()));
        assert_eq!(split(&["b::z"]), (String::new(), workload.list()));
        let (mut sum, rest) = workload.clone().split(&["b::y".to_owned()]).unwrap();
        sum.add(rest);
        assert_eq!(sum.list(), "a\nb y x\n");
    }
}
