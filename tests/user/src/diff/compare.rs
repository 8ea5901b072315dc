// SPDX-License-Identifier: GPL-2.0

//! Compares two transcripts.

use rustix::io::Errno;
use std::fmt;

/// How many differences are shown.
const SHOWN: usize = 20;

/// The outcomes of sequences, the first being number 0: a line for each call.
pub type Transcript = Vec<Vec<String>>;

/// The first call of a sequence whose outcomes differ.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// The seed of all sequences.
    pub seed: u64,
    /// Which sequence.
    pub sequence: usize,
    /// Which call of it.
    pub step: usize,
    /// The calls up to it.
    pub calls: Vec<String>,
    /// The outcome in the first transcript.
    pub left: String,
    /// The outcome in the second transcript.
    pub right: String,
}

/// The first difference in each sequence. `calls` returns the calls of the sequence with a number.
pub fn difference<C: fmt::Debug>(
    seed: u64,
    left: &Transcript,
    right: &Transcript,
    calls: impl Fn(u64) -> Vec<C>,
) -> Vec<Difference> {
    let count = left.len().max(right.len());
    let none = Vec::new();
    (0..count)
        .filter_map(|sequence| {
            let [left, right] = [left, right].map(|all| all.get(sequence).unwrap_or(&none));
            let line = |all: &[String], step: usize| all.get(step).cloned().unwrap_or_default();
            let len = left.len().max(right.len());
            let step = (0..len).find(|step| left.get(*step) != right.get(*step))?;
            let calls = calls(sequence as u64);
            Some(Difference {
                seed,
                sequence,
                step,
                calls: calls
                    .iter()
                    .take(step + 1)
                    .map(|call| format!("{call:?}"))
                    .collect(),
                left: line(left, step),
                right: line(right, step),
            })
        })
        .collect()
}

/// Shows the first differences.
///
/// # Panics
///
/// If there is one.
pub fn assert_same<C: fmt::Debug>(
    seed: u64,
    left: &Transcript,
    right: &Transcript,
    calls: impl Fn(u64) -> Vec<C>,
) {
    let found = difference(seed, left, right, calls);
    for difference in found.iter().take(SHOWN) {
        eprintln!("{difference}");
    }
    let (some, all) = (found.len(), left.len());
    assert_eq!(some, 0, "{some} of {all} sequences differ");
}

/// Asserts that a kind of outcome occurred at least this often.
///
/// # Panics
///
/// If it did not.
pub fn assert_often(all: &Transcript, what: &str, least: usize, is: impl Fn(&str) -> bool) {
    let times = all.iter().flatten().filter(|line| is(line)).count();
    assert!(times >= least, "{what}: only {times} times");
}

/// Asserts that errors occurred, each at least this often.
///
/// # Panics
///
/// If one did not.
pub fn assert_errors(all: &Transcript, errors: &[(Errno, usize)]) {
    for (errno, least) in errors {
        let text = format!("errno {}", errno.raw_os_error());
        let is = |line: &str| line.split(" [").next() == Some(&text);
        assert_often(all, &text, *least, is);
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, step, .. } = self;
        writeln!(f, "seed {seed}, sequence {}, step {step}:", self.sequence)?;
        for (number, call) in self.calls.iter().enumerate() {
            writeln!(f, "    {number:>2} {call}")?;
        }
        writeln!(f, "    C        {}", self.left)?;
        write!(f, "    Devscope {}", self.right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(seed: u64, left: &Transcript, right: &Transcript) -> Vec<Difference> {
        super::difference(seed, left, right, |number| vec![number; 3])
    }

    fn transcript(lines: &[&[&str]]) -> Transcript {
        let sequence = |lines: &&[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        lines.iter().map(sequence).collect()
    }

    #[test]
    fn the_same() {
        let one = transcript(&[&["0", "errno 11"], &["4 [0]=01"]]);
        assert!(difference(1, &one, &one.clone()).is_empty());
    }

    #[test]
    fn another_errno() {
        let one = transcript(&[&["0"], &["0", "errno 11", "7"]]);
        let two = transcript(&[&["0"], &["0", "errno 14", "8"]]);
        let found = difference(1, &one, &two);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].sequence, found[0].step), (1, 1));
        assert_eq!(found[0].calls, ["1", "1"]);
        let text = found[0].to_string();
        assert!(text.contains("seed 1, sequence 1, step 1"), "{text}");
        assert!(text.contains("C        errno 11"), "{text}");
        assert!(text.contains("Devscope errno 14"), "{text}");
    }

    #[test]
    fn another_byte() {
        let one = transcript(&[&["4 [0]=01020304"]]);
        let two = transcript(&[&["4 [0]=01020314"]]);
        assert_eq!(difference(1, &one, &two).len(), 1);
    }

    #[test]
    fn one_that_stops() {
        let one = transcript(&[&["0", "0"], &["0"]]);
        assert_eq!(difference(1, &one, &transcript(&[&["0"], &["0"]])).len(), 1);
        assert_eq!(difference(1, &one, &transcript(&[&["0", "0"]])).len(), 1);
    }
}
