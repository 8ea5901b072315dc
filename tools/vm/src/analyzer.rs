// SPDX-License-Identifier: GPL-2.0

//! `make rust-analyzer`: the kernel's rust-project.json, with the framework's crates known to the
//! drivers.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::crates::CRATES;
use crate::exec;
use crate::kernel::Kernel;
use crate::modules::{self, Modules};
use crate::paths::{self, Paths};
use crate::ui;

/// Writes rust-project.json at the top of the clone.
pub fn write(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let objects = Modules::build(paths, kernel)?.dir().to_owned();
    let mut make = modules::kbuild(paths, kernel, &objects)?;
    exec::logged(make.arg("rust-analyzer"), &paths.log("rust-analyzer")?)?;
    // kbuild writes to the directory of the objects.
    let made = std::fs::read_to_string(objects.join("rust-project.json"))
        .context("kbuild wrote no rust-project.json")?;
    let mut project: Value = serde_json::from_str(&made)?;
    let root = paths.root().to_string_lossy().into_owned();
    link(&mut project, &root, &objects.to_string_lossy())
        .context("rust-project.json is not as expected")?;
    let file = paths.root().join("rust-project.json");
    paths::write(&file, serde_json::to_string_pretty(&project)?)?;
    ui::step("GEN", "rust-project.json");
    Ok(())
}

/// Adds the framework's crates, each of which may use those before it, and lets the other crates of
/// the clone depend on them. The kernel's script sees only crates whose root file has the name of a
/// module.
fn link(project: &mut Value, root: &str, objects: &str) -> Option<()> {
    let crates = project.get_mut("crates")?.as_array_mut()?;
    let first = crates.len();
    let deps = |to: usize| -> Vec<Value> {
        let known = CRATES.iter().enumerate().take(to);
        known
            .map(|(i, it)| json!({ "crate": first + i, "name": it.name }))
            .collect()
    };
    let ours = |c: &Value| {
        let module = c["root_module"].as_str().unwrap_or_default();
        module.starts_with(&format!("{root}/"))
    };
    let pattern = crates.iter().find(|c| ours(c))?.clone();
    for driver in crates.iter_mut().filter(|c| ours(c)) {
        driver["deps"].as_array_mut()?.extend(deps(CRATES.len()));
    }
    for (i, it) in CRATES.iter().enumerate() {
        let mut framework = pattern.clone();
        let dir = format!("{root}/{}", it.dir);
        let bindings = format!("{objects}/{}", it.bindings);
        let (bindings_dir, _) = bindings.rsplit_once('/')?;
        framework["display_name"] = it.name.into();
        framework["root_module"] = format!("{dir}/lib.rs").into();
        framework["source"] = json!({ "include_dirs": [dir, bindings_dir], "exclude_dirs": [] });
        framework["env"][it.variable()] = bindings.into();
        framework["deps"].as_array_mut()?.extend(deps(i));
        crates.push(framework);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::link;
    use serde_json::json;

    #[test]
    fn drivers_depend_on_the_framework() {
        let mut project = json!({ "crates": [
            { "display_name": "kernel", "root_module": "/src/rust/kernel/lib.rs", "deps": [] },
            { "display_name": "edu", "root_module": "/clone/samples/edu/edu.rs", "deps": [] },
        ]});
        link(&mut project, "/clone", "/clone/build").unwrap();
        assert_eq!(project["crates"][0]["deps"], json!([]));
        let framework = json!({ "crate": 2, "name": "devscope" });
        let cros_ec = json!({ "crate": 3, "name": "devscope_cros_ec" });
        let input = json!({ "crate": 4, "name": "devscope_input" });
        assert_eq!(
            project["crates"][1]["deps"],
            json!([framework, cros_ec, input])
        );
        let library = &project["crates"][2];
        assert_eq!(library["root_module"], "/clone/rust/devscope/lib.rs");
        assert_eq!(library["deps"], json!([]));
        let library = &project["crates"][3];
        assert_eq!(library["source"]["include_dirs"][0], "/clone/rust/cros_ec");
        assert_eq!(library["deps"], json!([framework]));
    }
}
