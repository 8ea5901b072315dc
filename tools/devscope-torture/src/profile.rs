// SPDX-License-Identifier: GPL-2.0

//! What is said of a node: a file in TOML.

use crate::{absent::Source, errno, ops::Op, pattern, shared::IOCTLS, way::Way};
use serde::Deserialize;
use smart_default::SmartDefault;
use std::{collections::BTreeMap, fs, path::Path};
use strum::VariantArray;

/// All of it. What is left out is as for a node of which nothing is known.
#[derive(Clone, Deserialize, SmartDefault)]
#[serde(deny_unknown_fields, default)]
pub struct Profile {
    /// Operations that are never made.
    pub never: Vec<String>,
    /// Ways in which the device is not taken away.
    pub never_by: Vec<Way>,
    /// Operations that may work on a file whose device has gone.
    pub works_after_unbind: Vec<String>,
    /// Modules that must not be in use any more when all files are closed, beside the driver's.
    pub modules: Vec<String>,
    /// Sizes of reads.
    #[default(vec![0, 1, 4, 8, 24, 64, 256, 4096])]
    pub read: Vec<usize>,
    /// Sizes of writes.
    #[default(vec![0, 1, 4, 8, 24, 64, 256, 4096])]
    pub write: Vec<usize>,
    /// What writes begin with, in hexadecimal digits; one of them, or what chance wants.
    pub data: Vec<String>,
    /// Who serves pages that buffers are on.
    #[default(Source::VARIANTS.to_vec())]
    pub pages: Vec<Source>,
    /// The ioctls.
    pub ioctl: Vec<Ioctl>,
    /// The errors of an operation on a device that is there, of operations of which all are known; beside
    /// those that are the caller's.
    pub says: BTreeMap<String, Vec<String>>,
    /// The ioctl that ends the file that it is made on, if there is one.
    pub revoke: Option<Ioctl>,
    /// The commands of io_uring.
    pub command: Vec<Command>,
    /// What is mapped.
    pub mmap: Mmap,
    /// How long things may take, in milliseconds.
    pub limit: Limit,
    /// How many operations there are between two acts.
    #[default = 500]
    pub operations_per_act: u64,
}

/// An ioctl.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ioctl {
    /// Its number, which has the size of its argument.
    pub number: u32,
    /// The argument is one of these numbers, and no address.
    #[serde(default)]
    pub values: Vec<u64>,
    /// What the memory begins with, in hexadecimal digits; one of them, or what chance wants.
    #[serde(default)]
    pub data: Vec<String>,
    /// It is made only one of so many times, for it is dear.
    #[serde(default = "one")]
    pub one_in: usize,
    /// What the memory begins with when it went well: one of these [patterns](pattern).
    #[serde(default)]
    pub gives: Vec<String>,
    /// Where a descriptor is in the memory when it went well; it is closed.
    #[serde(default)]
    pub descriptors: Vec<usize>,
    /// The result is a descriptor, which is closed.
    #[serde(default)]
    pub returns_descriptor: bool,
}

fn one() -> usize {
    1
}

/// A command of io_uring.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Its number.
    pub op: u32,
    /// What is in it, in hexadecimal digits: 16 bytes at most.
    #[serde(default)]
    pub data: String,
}

/// What is mapped.
#[derive(Clone, Deserialize, SmartDefault)]
#[serde(deny_unknown_fields, default)]
pub struct Mmap {
    /// Where, in pages.
    #[default(vec![0, 1, 16])]
    pub offsets: Vec<u64>,
    /// How many pages at most.
    #[default = 4]
    pub pages: usize,
    /// Whether they are written to.
    pub write: bool,
    /// Whether memory may be there when its device has gone.
    pub stays: bool,
}

/// How long things may take, in milliseconds.
#[derive(Clone, Deserialize, SmartDefault)]
#[serde(deny_unknown_fields, default)]
pub struct Limit {
    /// An unbind, and any other act.
    #[default = 10_000]
    pub unbind: u64,
    /// The return of who slept, once the act is over.
    #[default = 2000]
    pub wake: u64,
    /// A bind, or the load of a module, and again until the node is there.
    #[default = 10_000]
    pub bind: u64,
    /// A look of the bus at what is there.
    #[default = 60_000]
    pub rescan: u64,
    /// The end of programs that are told to end, before they are killed, and again after that.
    #[default = 10_000]
    pub end: u64,
}

