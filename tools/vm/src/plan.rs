// SPDX-License-Identifier: GPL-2.0

//! What each kind of guest is made of.

use anyhow::{Context, Result};
use fs_err as fs;

use crate::files;
use crate::guest;
use crate::initramfs::Initramfs;
use crate::kernel::Kernel;
use crate::ko::Available;
use crate::machine::Machine;
use crate::modules::Modules;
use crate::paths::Paths;
use crate::qemu::Mode;
use crate::workload::Workload;

/// It says which modules.
const FILE: &str = "tools/vm/guest/modules.conf";

/// What devscope-torture is told of nodes.
const PROFILES: &str = "tools/devscope-torture/profiles";

/// Builds the modules and programs for `machine` and puts them together, with those of
/// `workload`.
pub fn image(machine: &Machine<'_>, workload: &Workload) -> Result<Initramfs> {
    let Machine {
        paths,
        kernel,
        mode,
        ..
    } = *machine;
    let modules = match mode {
        Mode::Run => Modules::without_tests(paths, kernel)?,
        _ => Modules::build(paths, kernel)?,
    };
    let available = Available::new(&modules, kernel);
    let mut image = Initramfs::new(paths)?;
    let load = match mode {
        Mode::Kunit => "kunit",
        _ => "load",
    };
    let mut lists = vec![("base", "base"), (load, mode.into_str())];
    if mode == Mode::Test && !machine.kunit.is_empty() {
        lists.push(("kunit", "kunit"));
    }
    let has_more = !matches!(mode, Mode::Kunit | Mode::Provoke);
    if has_more {
        lists.push(("available", "available"));
    }
    for (list, key) in lists {
        image.modules(list, &names(paths, key, kernel, &available)?, &available)?;
    }
    if has_more {
        image.programs("bin", &guest::programs(paths, mode)?);
        image.files("etc/torture", &paths.root().join(PROFILES))?;
    }
    image.programs("tests", workload.programs());
    image.text("etc/tests", &workload.list());
    Ok(image)
}

/// The modules on the line `key`, which is a mode's name, or "available".
fn names(paths: &Paths, key: &str, kernel: &Kernel, available: &Available) -> Result<Vec<String>> {
    let text = fs::read_to_string(paths.root().join(FILE))?;
    let line = line_of(&text, key).with_context(|| format!("{FILE} does not name `{key}`"))?;
    Ok(line
        .iter()
        .flat_map(|word| {
            if let Some(dir) = word.strip_suffix("/*") {
                return available.below(&paths.build(kernel.name()).join(dir));
            }
            match word.strip_suffix('?') {
                Some(name) if !available.has(name) => Vec::new(),
                Some(name) => vec![name.to_owned()],
                None => vec![(*word).to_owned()],
            }
        })
        .collect())
}

fn line_of<'a>(text: &'a str, key: &str) -> Option<Vec<&'a str>> {
    let mut lines = files::words(text);
    let line = lines.find(|words| words[0] == key)?;
    Some(line[1..].to_vec())
}

#[cfg(test)]
mod tests {
    use super::line_of;

    #[test]
    fn lines() {
        let text = "# run nothing\nrun  devscope edu # both\nshell samples/*\n";
        assert_eq!(line_of(text, "run"), Some(vec!["devscope", "edu"]));
        assert_eq!(line_of(text, "shell"), Some(vec!["samples/*"]));
        assert_eq!(line_of(text, "bench"), None);
    }
}
