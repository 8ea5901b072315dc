// SPDX-License-Identifier: GPL-2.0

//! What has become worse of ours since the committed result.

use std::fmt::Write as _;

use super::figures::{Figures, Table, Value};

/// How much more a number may be: this many times as much, and so much on top. Instructions and bytes
/// are counted; a time is also what the grace periods of RCU make of it, and where the timer ticks.
struct Tolerance {
    times: f64,
    plus: f64,
    /// Whether it is less that is worse.
    rate: bool,
}

const COUNTED: Tolerance = Tolerance::more(1.02, 0.5);
/// Memory is counted by the page, and divided.
const OF_MEMORY: Tolerance = Tolerance::more(1.1, 0.0);
/// The caller's part in a grace period is up to what has been done in the same boot.
const OF_CALLER: Tolerance = Tolerance::more(1.2, 0.5);
const TIMED: Tolerance = Tolerance::more(2.0, 0.5);
/// Of calls in a second, more is better; where the host is busy, they vary by a third.
const RATE: Tolerance = Tolerance {
    rate: true,
    ..Tolerance::more(1.5, 0.0)
};

impl Tolerance {
    const fn more(times: f64, plus: f64) -> Self {
        let rate = false;
        Self { times, plus, rate }
    }

    fn of(table: &Table, line: &str) -> Self {
        let name = format!("{} {line}", table.name);
        let words: Vec<_> = name
            .split(|it: char| !it.is_ascii_alphanumeric())
            .map(str::to_lowercase)
            .collect();
        let has = |word: &str| words.iter().any(|it| it == word);
        if has("throughput") {
            RATE
        } else if has("ms") || has("growth") || has("poller") {
            TIMED
        } else if has("memory") {
            OF_MEMORY
        } else if has("caller") {
            OF_CALLER
        } else {
            COUNTED
        }
    }

    fn allows(&self, before: Value, now: Value) -> bool {
        match (before.number(), now.number()) {
            (Some(before), Some(now)) if self.rate => now * self.times >= before,
            (Some(before), Some(now)) => {
                now <= before + before.abs() * (self.times - 1.0) + self.plus
            }
            (Some(_), None) => false,
            (None, _) => true,
        }
    }
}

/// What ours is called, among lines or columns.
const OURS: &str = "Devscope";

/// Whether a cell is about ours: in its line or column, if any of these is named after ours.
fn is_ours(table: &Table, line: &str, column: &str) -> bool {
    let named = |name: &str| name.starts_with(OURS);
    let lines = table.lines().any(named);
    let columns = table.columns.iter().any(|it| named(it));
    (!lines || named(line)) && (!columns || named(column))
}

/// Says what is worse now, and what of the tables that were measured was not.
pub fn report(before: &Figures, now: &Figures) -> String {
    let mut text = String::new();
    let (mut same, mut worse) = (0, 0);
    for table in now.tables() {
        let name = &table.name;
        let Some(old) = before.table(name) else {
            let _ = writeln!(text, "   new: {name}");
            continue;
        };
        for (line, column, before) in old.cells().filter(|it| is_ours(old, it.0, it.1)) {
            let now = table.get(line, column);
            let tolerance = Tolerance::of(old, line);
            if now.is_some_and(|now| tolerance.allows(before, now)) {
                same += 1;
                continue;
            }
            worse += 1;
            let now = now.map_or("not measured".to_owned(), Value::text);
            let before = before.text();
            let _ = writeln!(text, "   {name}: {line}, {column}: {before}, now {now}");
        }
    }
    format!("Than the committed result, {worse} figures are worse, and {same} are not\n{text}")
}

#[cfg(test)]
mod tests {
    use super::{Figures, is_ours, report};

    fn figures(all: &[&str]) -> Figures {
        let mut figures = Figures::default();
        all.iter().for_each(|it| figures.add(it).expect("a figure"));
        figures
    }

    #[test]
    fn worse_is_said() {
        let before = figures(&[
            "instructions|a|read|10",
            "instructions|b|read|10",
            "x, ms|a|b|1",
        ]);
        let now = figures(&[
            "instructions|a|read|10.4",
            "instructions|b|read|11",
            "x, ms|a|b|2.4",
        ]);
        assert_eq!(
            report(&before, &now),
            "Than the committed result, 1 figures are worse, and 2 are not\n   \
             instructions: b, read: 10, now 11\n"
        );
    }

    /// Each figure of ours that is committed, made more than twice as much.
    #[test]
    fn whatever_is_worse_is_said() {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Documentation/costs");
        let read = || Figures::read(dir.as_ref()).expect("what is committed");
        let before = read();
        for table in before.tables() {
            let name = &table.name;
            let mut figures = 0;
            for (line, column, value) in table.cells().filter(|it| is_ours(table, it.0, it.1)) {
                let Some(value) = value.number() else {
                    continue;
                };
                let mut now = read();
                let value = value + value.abs() + 1.0;
                let figure = format!("{name}|{line}|{column}|{value}");
                now.add(&figure).expect("a figure");
                let text = report(&before, &now);
                assert!(
                    text.contains("Than the committed result, 1 figures"),
                    "{figure}"
                );
                assert!(
                    text.contains(&format!("{name}: {line}, {column}: ")),
                    "{text}"
                );
                figures += 1;
            }
            assert!(figures > 0, "{name} has no figure of ours");
        }
    }

    #[test]
    fn fewer_calls_in_a_second_are_worse() {
        let before = figures(&["throughput|a|b|0.9", "throughput|a|c|0.9"]);
        let now = figures(&["throughput|a|b|0.5", "throughput|a|c|1.8"]);
        assert!(report(&before, &now).contains("1 figures are worse"));
        assert!(report(&before, &now).contains("a, b: 0.9, now 0.5"));
    }

    #[test]
    fn others_are_not_compared() {
        let before = figures(&[
            "t|rwsem|read|1",
            "t|Devscope, C|read|1",
            "u|a|C|1",
            "u|a|Devscope|1",
        ]);
        let now = figures(&[
            "t|rwsem|read|9",
            "t|Devscope, C|read|1",
            "u|a|C|9",
            "u|a|Devscope|1",
        ]);
        let text = report(&before, &now);
        assert_eq!(
            text,
            "Than the committed result, 0 figures are worse, and 2 are not\n"
        );
    }

    #[test]
    fn what_does_not_end_any_more_is_worse() {
        let before = figures(&["unbind, ms|a|b|1", "unbind, ms|c|b|never"]);
        let now = figures(&["unbind, ms|a|b|never", "unbind, ms|c|b|never"]);
        assert!(report(&before, &now).contains("a, b: 1, now never"));
        assert!(report(&now, &before).starts_with("Than the committed result, 0 "));
    }

    #[test]
    fn what_is_missing_is_worse_where_its_table_was_measured() {
        let before = figures(&["t|a|b|1", "t|a|c|1", "other|a|b|1"]);
        let now = figures(&["t|a|b|1"]);
        assert!(report(&before, &now).contains("t: a, c: 1, now not measured"));
        assert!(!report(&before, &now).contains("other"));
    }
}
