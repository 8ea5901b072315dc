// SPDX-License-Identifier: GPL-2.0

//! The kernel's warnings since boot.

use devscope_tests::device::open;
use rustix::{
    fs::OFlags,
    io::{read, Errno},
};
use std::path::Path;

/// Words in the first line of a warning.
const SIGNS: [&str; 8] = [
    "WARNING:",
    "BUG:",
    "Oops",
    "KASAN",
    "UBSAN",
    "INFO: task",
    "INFO: rcu",
    "panicked",
];

/// All warnings in the kernel's log.
pub fn complaints() -> Vec<String> {
    let log = open(Path::new("/dev/kmsg"), OFlags::RDONLY | OFlags::NONBLOCK).expect("/dev/kmsg");
    let mut found = Vec::new();
    let mut record = vec![0; 8192];
    loop {
        match read(&log, &mut record[..]) {
            Ok(len) => {
                let text = String::from_utf8_lossy(&record[..len]);
                // Level, number and time are in front of the first semicolon.
                let line = text.split_once(';').map_or(&*text, |(_, line)| line);
                let line = line.lines().next().unwrap_or_default();
                if SIGNS.iter().any(|sign| line.contains(sign)) {
                    found.push(line.to_owned());
                }
            }
            // Records were overwritten before they were read: go on with the next.
            Err(Errno::PIPE) => {}
            Err(_) => return found,
        }
    }
}
