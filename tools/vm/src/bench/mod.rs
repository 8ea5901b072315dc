// SPDX-License-Identifier: GPL-2.0

//! The benchmark: what the guest measures becomes files, and is compared with what is committed.

mod figures;
mod plot;
mod worse;

use std::process::ExitCode;

use anyhow::Result;
use fs_err as fs;

use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::paths::{self, Paths};
use crate::protocol::Message;
use crate::qemu::Mode;
use crate::run;
use crate::ui;
use crate::workload::Workload;
use figures::Figures;

/// What was measured, in the build directory.
const MADE: &str = "bench";

/// What is committed: the same files, for the kernel called [`COMMITTED_FOR`].
const COMMITTED: &str = "Documentation/costs";
const COMMITTED_FOR: &str = "lean";

/// Measures what the patterns `rows` name, or all; shows it, writes it down, and says what has
/// become worse.
pub fn run(paths: &Paths, kernel: &Kernel, rows: &str) -> Result<ExitCode> {
    let mut machine = Machine::new(paths, kernel, Mode::Bench);
    let patterns: Vec<_> = rows.split_whitespace().collect();
    if !patterns.is_empty() {
        let word = format!("devscope.bench={}", patterns.join(","));
        machine.words.push(word);
    }
    let mut text = String::new();
    let mut figures = Figures::default();
    let mut odd = None;
    let mut status = run::show(
        &machine,
        &Workload::default(),
        false,
        |line, message| match message {
            Some(Message::Figure(figure)) => {
                if let Err(error) = figures.add(figure) {
                    odd = Some(error);
                }
            }
            Some(_) => {}
            None => {
                text.push_str(line);
                text.push('\n');
            }
        },
    )?;
    if let Some(error) = odd {
        ui::error(&error);
        status = ExitCode::FAILURE;
    }
    let made = paths.build(MADE);
    fs::create_dir_all(&made)?;
    paths::write(&made.join("report.txt"), text)?;
    figures.write(&made)?;
    plot::all(&figures, &made)?;
    if kernel.name() == COMMITTED_FOR {
        let before = Figures::read(&paths.root().join(COMMITTED))?;
        print!("\n{}", worse::report(&before, &figures));
    }
    ui::step("BENCH", &format!("{}", made.display()));
    Ok(status)
}
