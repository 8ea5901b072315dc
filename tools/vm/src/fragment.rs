// SPDX-License-Identifier: GPL-2.0

//! Configuration fragments: what they ask for, and whether the result has it.

use std::path::Path;

use anyhow::{Result, bail};
use fs_err as fs;

/// The settings of one kernel, as lines of `.config`.
#[derive(Debug)]
pub struct Fragments {
    text: String,
    lines: Vec<(String, String)>,
}

impl Fragments {
    /// Reads the files `NAME.config` of the directory `dir`.
    pub fn read(dir: &Path, names: &[&str]) -> Result<Self> {
        let mut text = String::new();
        let mut lines = Vec::new();
        for name in names {
            let file = format!("{name}.config");
            let part = fs::read_to_string(dir.join(&file))?;
            for line in part.lines().map(str::trim_end).filter(|l| is_setting(l)) {
                text.push_str(line);
                text.push('\n');
                lines.push((file.clone(), line.to_owned()));
            }
        }
        Ok(Self { text, lines })
    }

    /// The settings alone, without comments: a comment changes no kernel.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Fails unless `config` has every setting. kconfig drops what lacks a dependency silently.
    pub fn check(&self, config: &str) -> Result<()> {
        for (file, line) in &self.lines {
            let kept = match unset(line) {
                Some(symbol) => !config
                    .lines()
                    .any(|l| l.strip_prefix(symbol).is_some_and(|r| r.starts_with('='))),
                None => config.lines().any(|l| l == line),
            };
            if !kept {
                bail!(
                    "tools/kernel/{file}: the configuration lost `{line}`; \
                     something it depends on is missing"
                );
            }
        }
        Ok(())
    }
}

fn is_setting(line: &str) -> bool {
    line.starts_with("CONFIG_") || unset(line).is_some()
}

fn unset(line: &str) -> Option<&str> {
    let symbol = line.strip_prefix("# ")?.strip_suffix(" is not set")?;
    symbol.starts_with("CONFIG_").then_some(symbol)
}

#[cfg(test)]
mod tests {
    use super::Fragments;

    fn fragments(lines: &[&str]) -> Fragments {
        Fragments {
            text: String::new(),
            lines: lines
                .iter()
                .map(|line| ("lean.config".to_owned(), (*line).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn lost_setting_is_named() {
        let wanted = fragments(&["CONFIG_RUST=y", "CONFIG_KASAN=y"]);
        let error = wanted.check("CONFIG_RUST=y\n# CONFIG_KASAN is not set\n");
        assert!(error.unwrap_err().to_string().contains("CONFIG_KASAN=y"));
    }

    #[test]
    fn unset_setting_may_be_absent() {
        let wanted = fragments(&["# CONFIG_FOO is not set"]);
        assert!(wanted.check("CONFIG_FOOBAR=y\n").is_ok());
        assert!(wanted.check("CONFIG_FOO=m\n").is_err());
    }
}
