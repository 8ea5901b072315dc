// SPDX-License-Identifier: GPL-2.0

//! What README and Documentation say to run can be run, and what they name is there. (What builds a
//! driver elsewhere is run in src/external.rs.)

use std::fs;
use std::path::Path;
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

#[test]
fn targets_of_make() {
    let root = Path::new(ROOT);
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

/// Each file that a page names is there: in the clone, or in the framework.
#[test]
fn files() {
    const KINDS: &[&str] = &["asl", "c", "conf", "config", "h", "list", "mk", "rs"];
    // What `make new DRIVER=hello` writes.
    const WRITTEN: &str = "samples/hello/";

    let root = Path::new(ROOT);
    let mut files = 0;
    for page in fs::read_dir(root.join("Documentation")).unwrap() {
        let page = page.unwrap().path();
        if page.extension().is_none_or(|it| it != "rst") {
            continue;
        }
        let text = fs::read_to_string(&page).unwrap();
        for name in text.split("``").skip(1).step_by(2) {
            let kind = Path::new(name).extension().and_then(|it| it.to_str());
            let is_file = kind.is_some_and(|kind| KINDS.contains(&kind)) && name.contains('/');
            if !is_file || name.contains(char::is_whitespace) || name.starts_with(WRITTEN) {
                continue;
            }
            let places = [root.join(name), root.join("rust/devscope").join(name)];
            let there = places.iter().any(|it| it.is_file());
            assert!(there, "{}: {name} is not there", page.display());
            files += 1;
        }
    }
    assert!(files >= 40, "only {files} names were found");
}

/// All Rust below `dir`.
fn code(dir: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &code(&path);
        } else if path.extension().is_some_and(|it| it == "rs") {
            text += &fs::read_to_string(path).unwrap();
        }
    }
    text
}

/// Each function and macro in the right column of the table of idioms is defined by the framework, or
/// called by a driver.
#[test]
fn counterparts_of_idioms() {
    let root = Path::new(ROOT);
    let framework = code(&root.join("rust"));
    let drivers = ["drivers", "samples", "tests/kmod"].map(|dir| code(&root.join(dir)));
    let drivers = drivers.concat();

    let page = fs::read_to_string(root.join("Documentation/c-idioms.rst")).unwrap();
    // A cell of the right column is what follows `     - `, up to the next row.
    let rows = page.split("\n   * - ");
    let right = rows.filter_map(|row| Some(row.split_once("\n     - ")?.1));
    let mut names = 0;
    for cell in right {
        for literal in cell.split("``").skip(1).step_by(2) {
            let Some(name) = literal.strip_suffix("()").or(literal.strip_suffix('!')) else {
                continue;
            };
            let name = name.rsplit(['.', ':']).next().unwrap();
            let is_in = |text: &str, forms: &[String]| forms.iter().any(|it| text.contains(it));
            let defined = ["fn NAME(", "fn NAME<", "macro_rules! NAME "];
            let called = [".NAME(", "::NAME("];
            let defined = defined.map(|form| form.replace("NAME", name));
            let called = called.map(|form| form.replace("NAME", name));
            let there = is_in(&framework, &defined) || is_in(&drivers, &called);
            assert!(there, "{literal} is not there");
            names += 1;
        }
    }
    assert!(names >= 60, "only {names} names were found");
}
