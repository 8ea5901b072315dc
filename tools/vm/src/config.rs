// SPDX-License-Identifier: GPL-2.0

//! How a kernel is configured: include/config/auto.conf of its build, or a .config.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use fs_err as fs;

/// The options that are set.
#[derive(Clone, Debug, Default)]
pub struct Config(BTreeMap<String, String>);

impl Config {
    /// That of the built tree `dir`.
    pub fn of_build(dir: &Path) -> Result<Self> {
        Self::read(&dir.join("include/config/auto.conf"))
    }

    pub fn read(file: &Path) -> Result<Self> {
        Ok(Self::parse(&fs::read_to_string(file)?))
    }

    fn parse(text: &str) -> Self {
        let set = text.lines().filter_map(|line| {
            let (name, value) = line.split_once('=')?;
            let value = value.trim_matches('"');
            Some((name.strip_prefix("CONFIG_")?.to_owned(), value.to_owned()))
        });
        Self(set.collect())
    }

    /// Whether `option` (as "RUST") is y.
    pub fn has(&self, option: &str) -> bool {
        self.0.get(option).is_some_and(|value| value == "y")
    }

    /// Whether it has a setting like "RUST=y"; n is for what is not set.
    pub fn agrees(&self, setting: &str) -> bool {
        let (option, value) = setting.split_once('=').unwrap_or((setting, "y"));
        self.0.get(option).map_or("n", String::as_str) == value
    }

    /// The text or number that `option` is set to.
    pub fn value(&self, option: &str) -> Result<&str> {
        let value = self.0.get(option).map(String::as_str);
        value.with_context(|| format!("the kernel's configuration has no CONFIG_{option}"))
    }

    /// The major version of an LLVM ("190107" is 19) or clang.
    pub fn major(&self, option: &str) -> Result<u32> {
        let number: u32 = self.value(option)?.parse()?;
        Ok(number / 10_000)
    }
}

#[cfg(test)]
mod tests {
    use super::Config;

    #[test]
    fn options() {
        let config = Config::parse(
            "# CONFIG_KASAN is not set\nCONFIG_RUST=y\nCONFIG_EVDEV=m\n\
             CONFIG_CC_VERSION_TEXT=\"gcc-14 (Debian) 14.2\"\nCONFIG_RUSTC_LLVM_VERSION=190107\n",
        );
        assert!(config.has("RUST") && !config.has("KASAN") && !config.has("EVDEV"));
        assert_eq!(
            config.value("CC_VERSION_TEXT").unwrap(),
            "gcc-14 (Debian) 14.2"
        );
        assert_eq!(config.major("RUSTC_LLVM_VERSION").unwrap(), 19);
        assert!(config.value("KASAN").is_err());
        assert!(config.agrees("EVDEV=m") && !config.agrees("EVDEV=y") && config.agrees("KASAN=n"));
    }
}
