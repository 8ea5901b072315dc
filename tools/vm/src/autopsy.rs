// SPDX-License-Identifier: GPL-2.0

//! Finds out where a guest hangs, before it is killed: where its programs sleep, what its CPUs do,
//! what QEMU thinks of it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::lines::Lines;
use crate::machine::Machine;
use crate::paths;
use crate::protocol::Message;
use crate::qmp::Monitor;
use crate::vm;
use crate::watch::Watch;

/// How long the guest may take to say where its programs are.
const STACKS: Duration = Duration::from_secs(10);

/// How long its kernel may take to say what its CPUs do.
const NMI: Duration = Duration::from_secs(20);

/// What was found.
#[derive(Debug)]
pub struct Autopsy {
    /// The kernel's log, up to the hang.
    pub console: String,
    /// The file that has all of it.
    pub file: PathBuf,
    /// What the CPUs did, as the kernel says: empty when it says nothing any more.
    pub cpus: Vec<String>,
    /// What programs said meanwhile.
    pub unread: Vec<String>,
}

/// Looks at a guest that hangs. It does not survive.
pub fn examine(
    machine: &Machine<'_>,
    child: &mut Child,
    monitor: &Monitor,
    lines: &Lines,
    log: &Path,
) -> Result<Autopsy> {
    let console = vm::read(log)?;
    let (stacks, mut unread) = stacks(child, lines);
    let looks = ["info registers -a", "info mtree -f"].map(|what| (what, monitor.look(what)));
    let cpus = cpus(child, monitor, lines, log, &mut unread)?;

    let mut text = String::new();
    section(&mut text, "The kernel's log", &console);
    section(&mut text, "Where programs are", &stacks);
    section(&mut text, "What the CPUs do", &cpus);
    for (what, said) in &looks {
        section(&mut text, &format!("QEMU, {what}"), said);
    }
    let file = machine.paths.log(&format!("{}-hang", machine.name))?;
    paths::write(&file, text)?;
    Ok(Autopsy {
        console,
        file,
        cpus: cpus.lines().map(str::to_owned).collect(),
        unread,
    })
}

fn section(text: &mut String, title: &str, body: &str) {
    let body = match body.trim_end() {
        "" => "(nothing)",
        body => body,
    };
    let _ = writeln!(text, "==== {title}\n{body}\n");
}

/// Asks the guest's scripts, which may be alive: `listen` in tools/vm/guest/files/etc/functions.
/// Returns the stacks, and what else was said.
fn stacks(child: &mut Child, lines: &Lines) -> (String, Vec<String>) {
    let (mut stacks, mut others, mut inside) = (String::new(), Vec::new(), false);
    let asked = child
        .stdin
        .as_mut()
        .map(|stdin| stdin.write_all(b"stacks\n"));
    let mut watch = Watch::new(child.id(), STACKS);
    while matches!(asked, Some(Ok(()))) && !watch.expired() {
        let line = match lines.next(vm::OFTEN) {
            Ok(line) => line,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        match Message::parse(&line) {
            Some(Message::Stacks) => inside = true,
            Some(Message::StacksEnd) => break,
            _ if inside => {
                stacks.push_str(&line);
                stacks.push('\n');
            }
            _ => others.push(line),
        }
    }
    (stacks, others)
}

/// Has an NMI make the kernel say what each CPU does, by a panic: the words of [`Machine`] see to
/// that. It comes through even where interrupts are off.
fn cpus(
    child: &mut Child,
    monitor: &Monitor,
    lines: &Lines,
    log: &Path,
    unread: &mut Vec<String>,
) -> Result<String> {
    let before = vm::read(log)?.len();
    monitor.look("nmi");
    let mut watch = Watch::new(child.id(), NMI);
    while child.try_wait()?.is_none() && !watch.expired() {
        match lines.next(vm::OFTEN) {
            Ok(line) => unread.push(line),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => thread::sleep(vm::OFTEN),
        }
    }
    let after = vm::read(log)?;
    Ok(after.get(before..).unwrap_or_default().to_owned())
}
