// SPDX-License-Identifier: GPL-2.0

//! What a call writes behind the gate: the code of tests/kmod/bench/bench_gate.rs, for a `read()` and an
//! `ioctl()` that do nothing, writes variables of its CPU and nothing else, and locks nothing. So it
//! writes no cache line that CPUs share.

use anyhow::{Result, bail, ensure};

use crate::loads::disassembly;
use crate::modules::Modules;
use crate::report::Report;

const OBJECT: &str = "tests/kmod/bench/bench_gate.o";
/// How the names of the functions end, before what says of which crate they are.
const CALLS: [&str; 2] = ["8GateFileE9read_iter", "8GateFileE5ioctl"];
/// Before an operand: it is of this CPU.
const OF_THIS_CPU: &str = "%gs:";

/// Looks at each, as the lean kernel has them, whose C helpers are inlined into Rust.
pub fn check(modules: &Modules, report: &mut Report) -> Result<()> {
    let listing = disassembly(&modules.dir().join(OBJECT), &[])?;
    for call in CALLS {
        let name = call
            .trim_start_matches(|it: char| it != 'E')
            .trim_start_matches('E');
        let name = name.trim_start_matches(|it: char| it.is_ascii_digit());
        let result = code(&listing, call).and_then(writes_nothing_shared);
        let title = format!("no shared line is written: {name}");
        report.check("host", &title, result);
    }
    Ok(())
}

/// The instructions of the function in whose name `part` is.
fn code<'a>(listing: &'a str, part: &str) -> Result<Vec<&'a str>> {
    let mut lines = listing.lines();
    let head = |line: &&str| line.ends_with(">:") && line.contains(part);
    ensure!(
        lines.by_ref().find(|it| head(it)).is_some(),
        "there is no {part}"
    );
    let code: Vec<_> = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(':').map(|it| it.1.trim()))
        .collect();
    ensure!(!code.is_empty(), "there is no code in {part}");
    Ok(code)
}

fn writes_nothing_shared(code: Vec<&str>) -> Result<()> {
    let mut own = 0;
    for instruction in code {
        match written(instruction) {
            Some(place) if place.starts_with(OF_THIS_CPU) => own += 1,
            Some(_) => bail!("{instruction}"),
            None if instruction.starts_with("lock") => bail!("{instruction}"),
            None => {}
        }
    }
    // In and out.
    ensure!(own >= 2, "it does not enter the gate");
    Ok(())
}

/// The memory that an instruction writes, but for the stack.
fn written(instruction: &str) -> Option<&str> {
    const READ: [&str; 8] = ["cmp", "test", "call", "j", "push", "lea", "nop", "bt"];
    let (mnemonic, operands) = instruction.split_once(char::is_whitespace)?;
    if READ.iter().any(|it| mnemonic.starts_with(it)) {
        return None;
    }
    // What stands in parentheses has commas of its own.
    let operands = operands.split('#').next()?.trim();
    let mut depth = 0;
    let comma = operands.rfind(|it| {
        depth += i32::from(it == ')') - i32::from(it == '(');
        it == ',' && depth == 0
    });
    let last = operands[comma.map_or(0, |at| at + 1)..].trim();
    last.contains('(').then_some(last)
}

#[cfg(test)]
mod tests {
    use super::{code, writes_nothing_shared, written};

    #[test]
    fn what_is_written() {
        assert_eq!(written("incq\t%gs:0x8(%rax)"), Some("%gs:0x8(%rax)"));
        assert_eq!(
            written("movl\t%eax, 0x8(%rax,%rbx)"),
            Some("0x8(%rax,%rbx)")
        );
        for read in [
            "movl\t0x88(%rdi), %ecx",
            "cmpl\t$0x0, 0x88(%rdi)",
            "retq",
            "popq\t%rbp",
        ] {
            assert_eq!(written(read), None, "{read}");
        }
        assert_eq!(written("callq\t0x16b2 <f(x)>"), None);
    }

    #[test]
    fn a_shared_line() {
        let gate = ["incq\t%gs:(%rax)", "incq\t%gs:0x8(%rax)"];
        assert!(writes_nothing_shared(gate.to_vec()).is_ok());
        for shared in [
            "lock",
            "lock\t",
            "incl\t0x70(%rbx)",
            "xaddl\t%eax, 0x70(%r14)",
        ] {
            let code = gate.iter().copied().chain([shared]).collect();
            assert!(writes_nothing_shared(code).is_err(), "{shared}");
        }
        assert!(writes_nothing_shared(vec!["retq"]).is_err());
    }

    #[test]
    fn code_of_a_function() {
        let listing = "a.o:\n\n0010 <f>:\n  10: \tmovq\t(%rdi), %rax\n  13: \tretq\n\n0020 <g>:\n";
        assert_eq!(code(listing, "f").unwrap(), ["movq\t(%rdi), %rax", "retq"]);
        assert!(code(listing, "g").is_err() && code(listing, "h").is_err());
    }
}
