// SPDX-License-Identifier: GPL-2.0

//! The compilers that a kernel and its modules are built with. Those of this machine's packages are
//! named by path: a rustup toolchain ahead in PATH has no sources of `core` and cannot build a
//! kernel.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::config::Config;
use crate::exec;
use crate::root::Root;

/// Where the packages put their programs.
const BIN: &str = "/usr/bin";

/// The compilers of this machine, for what is built from scratch.
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

    /// What builds kernels, and modules for them.
    pub fn build(&self, bindgen: &Path) -> Build {
        let mut variables = vec![
            format!("LLVM=-{}", self.llvm),
            format!("BINDGEN={}", bindgen.display()),
        ];
        variables.extend(rust_programs(Path::new(BIN)));
        Build {
            root: None,
            variables,
            libclang: libclang(self.llvm),
        }
    }
}

/// A kbuild with its compilers.
#[derive(Clone, Debug)]
pub struct Build {
    root: Option<Root>,
    variables: Vec<String>,
    libclang: PathBuf,
}

impl Build {
    /// What goes with a kernel of somebody else's, which says in its `config` what it was built with.
    /// The programs are this machine's, or those in `root`.
    ///
    /// # Errors
    ///
    /// When there is no such compiler: crates of two versions of rustc do not go together, nor what
    /// GCC and clang are told.
    pub fn of_kernel(config: &Config, root: Option<Root>, bindgen: &Path) -> Result<Self> {
        let has = |name: &str| match &root {
            Some(root) => root.has(name),
            None => exec::find(name).is_ok(),
        };
        let llvm = config.major("RUSTC_LLVM_VERSION")?;
        let mut variables = Vec::new();
        let text = config.value("CC_VERSION_TEXT")?;
        if config.has("CC_IS_CLANG") {
            let clang = config.major("CLANG_VERSION")?;
            if !has(&format!("clang-{clang}")) {
                bail!("it was built with `{text}`, and there is no clang-{clang} here");
            }
            variables.push(format!("LLVM=-{clang}"));
        } else {
            let gcc = text.split(' ').next().unwrap_or_default();
            if !has(gcc) {
                bail!("it was built with `{text}`, and there is no {gcc} here");
            }
            variables.push(format!("CC={gcc}"));
            // Helpers are inlined with the LLVM of rustc, where that is here.
            if has(&format!("clang-{llvm}")) && has(&format!("llvm-link-{llvm}")) {
                variables.push(format!("DEVSCOPE_LLVM=-{llvm}"));
            }
        }
        let (bin, bindgen, libclang_of) = match &root {
            Some(_) => (PathBuf::from(BIN), Path::new("/usr/bin/bindgen"), llvm),
            None => {
                let bin = rustc_like(config.value("RUSTC_VERSION_TEXT")?)?;
                (bin, bindgen, Toolchain::detect()?.llvm)
            }
        };
        variables.push(format!("BINDGEN={}", bindgen.display()));
        variables.extend(rust_programs(&bin));
        Ok(Self {
            root,
            variables,
            libclang: libclang(libclang_of),
        })
    }

    /// The command that runs make.
    pub fn make(&self) -> Result<Command> {
        let mut command = match &self.root {
            Some(root) => root.command("make")?,
            None => exec::command("make"),
        };
        command
            .args(&self.variables)
            .env("LIBCLANG_PATH", &self.libclang);
        Ok(command)
    }
}

/// The directory of the rustc on this machine that says of itself what `text` does.
fn rustc_like(text: &str) -> Result<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut found = Vec::new();
    for dir in [BIN].into_iter().chain(path.split(':')) {
        let program = Path::new(dir).join("rustc");
        if !program.is_file() {
            continue;
        }
        let said = exec::output(exec::command(&program).arg("--version")).unwrap_or_default();
        if said.trim() == text {
            return Ok(dir.into());
        }
        found.push(format!("{} is `{}`", program.display(), said.trim()));
    }
    found.dedup();
    bail!(
        "it was built with `{text}`, and {}; crates of two compilers do not go together (for a \
         kernel of Debian's, `make kdir` gets the right one)",
        match found.is_empty() {
            true => "there is no rustc here".to_owned(),
            false => found.join(", "),
        }
    )
}

fn rust_programs(bin: &Path) -> impl Iterator<Item = String> {
    [
        ("RUSTC", "rustc"),
        ("HOSTRUSTC", "rustc"),
        ("RUSTDOC", "rustdoc"),
        ("RUSTFMT", "rustfmt"),
        ("CLIPPY_DRIVER", "clippy-driver"),
    ]
    .map(|(name, program)| format!("{name}={}", bin.join(program).display()))
    .into_iter()
}

/// Where bindgen finds the libclang to load.
fn libclang(llvm: u32) -> PathBuf {
    PathBuf::from(format!("/usr/lib/llvm-{llvm}/lib"))
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
