// SPDX-License-Identifier: GPL-2.0

//! The kernel's log, from now on.

use crate::sys::{self, Fd};
use rustix::{
    fs::{seek, OFlags, SeekFrom},
    io::{read, Errno},
};

/// What the kernel says when something is wrong.
const BAD: &[&str] = &[
    "WARNING:",
    "BUG:",
    "kernel BUG",
    "Oops",
    "KASAN:",
    "KCSAN:",
    "UBSAN:",
    "general protection fault",
    "nable to handle",
    "refcount_t:",
    "ODEBUG:",
    "DEBUG_LOCKS_WARN_ON",
    "possible circular locking",
    "possible recursive locking",
    "inconsistent lock state",
    "suspicious RCU usage",
    "bad unlock balance",
    "lock held when returning to user space",
    "still has locks held",
    "blocked for more than",
    "detected stall",
    "soft lockup",
    "hard LOCKUP",
    "workqueue lockup",
    "sleeping function called from invalid context",
    "scheduling while atomic",
    "list_add corruption",
    "list_del corruption",
    "ad page state",
    "use-after-free",
    "double-free",
    "invalid-free",
    "panicked at",
];

/// How many lines a complaint has at most.
const LINES: usize = 80;

/// The log.
pub struct Log {
    file: Option<Fd>,
    /// The first complaint, if there is one.
    splat: Vec<String>,
}

impl Log {
    /// Opens it. Where that cannot be done, nothing is found.
    pub fn open() -> Self {
        let file = sys::open(c"/dev/kmsg", OFlags::RDONLY | OFlags::NONBLOCK).ok();
        if let Some(file) = &file {
            let _ = seek(file, SeekFrom::End(0));
        }
        Self {
            file,
            splat: Vec::new(),
        }
    }

    /// Whether it can be read.
    pub fn is_open(&self) -> bool {
        self.file.is_some()
    }

    /// Reads what has come. Says whether the kernel has complained.
    pub fn look(&mut self) -> bool {
        let Some(file) = &self.file else {
            return false;
        };
        let mut record = [0u8; 8192];
        loop {
            match read(file, &mut record) {
                Ok(len) => take(&mut self.splat, &String::from_utf8_lossy(&record[..len])),
                // It has gone before it was read.
                Err(Errno::PIPE) => {}
                Err(_) => break,
            }
        }
        !self.splat.is_empty()
    }

    /// The complaint.
    pub fn splat(&self) -> &[String] {
        &self.splat
    }
}

/// Takes in a record: "prio,sequence,time,flags;text", and lines of what is known of it.
fn take(splat: &mut Vec<String>, record: &str) {
    let Some((_, text)) = record.split_once(';') else {
        return;
    };
    let text = text.lines().next().unwrap_or_default();
    let bad = BAD.iter().any(|it| text.contains(it));
    if (bad || !splat.is_empty()) && splat.len() < LINES {
        splat.push(text.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::take;

    #[test]
    fn complaints() {
        let mut splat = Vec::new();
        take(
            &mut splat,
            "6,1,2,-;edu 0000:00:04.0: bound\n SUBSYSTEM=pci\n",
        );
        assert!(splat.is_empty());
        take(
            &mut splat,
            "4,1,2,-;BUG: KASAN: slab-use-after-free in a+0x1/0x2\n",
        );
        take(&mut splat, "4,1,2,-;Call Trace:\n");
        assert_eq!(splat.len(), 2);
    }
}
