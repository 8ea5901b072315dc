// SPDX-License-Identifier: GPL-2.0

//! A process that uses the device: this program again, in one of its roles.

use devscope_tests::{proc, wait_until, HANG};
use libc::{c_long, pid_t};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

/// A process in a role. It is told to end by closing its standard input.
pub struct Program {
    role: &'static str,
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Program {
    /// Starts the role on the node.
    pub fn start(role: &'static str, node: &Path, seed: Option<usize>) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("/proc"))
            .arg(role)
            .arg(node)
            .args(seed.map(|seed| seed.to_string()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program again");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let (tell, lines) = mpsc::channel();
        thread::spawn(move || {
            output
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| tell.send(line))
        });
        let input = child.stdin.take();
        Self {
            role,
            child,
            input,
            lines,
        }
    }

    /// Its role.
    pub fn role(&self) -> &'static str {
        self.role
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it sleeps in one of the system calls, if any are given.
    pub fn wait_asleep(&self, calls: &[c_long]) -> bool {
        let pid = self.pid() as pid_t;
        calls.is_empty() || proc::wait_asleep_in(pid, &[pid], calls)
    }

    /// Its next line of output.
    pub fn next_line(&self) -> String {
        let line = self.lines.recv_timeout(HANG);
        line.unwrap_or_else(|_| "HANGS: it has nothing to say".to_owned())
    }

    /// Kills it.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// All its output up to its end.
    pub fn rest(&self) -> Vec<String> {
        self.lines.iter().collect()
    }

    /// Tells it to end.
    pub fn stop(&mut self) {
        self.input = None;
    }

    /// Whether it ends successfully within `limit`. It is killed if it does not end.
    pub fn ended(mut self, limit: Duration) -> bool {
        self.try_end(limit)
    }

    /// The same, but does not consume it.
    pub fn try_end(&mut self, limit: Duration) -> bool {
        let mut status = None;
        wait_until(limit, || {
            status = self.child.try_wait().expect("wait");
            status.is_some()
        });
        if status.is_none() {
            let _ = self.child.kill();
        }
        status.is_some_and(|status| status.success())
    }
}
