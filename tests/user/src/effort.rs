// SPDX-License-Identifier: GPL-2.0

//! How much the long tests do: the short form does the same with fewer repetitions.

use rustix::rand::{getrandom, GetRandomFlags};
use std::fs;

/// `short`, or `long` if the long form is selected: by `DEVSCOPE_LONG=1` in the environment, or
/// `devscope.long=1` on the kernel's command line.
///
/// # Panics
///
/// If the value is no number.
pub fn choose<T>(short: T, long: T) -> T {
    match named("long") {
        None | Some(0) => short,
        Some(_) => long,
    }
}

/// Selects cases: returns how many to skip first, and the step from one to the next. The short form
/// runs one of `one_of`, beginning with a random one; the long form runs all. Prints the selection.
pub fn some_of(one_of: usize) -> (usize, usize) {
    let one_of = choose(one_of, 1);
    let mut chance = [0];
    getrandom(&mut chance, GetRandomFlags::empty()).expect("getrandom");
    let first = usize::from(chance[0]) % one_of;
    eprintln!("one of {one_of}, from {first}");
    (first, one_of)
}

/// A number that the user has set, such as "ec_seed". See [`said`].
///
/// # Panics
///
/// If the value is no number.
pub fn named(name: &str) -> Option<u64> {
    Some(said(name)?.parse().expect("a number"))
}

/// A setting of the user: DEVSCOPE_NAME in the environment, or else `devscope.name` on the kernel's
/// command line.
pub fn said(name: &str) -> Option<String> {
    let said = std::env::var(format!("DEVSCOPE_{}", name.to_uppercase())).ok();
    let line = fs::read_to_string("/proc/cmdline").unwrap_or_default();
    let said = said.filter(|text| !text.is_empty());
    said.or_else(|| word(&line, name).map(str::to_owned))
}

/// The value of `devscope.name` among the words of `line`.
fn word<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let value = |word: &'a str| {
        word.strip_prefix("devscope.")?
            .strip_prefix(name)?
            .strip_prefix('=')
    };
    line.split_whitespace().find_map(value)
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn words_of_a_command_line() {
        let line = "panic=-1 devscope.mode=test devscope.longer=2 devscope.long=1\n";
        assert_eq!(word(line, "long"), Some("1"));
        assert_eq!(word(line, "longer"), Some("2"));
        assert_eq!(word(line, "ec_seed"), None);
        assert_eq!(word("long=1", "long"), None);
    }
}
