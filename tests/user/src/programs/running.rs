// SPDX-License-Identifier: GPL-2.0

//! A program that runs while the test continues.

use super::Said;
use crate::{proc, wait_until, HANG};
use libc::{c_int, c_long, pid_t};
use std::{
    io::Read,
    process::{Child, Command},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Instant,
};

/// A running program. Killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Output,
    stderr: Output,
}

impl Running {
    pub(super) fn new(command: &mut Command) -> Self {
        let mut child = command.spawn().expect("busybox can run it");
        let stdout = Output::of(child.stdout.take().expect("a pipe"));
        let stderr = Output::of(child.stderr.take().expect("a pipe"));
        Self {
            child,
            stdout,
            stderr,
        }
    }

    fn pid(&self) -> pid_t {
        self.child.id() as pid_t
    }

    /// Waits until its standard output contains `word` `count` times.
    ///
    /// # Panics
    ///
    /// If that takes too long, or if it ends first.
    pub fn wait_for(&mut self, word: &str, count: usize) {
        let end = Instant::now() + HANG;
        while self.stdout.text().matches(word).count() < count {
            if let Err(why) = self.stdout.more(end) {
                let text = self.stdout.text();
                panic!("it {why} before it said `{word}` {count} times: {text}");
            }
        }
    }

    /// Waits until it sleeps in one of the system calls.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn wait_asleep(&self, calls: &[c_long]) {
        let asleep = proc::wait_asleep_in(self.pid(), &[self.pid()], calls);
        assert!(asleep, "the program does not sleep in its call");
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: c_int) {
        // SAFETY: Takes no pointers. The child is not reaped yet, so the id is still its own.
        unsafe { libc::kill(self.pid(), signal) };
    }

    /// Stops it, and returns when it has stopped. SIGCONT continues it.
    ///
    /// # Panics
    ///
    /// If it has ended.
    pub fn stop(&self) {
        self.signal(libc::SIGSTOP);
        let mut status = 0;
        // SAFETY: `status` is a valid place to write to.
        let pid = unsafe { libc::waitpid(self.pid(), &mut status, libc::WUNTRACED) };
        assert!(
            pid == self.pid() && libc::WIFSTOPPED(status),
            "the program has ended"
        );
    }

    /// Waits until it ends, which must happen soon. Returns its output.
    ///
    /// # Panics
    ///
    /// If it does not end.
    pub fn end(mut self) -> Said {
        let mut status = None;
        wait_until(HANG, || {
            status = self.child.try_wait().expect("wait");
            status.is_some()
        });
        let Some(status) = status else {
            panic!("HANG: the program has not ended: {}", self.stdout.text());
        };
        Said {
            stdout: self.stdout.all(),
            stderr: self.stderr.all(),
            ending: status.to_string(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The output of a pipe, which a thread reads.
#[derive(Debug)]
struct Output {
    bytes: Vec<u8>,
    more: Receiver<Vec<u8>>,
}

impl Output {
    fn of(mut pipe: impl Read + Send + 'static) -> Self {
        let (tell, more) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                if tell.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            bytes: Vec::new(),
            more,
        }
    }

    /// The output so far.
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Waits for more output. If there is none, returns why.
    fn more(&mut self, end: Instant) -> Result<(), &'static str> {
        let left = end.saturating_duration_since(Instant::now());
        match self.more.recv_timeout(left) {
            Ok(bytes) => self.bytes.extend(bytes),
            Err(RecvTimeoutError::Timeout) => return Err("HANGS"),
            Err(RecvTimeoutError::Disconnected) => return Err("ended"),
        }
        Ok(())
    }

    /// All output up to the end of the pipe.
    fn all(&mut self) -> String {
        let end = Instant::now() + HANG;
        while self.more(end).is_ok() {}
        self.text()
    }
}
