// SPDX-License-Identifier: GPL-2.0

//! Programs that know nothing of Devscope, in the tree that the host has fetched: `/programs` is
//! their root directory.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

const ROOT: &str = "/programs";

/// How long a program may run, in seconds.
const LIMIT: &str = "120";

/// What a program said and how it ended.
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
    /// Panics unless the program exited with `status` and said each of `words`, on whichever output.
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

/// Runs `program` of the tree with `args`, and `input` as its standard input. It is killed if it
/// takes too long.
pub fn run(program: &str, args: &[&str], input: &str) -> Said {
    assert!(
        Path::new(ROOT).join(&program[1..]).exists(),
        "there is no {program} in {ROOT}: the host could not fetch it"
    );
    let mut child = Command::new("/bin/timeout")
        .args(["-s", "KILL", LIMIT, "chroot", ROOT, program])
        .args(args)
        .env_clear()
        .envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C.UTF-8")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("busybox can run it");
    let mut stdin = child.stdin.take().expect("a pipe");
    // It may end before it has read all.
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
