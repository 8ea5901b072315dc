// SPDX-License-Identifier: GPL-2.0

//! Which kernel a test program runs on: tools/vm/guest/tests.conf.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::guest::Programs;
use crate::paths::Paths;

/// The programs that do not run on the debug kernel.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Placement {
    lean: Vec<String>,
}

impl Placement {
    /// Reads the file.
    pub fn read(paths: &Paths) -> Result<Self> {
        let file = paths.root().join("tools/vm/guest/tests.conf");
        let text =
            fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        Self::parse(&text).with_context(|| file.display().to_string())
    }

    fn parse(text: &str) -> Result<Self> {
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
                [program, "lean"] => lean.push(program.to_owned()),
                _ => bail!("`{line}` is not a program and `lean`"),
            }
        }
        Ok(Self { lean })
    }

    /// Splits programs into those for the debug kernel and those for the lean one.
    ///
    /// # Errors
    ///
    /// When the file names a program that is not there.
    pub fn split(&self, programs: Programs) -> Result<(Programs, Programs)> {
        if let Some(unknown) = self.lean.iter().find(|name| !programs.contains_key(*name)) {
            bail!("tools/vm/guest/tests.conf names {unknown}, which is no test program");
        }
        Ok(programs
            .into_iter()
            .partition(|(name, _)| !self.lean.contains(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::Placement;
    use crate::guest::Programs;

    #[test]
    fn programs_by_kernel() {
        let placement = Placement::parse("# why\nb lean # faster\n").unwrap();
        let programs: Programs = ["a", "b"].map(|name| (name.into(), name.into())).into();
        let (debug, lean) = placement.split(programs).unwrap();
        assert!(debug.keys().eq(["a"]));
        assert!(lean.keys().eq(["b"]));
    }

    #[test]
    fn mistakes() {
        assert!(Placement::parse("a fast\n").is_err());
        assert!(Placement::parse("a\n").is_err());
        let placement = Placement::parse("gone lean\n").unwrap();
        assert!(placement.split(Programs::new()).is_err());
    }
}
