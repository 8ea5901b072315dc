// SPDX-License-Identifier: GPL-2.0

//! Tables that compare the costs of a driver in C and on the framework.

use crate::{
    figures::{record, record_never},
    limits::Limit,
};

/// The factor on the limit of a line.
const SLACK: Limit = Limit {
    lean: 1.0,
    stock: 1.25,
};
/// How far a ratio may exceed its limit: the last digit that is printed.
const ROUNDING: f64 = 0.0005;

/// A measurement.
pub struct Line {
    what: &'static str,
    value: Option<f64>,
    limit: Option<f64>,
}

impl Line {
    /// A measurement that is not compared.
    pub fn new(what: &'static str, value: f64) -> Self {
        Self {
            what,
            value: Some(value),
            limit: None,
        }
    }

    /// An operation that does not end.
    pub fn hangs(what: &'static str) -> Self {
        Self {
            what,
            value: None,
            limit: None,
        }
    }

    /// Sets the limit for ours, relative to C.
    pub fn limit(self, limit: f64) -> Self {
        let limit = Some(limit);
        Self { limit, ..self }
    }

    fn record(&self, table: &str, column: &str) {
        match self.value {
            Some(value) => record(table, self.what, column, value),
            None => record_never(table, self.what, column),
        }
    }

    fn text(&self, digits: usize) -> String {
        self.value
            .map_or("hangs".to_owned(), |value| format!("{value:.digits$}"))
    }
}

/// Lines with the same unit.
pub struct Table {
    title: String,
    digits: usize,
    lines: Vec<Line>,
}

impl Table {
    /// A table whose numbers have `digits` digits after the point.
    pub fn new(title: impl Into<String>, digits: usize, lines: Vec<Line>) -> Self {
        let title = title.into();
        Self {
            title,
            digits,
            lines,
        }
    }

    /// Sets the limit of all lines, relative to C.
    pub fn limit(mut self, limit: f64) -> Self {
        self.lines = self.lines.into_iter().map(|it| it.limit(limit)).collect();
        self
    }
}

/// Prints both tables as one. Returns whether ours is within the limits.
///
/// # Panics
///
/// If their lines differ.
pub fn compare(theirs: &Table, ours: &Table) -> bool {
    assert_eq!(theirs.title, ours.title);
    let digits = theirs.digits;
    println!("\n{}\n", theirs.title);
    println!("   {:<54}{:>10}{:>10}{:>8}", "", "C", "Devscope", "ratio");
    let mut within = true;
    for (c, devscope) in theirs.lines.iter().zip(&ours.lines) {
        assert_eq!(c.what, devscope.what);
        c.record(&theirs.title, "C");
        devscope.record(&theirs.title, "Devscope");
        let ratio = devscope.value.zip(c.value).map(|(d, c)| d / c);
        let over = ratio
            .zip(c.limit)
            .map(|(r, limit)| (r, limit * SLACK.here()))
            .filter(|(r, limit)| *r > limit + ROUNDING);
        println!(
            "   {:<54}{:>10}{:>10}{:>8}{}",
            c.what,
            c.text(digits),
            devscope.text(digits),
            ratio.map_or(String::new(), |it| format!("{it:.3}")),
            over.map_or(String::new(), |(_, limit)| {
                format!("  TOO MUCH, limit {limit:.2}")
            }),
        );
        within &= over.is_none();
    }
    within
}

/// Prints all tables. Returns whether ours is within all limits.
///
/// # Panics
///
/// If their lines differ.
pub fn compare_all(theirs: &[Table], ours: &[Table]) -> bool {
    assert_eq!(theirs.len(), ours.len());
    let both = theirs.iter().zip(ours);
    both.fold(true, |within, (theirs, ours)| {
        compare(theirs, ours) && within
    })
}
