// SPDX-License-Identifier: GPL-2.0

//! Where tasks are, from `/proc`.

use serde::Serialize;
use std::{fs, path::PathBuf};

/// A task that does not come back.
#[derive(Serialize)]
pub struct Task {
    /// Its process.
    pub pid: i32,
    /// Its thread.
    pub tid: i32,
    /// What it is called.
    pub comm: String,
    /// The letter of its state.
    pub state: char,
    /// The operation that it is in.
    pub operation: String,
    /// The function that it sleeps in.
    pub wchan: String,
    /// Its system call: the number, and arguments.
    pub syscall: String,
    /// Its stack in the kernel.
    pub stack: Vec<String>,
}

fn dir(pid: i32, tid: i32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/task/{tid}"))
}

/// The letter of a task's state.
pub fn state(pid: i32, tid: i32) -> Option<char> {
    let stat = fs::read_to_string(dir(pid, tid).join("stat")).ok()?;
    stat.rsplit(')').next()?.trim().chars().next()
}

/// The threads of the kernel's that make requests of io_uring for a thread.
pub fn helpers(pid: i32, tid: i32) -> impl Iterator<Item = i32> {
    let name = format!("iou-wrk-{tid}");
    let tasks = fs::read_dir(format!("/proc/{pid}/task"));
    let tasks = tasks.into_iter().flatten().flatten();
    let is_one = move |task: &fs::DirEntry| {
        fs::read_to_string(task.path().join("comm")).is_ok_and(|it| it.trim() == name)
    };
    tasks
        .filter(is_one)
        .filter_map(|task| task.file_name().to_str()?.parse().ok())
}

impl Task {
    /// Looks where a task is.
    pub fn look(pid: i32, tid: i32, operation: &str) -> Option<Self> {
        let read = |name: &str| {
            let text = fs::read_to_string(dir(pid, tid).join(name)).unwrap_or_default();
            text.trim().to_owned()
        };
        let stack = read("stack");
        Some(Self {
            pid,
            tid,
            comm: read("comm"),
            state: state(pid, tid)?,
            operation: operation.to_owned(),
            wchan: read("wchan"),
            syscall: read("syscall"),
            stack: stack
                .lines()
                .map(|line| function(line).to_owned())
                .collect(),
        })
    }
}

/// "[<0>] function+0x1/0x2", without what comes before the function.
fn function(line: &str) -> &str {
    line.split_once("] ").map_or(line, |(_, rest)| rest)
}
