// SPDX-License-Identifier: GPL-2.0

//! What Documentation names is there.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use fs_err as fs;

use crate::files;
use crate::paths::Paths;
use crate::report::Report;

const PAGES: &str = "Documentation";

/// The page whose right column has names of the framework.
const IDIOMS: &str = "Documentation/c-idioms.rst";

/// What names of files end with.
const KINDS: &[&str] = &["asl", "c", "conf", "config", "h", "list", "mk", "rs"];

/// What `make new DRIVER=hello` writes.
const WRITTEN: &str = "samples/hello/";

/// Where a name may begin.
const BASES: &[&str] = &["", "rust/devscope"];

/// Checks both.
pub fn check(paths: &Paths, report: &mut Report) {
    let files = files_are_there(paths);
    report.check("host", "each file that Documentation names is there", files);
    let counterparts = counterparts_are_there(paths);
    report.check("host", "what stands for idioms of C is there", counterparts);
}

/// Each file that a page names is there.
fn files_are_there(paths: &Paths) -> Result<()> {
    let mut found = 0;
    for page in files::of(&paths.root().join(PAGES), "rst")? {
        for name in literals(&fs::read_to_string(&page)?).filter(|it| is_file(it)) {
            let mut places = BASES.iter().map(|base| paths.root().join(base).join(name));
            if !places.any(|place| place.is_file()) {
                bail!("{}: there is no {name}", page.display());
            }
            found += 1;
        }
    }
    ensure!(found > 0, "no name of a file was found");
    Ok(())
}

/// Each function and macro that stands for an idiom of C is defined by the framework, or called by a
/// driver.
fn counterparts_are_there(paths: &Paths) -> Result<()> {
    let framework = code(paths, &["rust"])?;
    let drivers = code(paths, &["drivers", "samples", "tests/kmod"])?;
    let page = fs::read_to_string(paths.root().join(IDIOMS))?;
    let mut found = 0;
    for (literal, name) in counterparts(&page) {
        let is_in = |text: &str, forms: &[&str]| {
            let mut forms = forms.iter().map(|form| form.replace("NAME", name));
            forms.any(|form| text.contains(&form))
        };
        if !is_in(&framework, &["fn NAME(", "fn NAME<", "macro_rules! NAME "])
            && !is_in(&drivers, &[".NAME(", "::NAME("])
        {
            bail!("{IDIOMS}: there is no {literal}");
        }
        found += 1;
    }
    ensure!(found > 0, "no name of a function was found");
    Ok(())
}

/// What is between double backquotes.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    text.split("``").skip(1).step_by(2)
}

fn is_file(name: &str) -> bool {
    let kind = Path::new(name).extension().and_then(|it| it.to_str());
    kind.is_some_and(|kind| KINDS.contains(&kind))
        && name.contains('/')
        && !name.contains(char::is_whitespace)
        && !name.starts_with(WRITTEN)
}

/// The functions and macros in the right columns of a page's tables: as they are written, and their
/// bare names.
fn counterparts(page: &str) -> impl Iterator<Item = (&str, &str)> {
    let rows = page.split("\n   * - ");
    let right = rows.filter_map(|row| Some(row.split_once("\n     - ")?.1));
    right.flat_map(literals).filter_map(|literal| {
        let name = literal
            .strip_suffix("()")
            .or_else(|| literal.strip_suffix('!'))?;
        Some((literal, name.rsplit(['.', ':']).next()?))
    })
}

fn code(paths: &Paths, dirs: &[&str]) -> Result<String> {
    let mut text = String::new();
    for file in files::rust(paths.root(), dirs)? {
        text += &fs::read_to_string(file)?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{counterparts, is_file};

    #[test]
    fn files() {
        assert!(is_file("fops/shim/mod.rs"));
        assert!(is_file("tools/vm/guest/tests.conf"));
        for none in [
            "edu.rs",
            "samples/hello/hello.rs",
            "a b/c.rs",
            "rust/devscope",
        ] {
            assert!(!is_file(none), "{none}");
        }
    }

    #[test]
    fn right_column() {
        let page = "So\n   * - C\n     - ours\n   * - ``free_irq()``\n     - ``irq::register()``,\n       \
                    ``new_work!`` and ``Turns``\n";
        let expected = [("irq::register()", "register"), ("new_work!", "new_work")];
        assert!(counterparts(page).eq(expected));
    }
}
