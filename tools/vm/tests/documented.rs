// SPDX-License-Identifier: GPL-2.0

//! What README and Documentation say to run can be run. (What builds a driver elsewhere is run in
//! src/external.rs.)

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn targets_of_make() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut files = vec![root.join("README.md")];
    for entry in fs::read_dir(root.join("Documentation")).unwrap() {
        files.push(entry.unwrap().path());
    }
    let mut commands = 0;
    for file in files.iter().filter(|file| file.is_file()) {
        for line in fs::read_to_string(file).unwrap().lines() {
            // A line of a literal block, or what a prompt is before.
            let indented = line.strip_prefix("    ").map(str::trim);
            let Some(command) = line.strip_prefix("$ ").or(indented) else {
                continue;
            };
            let Some(words) = command.strip_prefix("make ") else {
                continue;
            };
            if words.starts_with("-C") {
                continue;
            }
            commands += 1;
            // A shell, as the reader has one, for what is quoted.
            let output = Command::new("sh")
                .args(["-c", &format!("make -n {words}")])
                .current_dir(root)
                .env_remove("MAKEFLAGS")
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "{}: {command}: {said}",
                file.display()
            );
        }
    }
    assert!(commands >= 4, "only {commands} commands were found");
}
