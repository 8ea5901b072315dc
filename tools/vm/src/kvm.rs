// SPDX-License-Identifier: GPL-2.0

//! Whether KVM works. That /dev/kvm is there and can be opened does not say so: under some
//! hypervisors QEMU aborts with it, or its guest never executes an instruction, or a short program
//! runs, and a kernel does not.

use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::exec;
use crate::kernel::Kernel;
use crate::paths::{self, Paths};
use crate::qemu::{CPU, MACHINE, QEMU};
use crate::ui;
use crate::vm;

/// What a kernel says that has booted, and has no root.
const BOOTED: &str = "Unable to mount root fs";

/// What QEMU says when it has stopped the guest for good.
const FAILED: &str = "KVM internal error";

/// How long a machine that works may take for it. It takes two seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Boots `kernel` with nothing that it could run, once for each boot of this machine.
pub fn works(paths: &Paths, kernel: &Kernel) -> Result<bool> {
    let kvm = OpenOptions::new().read(true).write(true).open("/dev/kvm");
    if kvm.is_err() {
        return Ok(false);
    }
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let verdict = paths.build("kvm");
    let known = fs::read_to_string(&verdict).unwrap_or_default();
    if let Some(answer) = known.strip_prefix(&boot)
        && !answer.is_empty()
    {
        return Ok(answer == "yes");
    }
    let answer = boots(kernel, &paths.log("kvm")?)?;
    if !answer {
        let text = "KVM is there and cannot run a kernel: it is emulated";
        ui::step("QEMU", text);
    }
    let word = if answer { "yes" } else { "no" };
    paths::write(&verdict, format!("{boot}{word}"))?;
    Ok(answer)
}

fn boots(kernel: &Kernel, log: &Path) -> Result<bool> {
    let output = File::create(log)?;
    let mut command = exec::command(exec::find(QEMU)?);
    command
        .args(MACHINE)
        .args(["-accel", "kvm", "-cpu", CPU, "-m", "512M", "-no-reboot"])
        .args(["-serial", "stdio", "-append", "console=ttyS0 panic=-1"])
        .arg("-kernel")
        .arg(kernel.image()?)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output);
    vm::die_with_us(&mut command);
    let mut child = command.spawn().context("cannot run QEMU")?;
    let started = Instant::now();
    let booted = loop {
        let over = child.try_wait()?.is_some() || started.elapsed() > PATIENCE;
        let said = vm::read(log)?;
        if said.contains(BOOTED) {
            break true;
        }
        if over || said.contains(FAILED) {
            break false;
        }
        thread::sleep(Duration::from_millis(20));
    };
    vm::end(&mut child);
    Ok(booted)
}