impl Profile {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Self::parse(&text).map_err(|e| format!("{}: {e}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let profile: Self = toml::from_str(text).map_err(|e| e.to_string())?;
        let ioctls = profile.ioctl.iter().flat_map(|it| &it.data);
        let commands = profile.command.iter().map(|it| &it.data);
        for digits in profile.data.iter().chain(ioctls).chain(commands) {
            match bytes(digits) {
                None => return Err(format!("`{digits}` is not in hexadecimal digits")),
                Some(bytes) if bytes.len() > MOST => {
                    return Err(format!("`{digits}` is more than {MOST} bytes"))
                }
                Some(_) => {}
            }
        }
        if profile.ioctl.iter().any(|it| it.one_in == 0) {
            return Err("one_in is 0".to_owned());
        }
        let mut gives = profile.ioctl.iter().flat_map(|it| &it.gives);
        if let Some(wrong) = gives.find(|it| !pattern::is_right(it)) {
            return Err(format!(
                "`{wrong}` is not in hexadecimal digits, or ?? for any byte"
            ));
        }
        let mut said = profile.says.values().flatten();
        if let Some(unknown) = said.find(|it| errno::number(it).is_none()) {
            return Err(format!("there is no error {unknown}"));
        }
        let named = profile.never.iter().chain(&profile.works_after_unbind);
        let mut named = named.chain(profile.says.keys());
        if let Some(unknown) = named.find(|it| Op::named(it).is_none()) {
            let all: Vec<_> = Op::ALL.iter().map(|op| op.name()).collect();
            let all = all.join(" ");
            return Err(format!("there is no operation {unknown}; there are {all}"));
        }
        if profile.ioctl.len() > IOCTLS {
            return Err(format!("there are more than {IOCTLS} ioctls"));
        }
        if profile.read.is_empty() || profile.write.is_empty() || profile.mmap.offsets.is_empty() {
            return Err("a list of sizes or offsets is empty".to_owned());
        }
        let sizes = profile.read.iter().chain(&profile.write);
        if sizes.max() > Some(&MOST) || profile.mmap.pages == 0 {
            return Err(format!(
                "a size is more than {MOST}, or no page is to be mapped"
            ));
        }
        Ok(profile)
    }
}

/// The longest read or write.
pub const MOST: usize = 65536;

/// The bytes that an even number of digits says.
pub fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = digits.bytes().filter(|it| *it != b' ').collect();
    let mut pairs = digits.chunks_exact(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes = pairs.by_ref().map(byte).collect::<Option<_>>()?;
    pairs.remainder().is_empty().then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{bytes, Profile};

    #[test]
    fn digits() {
        assert_eq!(bytes("00 ff0a"), Some(vec![0, 255, 10]));
        assert_eq!(bytes(""), Some(Vec::new()));
        assert_eq!(bytes("0"), None);
        assert_eq!(bytes("0g"), None);
    }

    #[test]
    fn files() {
        let profile =
            Profile::parse("read = [4]\n[[ioctl]]\nnumber = 1\n[limit]\nwake = 1\n").unwrap();
        assert_eq!((profile.read, profile.limit.wake), (vec![4], 1));
        assert_eq!(profile.limit.unbind, 10_000);
        for wrong in [
            "reed = [4]",
            "read = []",
            "data = [\"0\"]",
            "write = [70000]",
            "never = [\"raed\"]",
            "says.raed = []",
            "says.read = [\"EWHAT\"]",
            "[[ioctl]]\nnumber = 1\ngives = [\"0\"]",
        ] {
            assert!(Profile::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ours() {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/profiles");
        for entry in std::fs::read_dir(dir).unwrap() {
            if let Err(why) = Profile::read(&entry.unwrap().path()) {
                panic!("{why}");
            }
        }
    }
}
