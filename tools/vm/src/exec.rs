// SPDX-License-Identifier: GPL-2.0

//! Runs other programs: their output goes to a log, and to the user when it matters.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use anyhow::{Result, anyhow, bail};
use fs_err::File;

use crate::ui;

/// Variables that mean something to a program that is run here, and must not leak in from the
/// caller.
#[rustfmt::skip]
const CLEARED: &[&str] = &[
    // make and kbuild
    "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MAKEFILES", "GNUMAKEFLAGS",
    "ARCH", "SUBARCH", "SRCARCH", "CROSS_COMPILE", "LLVM", "LLVM_IAS", "M", "MO", "O", "C", "W", "CF",
    "CHECK", "CLIPPY", "LOCALVERSION", "LSMOD", "MODLIB", "DEPMOD", "DESTDIR",
    "KCFLAGS", "KAFLAGS", "KCPPFLAGS", "KRUSTFLAGS", "KDIR", "KSRC", "DEVSCOPE", "DEVSCOPE_CONFIG",
    "srctree", "objtree", "VPATH",
    // compilers
    "AR", "AS", "CC", "CPP", "CXX", "LD", "NM", "OBJCOPY", "OBJDUMP", "READELF", "STRIP", "PAHOLE",
    "BINDGEN", "AFLAGS", "CFLAGS", "CPPFLAGS", "CXXFLAGS", "LDFLAGS", "LDLIBS", "EXTRA_CFLAGS",
    "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH", "COMPILER_PATH",
    "GCC_EXEC_PREFIX", "CCC_OVERRIDE_OPTIONS", "CLANG_PATH", "LLVM_CONFIG_PATH",
    // shells and their tools
    "BASH_ENV", "ENV", "CDPATH", "IFS", "SHELLOPTS", "BASHOPTS", "POSIXLY_CORRECT", "GREP_OPTIONS",
    "GREP_COLOR", "GREP_COLORS", "TAR_OPTIONS", "GZIP", "XZ_OPT", "XZ_DEFAULTS", "LANG", "LANGUAGE",
    "PERL5LIB", "PERL5OPT",
];

/// Such variables whose names begin so.
#[rustfmt::skip]
const CLEARED_PREFIXES: &[&str] = &[
    "KBUILD_", "KCONFIG_", "INSTALL_", "HOST", "USERCFLAGS", "USERLDFLAGS", "BINDGEN_", "LIBCLANG_",
    "PKG_CONFIG", "RUSTC", "RUSTDOC", "RUSTFLAGS", "RUSTFMT", "RUSTUP_TOOLCHAIN", "RUST_", "CLIPPY_",
    "CARGO_BUILD_", "CARGO_ENCODED_", "CARGO_INCREMENTAL", "CARGO_PROFILE_", "CARGO_TARGET_",
    "CARGO_UNSTABLE_", "LC_", "PYTHON", "QEMU_",
];

fn is_cleared(name: &str) -> bool {
    // The host's name is nobody's compiler.
    let begins = |prefix: &&str| name.starts_with(*prefix) && name != "HOSTNAME";
    CLEARED.contains(&name) || CLEARED_PREFIXES.iter().any(begins)
}

/// A command with a clean environment, and root's programs found by everyone.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_cleared) {
            command.env_remove(name);
        }
    }
    let path = std::env::var("PATH").unwrap_or_default();
    command
        .env("PATH", format!("{path}:/usr/sbin:/usr/bin:/sbin:/bin"))
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null());
    command
}

/// Runs `command`, and has what both its outputs say.
pub fn captured(command: &mut Command) -> Result<Output> {
    command
        .output()
        .map_err(|error| not_started(command, error))
}

/// The standard output of `command`, which must succeed.
pub fn output(command: &mut Command) -> Result<String> {
    let result = captured(command)?;
    if !result.status.success() {
        let stderr = String::from_utf8_lossy(&result.stderr);
        bail!(
            "`{}` failed ({}): {}",
            name(command),
            result.status,
            stderr.trim().lines().last().unwrap_or("it said nothing")
        );
    }
    Ok(String::from_utf8_lossy(&result.stdout).into_owned())
}

/// Runs `command` with both its outputs in `log`, and shows the end of them when it fails.
pub fn logged(command: &mut Command, log: &Path) -> Result<()> {
    lines(command, log, |_| {})
}

