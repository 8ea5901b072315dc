// SPDX-License-Identifier: GPL-2.0

//! What a register costs under a scope: the code of tests/kmod/loads, in Rust under a scope, has
//! the same instructions as that in C which protects nothing. And what a call writes behind the gate.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::exec;
use crate::kernel::Kernel;
use crate::modules::Modules;
use crate::paths::Paths;
use crate::report::Report;
use crate::shared;
use crate::toolchain::Toolchain;

/// A function in C, and those in Rust that are to be as good.
const PAIRS: [(&str, &[&str]); 2] = [
    (
        "loads_plain_callback",
        &["loads_bound_atomic", "loads_bound_process"],
    ),
    ("loads_plain_file", &["loads_bound_file"]),
];

/// Compares each pair, as the lean kernel has them. With `KDIR=` that is a kernel of the user's,
/// and nothing can be said if its C helpers are not inlined into Rust.
pub fn check(paths: &Paths, kernel: &Kernel, report: &mut Report) -> Result<()> {
    if !kernel.has("RUST_INLINE_HELPERS")? {
        return Ok(());
    }
    let modules = Modules::build(paths, kernel)?;
    let object = modules.dir().join("tests/kmod/loads/loads.o");
    for (plain, bound) in PAIRS {
        let expected = instructions(&object, plain)?;
        for name in bound {
            let result = instructions(&object, name).and_then(|found| {
                ensure!(
                    found == expected,
                    "{} where C has {}",
                    found.join(" "),
                    expected.join(" ")
                );
                Ok(())
            });
            report.check("host", &format!("no check is compiled: {name}"), result);
        }
    }
    shared::check(&modules, report)
}

/// What is in an object, of which `options` name a part.
pub fn disassembly(object: &Path, options: &[&str]) -> Result<String> {
    let mut objdump = exec::command(Toolchain::detect()?.llvm_tool("objdump"));
    objdump.args(["--disassemble", "--no-show-raw-insn"]);
    exec::output(objdump.args(options).arg(object))
}

/// The mnemonics of the instructions of `function`.
fn instructions(object: &Path, function: &str) -> Result<Vec<String>> {
    let only = format!("--disassemble-symbols={function}");
    let found = mnemonics(&disassembly(object, &[&only])?);
    ensure!(
        !found.is_empty(),
        "{function} is not in {}",
        object.display()
    );
    Ok(found)
}

/// The mnemonics up to the one that returns.
fn mnemonics(listing: &str) -> Vec<String> {
    let mut all: Vec<_> = listing.lines().filter_map(mnemonic).collect();
    let returns = all.iter().position(|it| it.starts_with("ret"));
    all.truncate(returns.map_or(all.len(), |at| at + 1));
    all
}

/// That of the instruction on a line, if there is one.
fn mnemonic(line: &str) -> Option<String> {
    let (address, instruction) = line.split_once(':')?;
    u64::from_str_radix(address.trim(), 16).ok()?;
    instruction.split_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::mnemonics;

    #[test]
    fn of_a_function() {
        let listing = "\na.o:\tfile format elf64-x86-64\n\n0000000000000010 <f>:\n\
                       \x20     10:      \tmovq\t(%rdi), %rax\n      13: \tretq\n      14: \tnop\n";
        assert_eq!(mnemonics(listing), ["movq", "retq"]);
        assert!(mnemonics("no such function\n").is_empty());
    }
}
