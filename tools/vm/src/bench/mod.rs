// SPDX-License-Identifier: GPL-2.0

//! The benchmark: what the guest measures becomes files, and is compared with what is committed.

mod boot;
mod figures;
mod plot;
pub mod shared;
mod worse;

use std::process::ExitCode;

use anyhow::Result;
use fs_err as fs;
use strum::VariantArray;

use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::paths::{self, Paths};
use crate::protocol::Message;
use crate::run;
use crate::ui;
use crate::workload::Workload;
use boot::Boot;
use figures::Figures;

/// What was measured, in the build directory.
const MADE: &str = "bench";

/// What is committed: the same files, for the kernel called [`COMMITTED_FOR`].
const COMMITTED: &str = "Documentation/costs";
const COMMITTED_FOR: &str = "lean";

/// Measures what the patterns `rows` name, or all; shows it, writes it down, and says what has
/// become worse.
pub fn run(paths: &Paths, kernel: &Kernel, rows: &str) -> Result<ExitCode> {
    let mut text = String::new();
    let mut figures = Figures::default();
    let mut good = true;
    for &boot in Boot::VARIANTS {
        if !boot.is_for(rows)? {
            continue;
        }
        if !boot.is_possible()? {
            ui::step("BENCH", &format!("not measured: {}", boot::TOO_OLD));
            continue;
        }
        if boot == Boot::Watches {
            good &= look(paths, kernel, &mut text, &mut figures)?;
            continue;
        }
        let machine = boot.machine(paths, kernel, rows)?;
        good &= measure(&machine, &mut text, &mut figures)?;
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
    Ok(ui::exit_code(good))
}

/// Has a machine measure; whether all went well.
fn measure(machine: &Machine<'_>, text: &mut String, figures: &mut Figures) -> Result<bool> {
    let mut odd = None;
    let good = run::show(
        machine,
        &Workload::default(),
        false,
        |line, message| match message {
            Some(Message::Figure(figure)) => odd = figures.add(figure).err().or(odd.take()),
            Some(_) => {}
            None => {
                text.push_str(line);
                text.push('\n');
            }
        },
    )?;
    if let Some(error) = &odd {
        ui::error(error);
    }
    Ok(odd.is_none() && good)
}

/// Shows what the emulator sees of writes; whether it is as it should be.
fn look(paths: &Paths, kernel: &Kernel, text: &mut String, figures: &mut Figures) -> Result<bool> {
    ui::step("QEMU", "looking at what calls write");
    let seen = shared::look(paths, kernel)?;
    if let Some(table) = shared::text(&seen) {
        print!("{table}");
        text.push_str(&table);
    }
    let known = shared::check(&seen);
    if let Err(error) = &known {
        ui::error(error);
    }
    figures.extend(seen);
    Ok(known.is_ok())
}
