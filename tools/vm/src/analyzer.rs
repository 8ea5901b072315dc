// SPDX-License-Identifier: GPL-2.0

//! `make rust-analyzer`: the kernel's rust-project.json, with the framework's crate known to the
//! drivers.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::exec;
use crate::kernel::Kernel;
use crate::modules::{self, Modules};
use crate::paths::{self, Paths};
use crate::ui;

/// The framework's crate and its root file.
const CRATE: &str = "devscope";
const CRATE_ROOT: &str = "rust/devscope/lib.rs";

/// Writes rust-project.json at the top of the clone.
pub fn write(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let objects = Modules::build(paths, kernel)?.dir().to_owned();
    let mut make = modules::kbuild(paths, kernel, &objects);
    exec::logged(make.arg("rust-analyzer"), &paths.log("rust-analyzer")?)?;
    // kbuild writes to the directory of the objects.
    let made = std::fs::read_to_string(objects.join("rust-project.json"))
        .context("kbuild wrote no rust-project.json")?;
    let mut project: Value = serde_json::from_str(&made)?;
    let root = paths.root().to_string_lossy().into_owned();
    let bindings = objects.join("rust/bindings");
    link(&mut project, &root, &bindings.to_string_lossy())
        .context("rust-project.json is not as expected")?;
    let file = paths.root().join("rust-project.json");
    paths::write(&file, serde_json::to_string_pretty(&project)?)?;
    ui::step("GEN", "rust-project.json");
    Ok(())
}

/// Adds the framework's crate, and lets the other crates of the clone depend on it. The kernel's
/// script sees only crates whose root file has the name of a module.
fn link(project: &mut Value, root: &str, bindings: &str) -> Option<()> {
    let crates = project.get_mut("crates")?.as_array_mut()?;
    let lib = crates.len();
    let ours = |c: &Value| {
        let module = c["root_module"].as_str().unwrap_or_default();
        module.starts_with(&format!("{root}/"))
    };
    let mut framework = crates.iter().find(|c| ours(c))?.clone();
    framework["display_name"] = CRATE.into();
    framework["root_module"] = format!("{root}/{CRATE_ROOT}").into();
    framework["env"]["DEVSCOPE_BINDINGS"] = format!("{bindings}/bindings.rs").into();
    framework["source"] = json!({
        "include_dirs": [format!("{root}/rust/devscope"), bindings],
        "exclude_dirs": [],
    });
    for driver in crates.iter_mut().filter(|c| ours(c)) {
        let deps = driver["deps"].as_array_mut()?;
        deps.push(json!({ "crate": lib, "name": CRATE }));
    }
    crates.push(framework);
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
        assert_eq!(
            project["crates"][1]["deps"],
            json!([{ "crate": 2, "name": "devscope" }])
        );
        let framework = &project["crates"][2];
        assert_eq!(framework["root_module"], "/clone/rust/devscope/lib.rs");
        assert_eq!(framework["deps"], json!([]));
    }
}
