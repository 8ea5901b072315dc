// SPDX-License-Identifier: GPL-2.0

//! Where `unsafe` may be: in no driver, and elsewhere in the kernel only in files whose second line
//! says what for.

use anyhow::{Result, bail};
use fs_err as fs;

use crate::files;
use crate::paths::Paths;

/// Directories of drivers, of hostile ones among them.
const SAFE: &[&str] = &[
    "drivers",
    "samples",
    "tests/hostile",
    "tests/external",
    "tests/examples",
];

/// Directories of what they stand on.
const ANNOUNCED: &[&str] = &["rust", "tests/kmod"];

/// What is not safe Rust, under any name.
const UNSAFE: &[&str] = &[
    "unsafe",
    "no_mangle",
    "export_name",
    "link_name",
    "link_section",
];

/// Checks every file.
pub fn check(paths: &Paths) -> Result<()> {
    let mut wrong = Vec::new();
    for (dirs, fault) in [
        (SAFE, is_unsafe as fn(&str) -> bool),
        (ANNOUNCED, is_unannounced),
    ] {
        for file in files::rust(paths.root(), dirs)? {
            if fault(&fs::read_to_string(&file)?) {
                wrong.push(file.display().to_string());
            }
        }
    }
    if !wrong.is_empty() {
        bail!("it is not so in {}", wrong.join(", "));
    }
    Ok(())
}

/// Whether there is anything unsafe in `text`. Comments do not count; strings do.
fn is_unsafe(text: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .flat_map(|line| line.split(|c| !is_part(c)))
        .any(|word| UNSAFE.contains(&word))
}

/// Whether there is, and the second line does not say so.
fn is_unannounced(text: &str) -> bool {
    let second = text.lines().nth(1).unwrap_or_default();
    is_unsafe(text) && !second.starts_with("// UNSAFE: ")
}

#[cfg(test)]
mod tests {
    use super::{is_unannounced, is_unsafe};

    #[test]
    fn what_is_unsafe() {
        assert!(is_unsafe("let x = unsafe { f() };"));
        assert!(is_unsafe("    unsafe(uninit) static X: u32 = 0;"));
        assert!(is_unsafe("#[no_mangle]\nfn f() {}"));
        assert!(!is_unsafe(
            "let not_unsafe_at_all = 1; // unsafe\n//! unsafe"
        ));
    }

    #[test]
    fn what_says_so() {
        let text = "// SPDX\n// UNSAFE: C.\nunsafe { f() }\n";
        assert!(!is_unannounced(text));
        assert!(is_unannounced("// SPDX\n\nunsafe { f() }\n"));
        assert!(!is_unannounced("// SPDX\n\nf()\n"));
    }
}
