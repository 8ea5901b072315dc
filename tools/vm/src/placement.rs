// SPDX-License-Identifier: GPL-2.0

//! Which kernel a test program runs on: tools/vm/guest/tests.conf.

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::files;
use crate::paths::Paths;
use crate::select::OF;

const FILE: &str = "tools/vm/guest/tests.conf";

/// Test programs, and single tests of programs, that have a kernel of their own.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// Those that run on the lean kernel and not on the debug kernel.
    pub lean: Vec<String>,
    /// Those that run on both: our driver's part on the debug kernel, and C's on the lean one.
    pub both: Vec<String>,
    /// Those that need an option of the kernel's: its name, and how it is set.
    pub needs: Vec<(String, String)>,
}

impl Placement {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// When it names one that is not in `programs`.
    pub fn read(paths: &Paths, programs: &[String]) -> Result<Self> {
        let text = fs::read_to_string(paths.root().join(FILE))?;
        let placement = Self::parse(&text).context(FILE)?;
        let program = |name: &str| name.split_once(OF).map_or(name, |(it, _)| it).to_owned();
        let needy = placement.needs.iter().map(|(name, _)| name);
        let mut names = placement.lean.iter().chain(&placement.both).chain(needy);
        if let Some(unknown) = names.find(|it| !programs.contains(&program(it))) {
            bail!("{FILE} names {unknown}, which is no test program");
        }
        Ok(placement)
    }

    fn parse(text: &str) -> Result<Self> {
        let mut placement = Self::default();
        for words in files::words(text) {
            match words[..] {
                [name, "lean"] => placement.lean.push(name.to_owned()),
                [name, "both"] => placement.both.push(name.to_owned()),
                [name, "needs", option] => {
                    placement.needs.push((name.to_owned(), option.to_owned()))
                }
                _ => bail!(
                    "`{}` is not a name and `lean`, `both` or `needs OPTION=m`",
                    words.join(" ")
                ),
            }
        }
        Ok(placement)
    }
}

#[cfg(test)]
mod tests {
    use super::Placement;

    #[test]
    fn lines() {
        let placement =
            Placement::parse("# why\n\nb lean # faster\nc::d both\ne needs X=m\n").unwrap();
        assert_eq!(placement.lean, ["b"]);
        assert_eq!(placement.both, ["c::d"]);
        assert_eq!(placement.needs, [("e".to_owned(), "X=m".to_owned())]);
        assert!(Placement::parse("a fast\n").is_err());
        assert!(Placement::parse("a\n").is_err());
    }
}
