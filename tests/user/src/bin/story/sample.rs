// SPDX-License-Identifier: GPL-2.0

//! The program of samples/edu.

use std::{path::Path, process::Command};

/// Runs it on the node, and shows the command and its output. Returns whether it succeeded.
pub fn run(node: &Path, args: &[&str]) -> bool {
    println!("   # edu -d {} {}", node.display(), args.join(" "));
    let program = std::env::current_exe()
        .expect("/proc")
        .with_file_name("edu");
    let output = match Command::new(&program)
        .arg("-d")
        .arg(node)
        .args(args)
        .output()
    {
        Ok(output) => output,
        Err(error) => {
            println!("   WRONG: {}: {error}", program.display());
            return false;
        }
    };
    for text in [&output.stdout, &output.stderr] {
        String::from_utf8_lossy(text)
            .lines()
            .for_each(|line| println!("   {line}"));
    }
    output.status.success()
}
