// SPDX-License-Identifier: GPL-2.0

//! The packaged compilers. They are named by path: a rustup toolchain ahead in PATH has no sources
//! of `core` and cannot build a kernel.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::exec;

/// Where the packages put their programs.
const BIN: &str = "/usr/bin";

/// The compilers of this machine.
#[derive(Clone, Debug)]
pub struct Toolchain {
    llvm: u32,
    identity: String,
}

impl Toolchain {
    /// Asks the installed compilers who they are.
    pub fn detect() -> Result<Self> {
        let rustc = exec::output(exec::command(tool("rustc")).arg("-vV"))?;
        let llvm = llvm_major(&rustc)
            .with_context(|| format!("{BIN}/rustc does not say which LLVM it uses"))?;
        let clang = exec::output(exec::command(format!("clang-{llvm}")).arg("--version"))
            .with_context(|| format!("the kernel needs the clang of rustc's LLVM {llvm}"))?;
        let sysroot = exec::output(exec::command(tool("rustc")).args(["--print", "sysroot"]))?;
        let core = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/core/src/lib.rs");
        if !core.exists() {
            bail!(
                "{BIN}/rustc comes without the sources of core, which a kernel is built from; \
                 install rust-web-src (`make setup` does)"
            );
        }
        Ok(Self {
            llvm,
            identity: format!("{rustc}\n{}", clang.lines().next().unwrap_or_default()),
        })
    }

    /// Everything that decides whether objects of one build fit those of another.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// The name of one of LLVM's own programs.
    pub fn llvm_tool(&self, name: &str) -> String {
        format!("llvm-{name}-{}", self.llvm)
    }

    /// Where bindgen finds the libclang to load.
    pub fn libclang(&self) -> PathBuf {
        PathBuf::from(format!("/usr/lib/llvm-{}/lib", self.llvm))
    }

    /// The variables for kbuild.
    pub fn make_variables(&self, bindgen: &Path) -> Vec<String> {
        let mut variables = vec![
            format!("LLVM=-{}", self.llvm),
            format!("BINDGEN={}", bindgen.display()),
        ];
        for (name, program) in [
            ("RUSTC", "rustc"),
            ("HOSTRUSTC", "rustc"),
            ("RUSTDOC", "rustdoc"),
            ("RUSTFMT", "rustfmt"),
            ("CLIPPY_DRIVER", "clippy-driver"),
        ] {
            variables.push(format!("{name}={}", tool(program).display()));
        }
        variables
    }
}

/// The path of a packaged Rust program.
pub fn tool(name: &str) -> PathBuf {
    Path::new(BIN).join(name)
}

fn llvm_major(rustc: &str) -> Option<u32> {
    let version = rustc
        .lines()
        .find_map(|l| l.strip_prefix("LLVM version: "))?;
    version.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::llvm_major;

    #[test]
    fn llvm_of_rustc() {
        let said = "rustc 1.96.0\nbinary: rustc\nrelease: 1.96.0\nLLVM version: 22.1.8\n";
        assert_eq!(llvm_major(said), Some(22));
        assert_eq!(llvm_major("rustc 1.96.0\n"), None);
    }
}
