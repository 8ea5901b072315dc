// SPDX-License-Identifier: GPL-2.0

//! The state of a task, from `/proc`.

use crate::{wait_until, HANG};
use libc::{c_long, pid_t};
use rustix::fd::{AsFd, AsRawFd};
use std::{fs, thread, time::Duration};

/// The system calls that each C function may make.
pub mod calls {
    use libc::c_long;
    /// `read()` and `readv()`.
    pub const READ: &[c_long] = &[libc::SYS_read, libc::SYS_readv];
    /// `write()` and `writev()`.
    pub const WRITE: &[c_long] = &[libc::SYS_write, libc::SYS_writev];
    /// `pread()` and `pwrite()`.
    pub const POSITIONED: &[c_long] = &[libc::SYS_pread64, libc::SYS_pwrite64];
    /// `ioctl()`.
    pub const IOCTL: &[c_long] = &[libc::SYS_ioctl];
    /// `ioctl()` of a 32-bit program.
    pub const COMPAT_IOCTL: &[c_long] = &[crate::compat::Number::Ioctl as c_long];
    /// `poll()` and `ppoll()`.
    pub const POLL: &[c_long] = &[libc::SYS_poll, libc::SYS_ppoll];
    /// `select()` and `pselect()`.
    pub const SELECT: &[c_long] = &[libc::SYS_select, libc::SYS_pselect6];
    /// `epoll_wait()` and its variants.
    pub const EPOLL: &[c_long] = &[
        libc::SYS_epoll_wait,
        libc::SYS_epoll_pwait,
        libc::SYS_epoll_pwait2,
    ];
}

/// The state of an open file from its fdinfo: "live", "revoked" or "unplugged".
pub fn end_of(file: impl AsFd) -> String {
    let path = format!("/proc/self/fdinfo/{}", file.as_fd().as_raw_fd());
    let text = fs::read_to_string(path).expect("fdinfo");
    let said: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("devscope:\t"))
        .collect();
    assert_eq!(said.len(), 1, "one line of the framework's in {text}");
    said[0].to_owned()
}

/// Whether the task sleeps in one of `calls` at this moment.
fn sleeps_now(pid: pid_t, tid: pid_t, calls: &[c_long]) -> bool {
    let task = format!("/proc/{pid}/task/{tid}");
    let Ok(stat) = fs::read_to_string(format!("{task}/stat")) else {
        return false;
    };
    // The state follows the command's name, which is in parentheses and may contain some.
    let state = stat
        .rsplit(')')
        .next()
        .and_then(|s| s.trim().chars().next());
    let call = fs::read_to_string(format!("{task}/syscall")).unwrap_or_default();
    let number = call.split(' ').next().and_then(|nr| nr.parse().ok());
    matches!(state, Some('S' | 'D')) && number.is_some_and(|nr: c_long| calls.contains(&nr))
}

/// Whether all tasks sleep in one of `calls`: several tests in a row must agree.
pub fn asleep_in(pid: pid_t, tids: &[pid_t], calls: &[c_long]) -> bool {
    (0..3).all(|look| {
        if look > 0 {
            thread::sleep(Duration::from_millis(10));
        }
        tids.iter().all(|&tid| sleeps_now(pid, tid, calls))
    })
}

/// Waits until all tasks sleep in one of `calls`. Returns whether they did in time.
pub fn wait_asleep_in(pid: pid_t, tids: &[pid_t], calls: &[c_long]) -> bool {
    wait_until(HANG, || asleep_in(pid, tids, calls))
}
