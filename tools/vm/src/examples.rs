// SPDX-License-Identifier: GPL-2.0

//! The examples of the documentation compile.
//!
//! Those of doc comments are compiled as modules of the driver in tests/examples. The kernel has
//! rustdoc make KUnit tests of its own (scripts/rustdoc_test_gen.rs). That is for the crate `kernel`
//! alone, and for what can run anywhere: ours need a device that is bound and an open file.
//!
//! Those of the README and of Documentation are excerpts of a driver that is compiled. `...` stands
//! for what is left out, and layout and comments do not count.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use fs_err as fs;

use crate::blocks::{self, Block};
use crate::files;
use crate::kernel::Kernel;
use crate::paths::Paths;
use crate::report::Report;
use crate::trial::Trial;

/// What examples of doc comments are compiled with, and its root.
pub const CONTEXT: &str = "tests/examples";
const DRIVER: &str = "driver";

/// Drivers that are compiled, and what the compiler refuses.
const DRIVERS: &[&str] = &[
    "drivers",
    "samples",
    "tests/external",
    "tests/kmod",
    CONTEXT,
];
const REFUSED: &[&str] = &["tests/compile-fail"];

/// A file that has examples.
struct Page {
    name: String,
    blocks: Vec<Block>,
    /// What is wrong with them.
    faults: Vec<String>,
}

/// Those of `files` that have examples. There is one at least.
fn pages(paths: &Paths, mut files: Vec<PathBuf>) -> Result<Vec<Page>> {
    files.sort();
    let mut pages = Vec::new();
    for file in files {
        let name = file.strip_prefix(paths.root())?.display().to_string();
        let (blocks, faults) = match blocks::rust(&name, &fs::read_to_string(&file)?) {
            Ok(blocks) if blocks.is_empty() => continue,
            Ok(blocks) => (blocks, Vec::new()),
            Err(error) => (Vec::new(), vec![error.to_string()]),
        };
        pages.push(Page {
            name,
            blocks,
            faults,
        });
    }
    ensure!(!pages.is_empty(), "no example is found");
    Ok(pages)
}

fn tell(report: &mut Report, pages: Vec<Page>) {
    for page in pages {
        let test = format!("examples: {} in {}", page.blocks.len(), page.name);
        match page.faults.is_empty() {
            true => report.pass("host", &test),
            false => report.fail("host", &test, &page.faults.join("; ")),
        }
    }
}

/// Compiles the examples of doc comments.
pub fn compile(paths: &Paths, kernel: &Kernel, report: &mut Report) -> Result<()> {
    let mut pages = pages(paths, files::of(&paths.root().join("rust"), "rs")?)?;
    let mut driver = Vec::new();
    for file in files::of(&paths.root().join(CONTEXT), "rs")? {
        driver.push((files::stem(&file), fs::read_to_string(file)?));
    }
    let mut examples = Vec::new();
    for (at, page) in pages.iter().enumerate() {
        for Block { line, text } in &page.blocks {
            let module = format!("example_{}", examples.len());
            // The compiler's lines are those of the file.
            let text = format!("{}{text}use super::*;\n", "\n".repeat(line - 1));
            examples.push((at, (module, text)));
        }
    }

    // The compiler does not look at everything once it has found an error. So those that it refuses
    // are left out, until it refuses none.
    loop {
        let mut sources = driver.clone();
        let root = sources.iter_mut().find(|(name, _)| name == DRIVER);
        let (_, root) = root.context("the driver of the examples is missing")?;
        for (_, (module, _)) in &examples {
            *root += &format!("pub mod {module};\n");
        }
        sources.extend(examples.iter().map(|(_, source)| source.clone()));
        let trial = Trial::run(paths, kernel, "examples", &sources, &[DRIVER])?;
        if trial.compiled(DRIVER) {
            break;
        }
        let before = examples.len();
        examples.retain(|(at, (module, _))| {
            let errors = trial.errors(module);
            let fault = |(line, error): &(usize, &str)| format!("line {line}: {error}");
            pages[*at].faults.extend(errors.iter().map(fault));
            errors.is_empty()
        });
        if examples.len() == before {
            bail!("{CONTEXT} does not compile: build/logs/examples.log says why");
        }
    }
    tell(report, pages);
    Ok(())
}

/// Finds the examples of the other documentation in drivers.
pub fn find(paths: &Paths, report: &mut Report) -> Result<()> {
    let mut found = files::of(&paths.root().join("Documentation"), "rst")?;
    found.push(paths.root().join("README.md"));
    let mut pages = pages(paths, found)?;
    let (drivers, refused) = (code(paths, DRIVERS)?, code(paths, REFUSED)?);
    for page in &mut pages {
        for Block { line, text } in &page.blocks {
            let code = match text.contains("// error[") {
                true => &refused,
                false => &drivers,
            };
            if !code.iter().any(|code| is_excerpt(text, code)) {
                page.faults
                    .push(format!("line {line}: it is in no driver that is compiled"));
            }
        }
    }
    tell(report, pages);
    Ok(())
}

/// All files below `dirs`, as [`bare`] code.
fn code(paths: &Paths, dirs: &[&str]) -> Result<Vec<String>> {
    let code = |file| Ok(bare(&fs::read_to_string(file)?));
    let files = files::rust(paths.root(), dirs)?;
    files.into_iter().map(code).collect()
}

/// Code without comments and layout; so no comma before what closes a list, where rustfmt puts one.
fn bare(text: &str) -> String {
    let lines = text.lines().flat_map(|line| line.split("//").next());
    let text: String = lines.flat_map(str::split_whitespace).collect();
    text.replace(",)", ")")
        .replace(",]", "]")
        .replace(",}", "}")
}

/// Whether `code` has all of `block`, in this order.
fn is_excerpt(block: &str, code: &str) -> bool {
    let block = bare(block);
    let mut parts = block.trim_end_matches(',').split("...");
    let rest = parts.try_fold(code, |rest, part| Some(rest.split_once(part)?.1));
    rest.is_some()
}

#[cfg(test)]
mod tests {
    use super::{bare, is_excerpt};

    #[test]
    fn excerpts() {
        let code =
            bare("struct A {\n    b: u32, // Why.\n    c: u32,\n}\n\nfn f() {\n    a(b)\n}\n");
        assert!(is_excerpt("struct A { b: u32, ... }\n...\nf() {\n", &code));
        assert!(is_excerpt("b: u32,\n    c: u32, // Other.\n", &code));
        assert!(!is_excerpt("struct A {\n    c: u32,\n}", &code));
        assert!(!is_excerpt("fn f() {\n...\nstruct A {", &code));
    }
}
