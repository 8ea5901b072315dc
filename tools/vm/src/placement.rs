// SPDX-License-Identifier: GPL-2.0

//! Which kernel a test program runs on: tools/vm/guest/tests.conf.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::paths::Paths;
use crate::select::OF;

const FILE: &str = "tools/vm/guest/tests.conf";

/// The programs, and single tests of programs, that run on the lean kernel and not on the debug
/// kernel.
///
/// # Errors
///
/// When the file names one that is not in `programs`.
pub fn on_lean(paths: &Paths, programs: &[String]) -> Result<Vec<String>> {
    let text = fs::read_to_string(paths.root().join(FILE));
    let lean = parse(&text.with_context(|| format!("cannot read {FILE}"))?).context(FILE)?;
    let program = |name: &str| name.split_once(OF).map_or(name, |(it, _)| it).to_owned();
    if let Some(unknown) = lean.iter().find(|it| !programs.contains(&program(it))) {
        bail!("{FILE} names {unknown}, which is no test program");
    }
    Ok(lean)
}

fn parse(text: &str) -> Result<Vec<String>> {
    let mut lean = Vec::new();
    for line in text.lines() {
        let words: Vec<_> = line
            .split('#')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        match words[..] {
            [] => {}
            [name, "lean"] => lean.push(name.to_owned()),
            _ => bail!("`{line}` is not a name and `lean`"),
        }
    }
    Ok(lean)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn lines() {
        assert_eq!(parse("# why\n\nb lean # faster\n").unwrap(), ["b"]);
        assert!(parse("a fast\n").is_err());
        assert!(parse("a\n").is_err());
    }
}
