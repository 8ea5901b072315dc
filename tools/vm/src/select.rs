// SPDX-License-Identifier: GPL-2.0

//! Which tests are asked for: `TESTS='evdev_* gate* compile-fail/*'`.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use anyhow::{Context, Result, bail};
use regex::Regex;

/// What separates a program from a test of its own.
pub const OF: &str = "::";

#[derive(Debug)]
struct Pattern {
    text: String,
    whole: Regex,
    /// The program's part of `program::test`.
    program: Option<Regex>,
    used: AtomicBool,
}

impl Pattern {
    /// Whether it is one of single tests, and `program` may have these.
    fn is_of(&self, program: &str) -> bool {
        let of = self.program.as_ref();
        of.is_some_and(|of| of.is_match(program))
    }
}

/// Patterns, of which a name has to match one. None at all match everything.
#[derive(Debug, Default)]
pub struct Selection(Vec<Pattern>);

impl Selection {
    /// Reads patterns, with spaces between them: `*` stands for any text, `?` for a character.
    pub fn new(text: &str) -> Result<Self> {
        let pattern = |text: &str| {
            let program = text.split_once(OF).map(|(program, _)| glob(program));
            Ok(Pattern {
                text: text.to_owned(),
                whole: glob(text)?,
                program: program.transpose()?,
                used: AtomicBool::new(false),
            })
        };
        Ok(Self(
            text.split_whitespace()
                .map(pattern)
                .collect::<Result<_>>()?,
        ))
    }

    /// Whether everything is asked for.
    pub fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a test is asked for by any of its names.
    pub fn has(&self, names: &[&str]) -> bool {
        let mut found = self.is_all();
        for pattern in &self.0 {
            if names.iter().any(|name| pattern.whole.is_match(name)) {
                pattern.used.store(true, Relaxed);
                found = true;
            }
        }
        found
    }

    /// Whether the program is asked for, or may have tests that are: which ones is seen when it is
    /// there.
    pub fn has_part_of(&self, program: &str) -> bool {
        self.has(&[program]) | self.0.iter().any(|pattern| pattern.is_of(program))
    }

    /// Fails when a pattern has matched nothing so far.
    pub fn require_used(&self) -> Result<()> {
        self.require_known(&[])
    }

    /// Like [`Selection::require_used`], but single tests of `programs` are not looked for: these
    /// have to be built first.
    pub fn require_known(&self, programs: &[String]) -> Result<()> {
        let is_part = |pattern: &Pattern| programs.iter().any(|name| pattern.is_of(name));
        let unknown: Vec<_> = self
            .0
            .iter()
            .filter(|pattern| !pattern.used.load(Relaxed) && !is_part(pattern))
            .map(|pattern| format!("`{}`", pattern.text))
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        bail!(
            "no test is called {} (Documentation/testing.rst says what they are called)",
            unknown.join(", ")
        )
    }
}

fn glob(text: &str) -> Result<Regex> {
    let text = regex::escape(text).replace(r"\*", ".*").replace(r"\?", ".");
    Regex::new(&format!("^{text}$")).with_context(|| format!("`{text}` is no pattern"))
}

#[cfg(test)]
mod tests {
    use super::Selection;

    fn selection(text: &str) -> Selection {
        Selection::new(text).unwrap()
    }

    #[test]
    fn nothing_is_everything() {
        let all = selection(" ");
        assert!(all.is_all() && all.has(&["a"]) && all.has_part_of("a"));
        assert!(all.require_used().is_ok());
    }

    #[test]
    fn globs() {
        let some = selection("evdev_* compile-fail/wait_?n g.t");
        assert!(some.has(&["evdev_diff"]));
        assert!(some.has(&["other", "compile-fail/wait_in"]));
        assert!(!some.has(&["my_evdev_diff"]) && !some.has(&["got"]));
    }

    #[test]
    fn single_tests() {
        let some = selection("io::reads*");
        assert!(some.has_part_of("io") && !some.has(&["io"]));
        assert!(some.has(&["io::reads_all"]) && !some.has(&["io::writes"]));
    }

    #[test]
    fn mistakes_are_named() {
        let some = selection("io nothing mem::* gone::*");
        let programs = ["io".to_owned(), "mem".to_owned()];
        assert!(some.has(&["io"]));
        let error = some.require_known(&programs).unwrap_err().to_string();
        assert!(error.contains("`nothing`, `gone::*` ("), "{error}");
        let single = selection("mem::*");
        assert!(single.require_known(&programs).is_ok());
        assert!(single.require_used().is_err());
        assert!(single.has(&["mem::maps"]) && single.require_used().is_ok());
    }
}
