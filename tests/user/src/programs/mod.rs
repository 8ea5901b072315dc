// SPDX-License-Identifier: GPL-2.0

//! Existing programs, which do not depend on Devscope, in the tree that the host has fetched:
//! `/programs` is their root directory.
//!
//! - [`run`], [`Run`]: runs a program until it ends
//! - [`running`]: a program that runs while the test continues
//! - [`checks`]: a test suite that uses the library check

pub mod checks;
pub mod running;

pub use running::Running;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

const ROOT: &str = "/programs";

/// How long a program may run by default.
const LIMIT: Duration = Duration::from_secs(120);

/// The output of a program, and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
    /// Its exit status, or "signal: 9".
    pub ending: String,
}

impl Said {
    /// Panics unless the program exited with `status` and printed each of `words`, on either
    /// output.
    pub fn expect(&self, status: i32, words: &[&str]) {
        let ending = format!("exit status: {status}");
        assert_eq!(self.ending, ending, "{self}");
        for word in words {
            let said = self.stdout.contains(word) || self.stderr.contains(word);
            assert!(said, "it did not say `{word}`: {self}");
        }
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\n{}{}", self.ending, self.stdout, self.stderr)
    }
}

/// A program of the tree, with its arguments, environment and limit.
#[derive(Debug)]
pub struct Run {
    program: String,
    args: Vec<String>,
    variables: Vec<(String, String)>,
    limit: Duration,
}

impl Run {
    /// Runs the program of this path, which begins with a slash.
    ///
    /// # Panics
    ///
    /// If the tree does not have it.
    pub fn new(program: &str) -> Self {
        assert!(
            path(program).exists(),
            "there is no {program} in {ROOT}: the host could not fetch it"
        );
        Self {
            program: program.to_owned(),
            args: Vec::new(),
            variables: Vec::new(),
            limit: LIMIT,
        }
    }

    /// Adds arguments.
    pub fn args(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|&arg| arg.to_owned()));
        self
    }

    /// Sets a variable of its environment, which is almost empty.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets how long it may run, in whole seconds.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs it with `input` as its standard input. It is killed if it takes too long.
    pub fn run(self, input: &str) -> Said {
        let seconds = self.limit.as_secs().to_string();
        let mut command = Command::new("/bin/timeout");
        command.args(["-s", "KILL", &seconds, "chroot"]);
        let mut child = self.finish(command).spawn().expect("busybox can run it");
        let mut stdin = child.stdin.take().expect("a pipe");
        // Fails if the program ends before it has read all input.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("its output");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said {
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            ending: output.status.to_string(),
        }
    }

    /// Starts it, with an empty standard input and no limit.
    pub fn start(self) -> Running {
        let mut command = self.finish(Command::new("/bin/chroot"));
        Running::new(command.stdin(Stdio::null()))
    }

    /// Completes a command that ends with `chroot`.
    fn finish(&self, mut command: Command) -> Command {
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        command
            .args([ROOT, &self.program])
            .args(&self.args)
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C.UTF-8")])
            .envs(variables)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// Runs `program` of the tree with `args`, and `input` as its standard input. It is killed if it
/// takes too long.
pub fn run(program: &str, args: &[&str], input: &str) -> Said {
    Run::new(program).args(args).run(input)
}

/// The path outside of the tree for a path in it.
fn path(path: &str) -> PathBuf {
    Path::new(ROOT).join(path.trim_start_matches('/'))
}
