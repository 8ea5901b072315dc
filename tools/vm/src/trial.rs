// SPDX-License-Identifier: GPL-2.0

//! Compiles sources as parts of drivers, outside of the clone, to hear what the compiler says of
//! each of them.

use std::path::Path;

use anyhow::Result;
use fs_err as fs;

use crate::exec;
use crate::kernel::Kernel;
use crate::modules::Modules;
use crate::paths::Paths;

/// What a driver says that may use all of the framework.
const KBUILD: &str = "include $(DEVSCOPE)/rust/devscope.mk\n\
    rustflags-y += --extern devscope_input -L $(DEVSCOPE)/rust/input\n";

/// What became of some sources.
#[derive(Debug)]
pub struct Trial {
    compiled: Vec<String>,
    said: String,
}

impl Trial {
    /// Compiles those of `sources`, which are names and texts, that `objects` names: all in one
    /// make. What is said is in the log `what`.
    pub fn run(
        paths: &Paths,
        kernel: &Kernel,
        what: &str,
        sources: &[(String, String)],
        objects: &[&str],
    ) -> Result<Self> {
        let modules = Modules::build(paths, kernel)?;
        let scratch = paths.scratch()?;
        let dir = scratch.path();
        for (name, text) in sources {
            fs::write(dir.join(format!("{name}.rs")), text)?;
        }
        let targets: Vec<_> = objects.iter().map(|name| format!("{name}.o")).collect();
        let kbuild = format!("{KBUILD}obj-m := {}\n", targets.join(" "));
        fs::write(dir.join("Kbuild"), kbuild)?;
        let mut make = modules.make(kernel, dir)?;
        make.args(["--keep-going", "--output-sync=target"])
            .arg(exec::jobs())
            .args(&targets);
        let output = exec::captured(&mut make)?;
        fs::write(paths.log(what)?, &output.stderr)?;
        let is_there = |name: &&&str| dir.join(format!("{name}.o")).exists();
        let compiled = objects.iter().filter(is_there);
        Ok(Self {
            compiled: compiled.map(|name| (*name).to_owned()).collect(),
            said: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Whether the object `name` was made.
    pub fn compiled(&self, name: &str) -> bool {
        self.compiled.iter().any(|other| other == name)
    }

    /// The compiler's errors in the source `name`, with their lines.
    pub fn errors(&self, name: &str) -> Vec<(usize, &str)> {
        let file = format!("{name}.rs");
        let mut found = Vec::new();
        let mut error = None;
        for line in self.said.lines() {
            if line.starts_with("error") {
                error = Some(line);
            } else if line.starts_with("warning") {
                // What ended the compiler before has no place.
                error = None;
            } else if let Some(place) = line.trim_start().strip_prefix("--> ") {
                let mut place = place.split(':');
                let path = place.next().unwrap_or_default();
                let number = place.next().and_then(|number| number.parse().ok());
                if let (Some(error), Some(number)) = (error.take(), number)
                    && Path::new(path).ends_with(&file)
                {
                    found.push((number, error));
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::Trial;

    #[test]
    fn errors_of_a_file() {
        let said = "warning: w\n  --> a.rs:1:1\nerror[E1]: no\n   --> /tmp/b.rs:3:9\n\
                    error[E2]: no\n --> /tmp/b.rs:4:9\n --> /tmp/b.rs:5:9\nerror: aborting\n";
        let (compiled, said) = (Vec::new(), said.to_owned());
        let mut trial = Trial { compiled, said };
        let expected = [(3, "error[E1]: no"), (4, "error[E2]: no")];
        assert_eq!(trial.errors("b"), expected);
        assert!(trial.errors("a").is_empty());
        trial.said += "warning: w\n --> c.rs:1:1\n";
        assert!(trial.errors("c").is_empty());
    }
}
