// SPDX-License-Identifier: GPL-2.0

//! Where two transcripts part.

use super::draw::sequence;
use std::fmt;

/// What came out of sequences, the first being number 0: a line for each call.
pub type Transcript = Vec<Vec<String>>;

/// The first call of a sequence that came out otherwise.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// The seed of all sequences.
    pub seed: u64,
    /// Which sequence.
    pub sequence: usize,
    /// Which call of it.
    pub step: usize,
    /// What came out of the one.
    pub left: String,
    /// What came out of the other.
    pub right: String,
}

/// The first difference in each sequence.
pub fn difference(seed: u64, left: &Transcript, right: &Transcript) -> Vec<Difference> {
    let count = left.len().max(right.len());
    let none = Vec::new();
    (0..count)
        .filter_map(|sequence| {
            let [left, right] = [left, right].map(|all| all.get(sequence).unwrap_or(&none));
            let line = |all: &[String], step: usize| all.get(step).cloned().unwrap_or_default();
            let len = left.len().max(right.len());
            let step = (0..len).find(|step| left.get(*step) != right.get(*step))?;
            Some(Difference {
                seed,
                sequence,
                step,
                left: line(left, step),
                right: line(right, step),
            })
        })
        .collect()
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, step, .. } = self;
        writeln!(f, "seed {seed}, sequence {}, step {step}:", self.sequence)?;
        let ops = sequence(*seed, self.sequence as u64);
        for (number, op) in ops.iter().enumerate().take(step + 1) {
            writeln!(f, "    {number:>2} {op:?}")?;
        }
        writeln!(f, "    C        {}", self.left)?;
        write!(f, "    Devscope {}", self.right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
