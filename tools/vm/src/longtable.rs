// SPDX-License-Identifier: GPL-2.0

//! The last result of `make test LONG=1`, a table in Documentation/testing.rst.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use fs_err as fs;

use crate::clock::human;
use crate::paths::{self, Paths};
use crate::records::{Record, Records};
use crate::report::Report;
use crate::tree;

const FILE: &str = "Documentation/testing.rst";
const BEGIN: &str = ".. The tool writes what follows, up to its end: make test LONG=1\n";
const END: &str = ".. The end of what the tool writes.\n";

/// What ran on a kernel: its name and release, and the programs that passed.
pub type OnKernel = (String, Records);

/// Writes the result of a whole run.
pub fn write(paths: &Paths, report: &Report, kernels: &[OnKernel]) -> Result<()> {
    let failed = report.failures().len();
    let passed = report.outcomes().len() - failed;
    let mut text = format!(
        "Commit {}, {}: {passed} passed, {failed} failed.\n\n",
        tree::commit(paths.root())?,
        tree::today()?
    );
    let mut rows = Vec::new();
    for (kernel, records) in kernels {
        rows.extend(records.all().map(|record| row(kernel, record)));
    }
    text.push_str(&table(&rows));
    let file = paths.root().join(FILE);
    let old = fs::read_to_string(&file)?;
    let new = replaced(&old, &text).with_context(|| format!("{FILE} has no place for it"))?;
    paths::write(&file, new)
}

fn row(kernel: &str, record: &Record) -> [String; 4] {
    [
        record.program.clone(),
        kernel.to_owned(),
        record.tests.len().to_string(),
        human(record.took()),
    ]
}

/// A simple table of reStructuredText.
fn table(rows: &[[String; 4]]) -> String {
    let head = ["program", "kernel", "passed", "time"].map(str::to_owned);
    let width = |column: usize| {
        let cells = rows.iter().chain([&head]).map(|row| row[column].len());
        cells.max().unwrap_or_default()
    };
    let widths: [usize; 4] = std::array::from_fn(width);
    let line = widths.map(|width| "=".repeat(width)).join("  ") + "\n";
    let mut text = line.clone();
    for row in [&head].into_iter().chain(rows) {
        let cells: Vec<_> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
        if std::ptr::eq(row, &head) {
            text.push_str(&line);
        }
    }
    text + &line
}

/// `old` with `text` in place of what is between the two comments.
fn replaced(old: &str, text: &str) -> Option<String> {
    let (before, rest) = old.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{text}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, replaced, table};

    #[test]
    fn only_its_own_place() {
        let old = format!("a\n\n{BEGIN}\nold\n\n{END}\nb\n");
        let new = replaced(&old, "new\n").unwrap();
        assert_eq!(new, format!("a\n\n{BEGIN}\nnew\n\n{END}\nb\n"));
        assert_eq!(replaced(&new, "new\n").as_ref(), Some(&new));
        assert_eq!(replaced("a\n", "new\n"), None);
    }

    #[test]
    fn columns() {
        let rows = [["a_long_name", "lean", "3", "1.0 s"].map(str::to_owned)];
        let table = table(&rows);
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines[1], "program      kernel  passed  time");
        assert_eq!(lines[3], "a_long_name  lean    3       1.0 s");
        assert_eq!(lines[0], "===========  ======  ======  =====");
    }
}