/// Like [`logged`], and `each` sees every line as it comes.
pub fn lines(command: &mut Command, log: &Path, mut each: impl FnMut(&str)) -> Result<()> {
    const SHOWN: usize = 25;

    let mut file = File::create(log)?;
    writeln!(file, "$ {command:?}")?;
    if ui::verbose() {
        eprintln!("$ {command:?}");
    }
    let (reader, writer) = io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command
        .spawn()
        .map_err(|error| not_started(command, error))?;
    // The pipe ends when the child's copies of the writing end are the last.
    command.stdout(Stdio::null()).stderr(Stdio::null());

    let mut tail = std::collections::VecDeque::new();
    for bytes in BufReader::new(reader).split(b'\n') {
        let bytes = bytes?;
        file.write_all(&bytes)?;
        writeln!(file)?;
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        if ui::verbose() {
            eprintln!("{line}");
        }
        each(&line);
        // Cargo's messages for programs.
        if line.starts_with('{') {
            continue;
        }
        if tail.len() == SHOWN {
            tail.pop_front();
        }
        tail.push_back(line);
    }
    let status = child.wait()?;
    if !status.success() {
        if !ui::verbose() {
            for line in tail {
                eprintln!("    {line}");
            }
        }
        bail!(
            "`{}` failed ({status}); all it said is in {}",
            name(command),
            log.display()
        );
    }
    Ok(())
}

/// Runs `command` on the user's terminal; returns whether it succeeded.
pub fn interactive(command: &mut Command) -> Result<bool> {
    let status = command
        .stdin(Stdio::inherit())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit())
        .status()
        .map_err(|error| not_started(command, error))?;
    Ok(status.success())
}

/// Has git know these settings, and no others from the environment.
pub fn git_config(command: &mut Command, settings: &[(&str, &str)]) {
    command.env("GIT_CONFIG_COUNT", settings.len().to_string());
    for (n, (key, value)) in settings.iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{n}"), key);
        command.env(format!("GIT_CONFIG_VALUE_{n}"), value);
    }
}

/// The variables that `command` sets.
pub fn variables(command: &Command) -> impl Iterator<Item = (&OsStr, &OsStr)> {
    let all = command.get_envs();
    all.filter_map(|(name, value)| Some((name, value?)))
}

/// Unpacks an archive that has everything in one directory, without that, into the directory `to`.
pub fn untar(archive: &Path, to: &Path, log: &Path) -> Result<()> {
    let mut tar = command("tar");
    tar.args(["--strip-components=1", "-C"]).arg(to);
    logged(tar.arg("-xf").arg(archive), log)
}

/// The argument of make that has all processors work.
pub fn jobs() -> String {
    let processors = thread::available_parallelism().map_or(1, |n| n.get());
    format!("-j{processors}")
}

/// Finds a program in PATH, or where only root's PATH leads.
pub fn find(program: &str) -> Result<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    path.split(':')
        .chain(["/usr/sbin", "/usr/bin", "/sbin", "/bin"])
        .filter(|dir| !dir.is_empty())
        .map(|dir| Path::new(dir).join(program))
        .find(|file| file.is_file())
        .ok_or_else(|| missing(program))
}

/// The error for a program that could not be started.
pub fn not_started(command: &Command, error: io::Error) -> anyhow::Error {
    if error.kind() == ErrorKind::NotFound {
        missing(&name(command))
    } else {
        anyhow!(error).context(format!("cannot run `{}`", name(command)))
    }
}

fn missing(program: &str) -> anyhow::Error {
    anyhow!("`{program}` is not installed; `make setup` installs what is needed")
}

fn name(command: &Command) -> String {
    let program = Path::new(command.get_program());
    program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::is_cleared;

    #[test]
    fn what_users_export_for_other_work() {
        for name in [
            "BINDGEN_EXTRA_CLANG_ARGS",
            "BINDGEN_EXTRA_CLANG_ARGS_x86_64_unknown_linux_gnu",
            "LIBCLANG_PATH",
            "CLANG_PATH",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
            "CARGO_PROFILE_RELEASE_LTO",
            "KBUILD_OUTPUT",
            "KBUILD_MODPOST_WARN",
            "INSTALL_MOD_PATH",
            "HOSTCC",
            "HOSTRUSTFLAGS",
            "PYTHONPATH",
            "QEMU_AUDIO_DRV",
            "CDPATH",
            "GREP_OPTIONS",
            "LANGUAGE",
        ] {
            assert!(is_cleared(name), "{name}");
        }
        for name in [
            "PATH",
            "HOME",
            "TERM",
            "TMPDIR",
            "HOSTNAME",
            "CARGO_HOME",
            "CARGO_HTTP_PROXY",
            "CARGO_REGISTRIES_MIRROR_INDEX",
            "https_proxy",
            "DEVSCOPE_CACHE",
        ] {
            assert!(!is_cleared(name), "{name}");
        }
    }
}
