// SPDX-License-Identifier: GPL-2.0

//! The virtual EC in a machine: a process of its own (`tools/virtual-ec`), a UART that leads to it,
//! memory that it shares with the guest, and the firmware table that describes both.

use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use rustix::io::{FdFlags, fcntl_setfd};

use crate::cargo::TARGET;
use crate::exec;
use crate::machine::Machine;
use crate::qemu::{self, MEMORY_MIB};
use crate::ui;
use crate::vm;

/// The shared memory is here, which the firmware table says too. The guest takes it for reserved.
const ADDRESS_MIB: u64 = 512;

/// How much of it there is: a whole huge page, so that the memory around it can be of such.
const SIZE_MIB: u64 = 2;

/// The EC of one machine. It ends when this is dropped.
#[derive(Debug)]
pub struct Ec {
    child: Child,
    /// What the machine inherits.
    handed_over: Vec<OwnedFd>,
}

impl Ec {
    /// Starts an EC for the machine that `command` is going to start, if it has one.
    pub fn add_to(command: &mut Command, machine: &Machine<'_>) -> Result<Option<Self>> {
        if !machine.mode.has_ec() {
            return Ok(None);
        }
        let table = firmware(machine)?;
        // Inherited by the EC and by QEMU, and gone with them.
        let memory = memfd_create("virtual-ec", MemfdFlags::empty())?;
        ftruncate(&memory, SIZE_MIB << 20)?;
        let file = format!("/proc/self/fd/{}", memory.as_raw_fd());
        let (line, theirs) = UnixStream::pair()?;
        let child = start(machine, &file, line)?;
        fcntl_setfd(&theirs, FdFlags::empty())?;

        add_memory(command, &file);
        let socket = format!("socket,id=ec,fd={}", theirs.as_raw_fd());
        command
            .args(["-chardev", &socket])
            .args(["-device", "isa-serial,chardev=ec,iobase=0x203,irq=7"])
            .arg("-acpitable")
            .arg(format!("file={}", qemu::word(&table)?));
        Ok(Some(Self {
            child,
            handed_over: vec![memory, theirs.into()],
        }))
    }

    /// The machine has been started: nobody but it has its end of the line.
    pub fn hand_over(&mut self) {
        self.handed_over.clear();
    }
}

impl Drop for Ec {
    fn drop(&mut self) {
        if let Ok(Some(status)) = self.child.try_wait() {
            if !status.success() {
                ui::error(&anyhow::anyhow!("the virtual EC failed ({status})"));
            }
            return;
        }
        vm::end(&mut self.child);
    }
}

/// What the guest's kernel has to be told. One that takes every UART for a serial port, and has
/// numbers for four, would make the first one, its console's, of the EC's.
pub fn kernel_word() -> String {
    format!("memmap={SIZE_MIB}M${ADDRESS_MIB}M 8250.nr_uarts=8")
}

fn start(machine: &Machine<'_>, memory: &str, line: UnixStream) -> Result<Child> {
    let paths = machine.paths;
    let program = paths.build(format!("tools/{TARGET}/release/virtual-ec"));
    let mut command = exec::command(&program);
    command
        .args(["--memory", memory, "--log"])
        .arg(paths.log(&format!("{}-ec", machine.name))?)
        .stdin(Stdio::from(OwnedFd::from(line)))
        .stdout(Stdio::null());
    vm::die_with_us(&mut command);
    let child = command.spawn();
    child.with_context(|| format!("cannot run {}", program.display()))
}

/// Has the memory at [`ADDRESS_MIB`] come from the file, between two pieces of ordinary memory.
/// QEMU puts several pieces together by NUMA nodes only.
fn add_memory(command: &mut Command, file: &str) {
    let above = MEMORY_MIB - ADDRESS_MIB - SIZE_MIB;
    let objects = [
        format!("memory-backend-ram,id=below,size={ADDRESS_MIB}M"),
        format!("memory-backend-file,id=shared,size={SIZE_MIB}M,share=on,mem-path={file}"),
        format!("memory-backend-ram,id=above,size={above}M"),
    ];
    for object in objects {
        command.args(["-object", &object]);
    }
    for node in ["below", "shared", "above"] {
        command.args(["-numa", &format!("node,memdev={node}")]);
    }
}

/// Compiles the firmware table; returns the file.
fn firmware(machine: &Machine<'_>) -> Result<PathBuf> {
    let Machine { paths, name, .. } = machine;
    let source = paths.root().join("tools/vm/firmware/virtual-ec.asl");
    let prefix = paths.build(Path::new("images").join(format!("{name}-ec")));
    let log = paths.log(&format!("{name}-iasl"))?;
    let mut iasl = exec::command(exec::find("iasl")?);
    iasl.arg("-p").arg(&prefix).arg(source);
    exec::logged(&mut iasl, &log)
        .context("the firmware table of the virtual EC cannot be compiled")?;
    Ok(prefix.with_extension("aml"))
}
