// SPDX-License-Identifier: GPL-2.0

//! Patterns of bytes: two hexadecimal digits, or `??` for any byte.

use crate::profile::bytes;

/// The bytes of a pattern, where each is one or any.
fn parts(pattern: &str) -> impl Iterator<Item = Option<Option<u8>>> + '_ {
    let all = pattern.split_whitespace().flat_map(|word| {
        let middle = |at: usize| word.get(at..(at + 2).min(word.len()));
        (0..word.len()).step_by(2).map(middle)
    });
    all.map(|digits| match digits? {
        "??" => Some(None),
        digits => Some(Some(*bytes(digits)?.first()?)),
    })
}

/// Whether it is one.
pub fn is_right(pattern: &str) -> bool {
    parts(pattern).all(|part| part.is_some())
}

/// How many bytes it says something of.
pub fn len(pattern: &str) -> usize {
    parts(pattern).count()
}

/// Whether these bytes begin so.
pub fn fits(pattern: &str, bytes: &[u8]) -> bool {
    let mut both = parts(pattern).zip(bytes);
    len(pattern) <= bytes.len()
        && both.all(|(part, byte)| part.flatten().is_none_or(|it| it == *byte))
}

#[cfg(test)]
mod tests {
    use super::{fits, is_right, len};

    #[test]
    fn bytes_and_any() {
        assert!(is_right("00 ??ff") && is_right(""));
        assert!(!is_right("0") && !is_right("0?") && !is_right("xx") && !is_right("00 f"));
        assert_eq!(len("00 ??ff"), 3);
        assert!(fits("00 ??ff", &[0, 7, 255, 1]));
        assert!(!fits("00 ??ff", &[0, 7]) && !fits("00", &[1]));
        assert!(fits("", &[]));
    }
}
