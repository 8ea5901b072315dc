// SPDX-License-Identifier: GPL-2.0

//! `make new`: what is no name for a driver is refused, and nothing is written then. What it accepts
//! compiles: src/external.rs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn dir(test: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    // It may be there from a run that failed.
    let _ = fs::remove_dir_all(&dir);
    dir
}

fn new(name: &str, dir: &Path, git: &str, author: Option<&str>) -> Output {
    let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../new-driver.sh"));
    script
        .args([name.as_ref(), dir.as_os_str()])
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "user.name")
        .env("GIT_CONFIG_VALUE_0", git)
        .env_remove("AUTHOR");
    if let Some(author) = author {
        script.env("AUTHOR", author);
    }
    script.output().unwrap()
}

#[track_caller]
fn refused(output: &Output, dir: &Path, why: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it was taken; expected: {why}");
    assert!(said.contains(why), "{said}");
    assert!(!dir.exists());
}

#[test]
fn names() {
    let dir = dir("new-names");
    let long = "a".repeat(51);
    for (name, why) in [
        ("", "which name?"),
        ("Hello", "no name for a driver"),
        ("9lives", "no name for a driver"),
        ("_hello", "no name for a driver"),
        ("he-llo", "no name for a driver"),
        ("he llo", "no name for a driver"),
        ("hello\n", "no name for a driver"),
        ("../hello", "no name for a driver"),
        ("h\u{e9}llo", "no name for a driver"),
        ("$(reboot)", "no name for a driver"),
        ("match", "word of Rust's"),
        ("self", "word of Rust's"),
        ("core", "is called"),
        ("kernel", "is called"),
        ("devscope", "is called"),
        ("testdev", "called 'testdev' already"),
        (&long, "too long"),
    ] {
        refused(&new(name, &dir, "Somebody", None), &dir, why);
    }
}

#[test]
fn authors() {
    let dir = dir("new-authors");
    for author in ["J\u{fc}rgen M\u{fc}ller", "a\"b", "a\\b", "a{}", "a\nb"] {
        refused(
            &new("hello", &dir, "Somebody", Some(author)),
            &dir,
            "AUTHOR is",
        );
        // Git's is not asked for, and so not refused.
        let output = new("hello", &dir, author, None);
        assert!(output.status.success(), "{output:?}");
        let driver = fs::read_to_string(dir.join("hello.rs")).unwrap();
        assert!(driver.is_ascii());
        assert!(!driver.contains(author));
        fs::remove_dir_all(&dir).unwrap();
    }
    for (git, author) in [
        ("Joe O'Brien <joe@example.org>", None),
        ("J\u{fc}rgen", Some("Juergen")),
    ] {
        let output = new("hello", &dir, git, author);
        assert!(output.status.success(), "{output:?}");
        let line = format!("    authors: [\"{}\"],\n", author.unwrap_or(git));
        let driver = fs::read_to_string(dir.join("hello.rs")).unwrap();
        assert!(driver.contains(&line), "{driver}");
        fs::remove_dir_all(&dir).unwrap();
    }
}
