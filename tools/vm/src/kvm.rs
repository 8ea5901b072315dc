// SPDX-License-Identifier: GPL-2.0

//! Whether KVM works. That /dev/kvm is there and can be opened does not say so: under some
//! hypervisors QEMU aborts with it, or its guest never executes an instruction.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::exec;
use crate::paths::{self, Paths};
use crate::qemu::{MACHINE, QEMU};

/// A boot sector that writes 16 to the port of `isa-debug-exit`, and halts.
const PROGRAM: &[u8] = &[
    0xba, 0xf4, 0x00, // mov $0xf4, %dx
    0xb0, 0x10, // mov $0x10, %al
    0xee, // out %al, %dx
    0xf4, // hlt
];

/// What QEMU then exits with.
const STATUS: i32 = (0x10 << 1) | 1;

/// How long a machine that works may take for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs a guest of a few instructions, once for each boot of this machine.
pub fn works(paths: &Paths) -> Result<bool> {
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
    let sector = paths.build("kvm-probe");
    let mut image = [0; 512];
    image[..PROGRAM.len()].copy_from_slice(PROGRAM);
    image[510..].copy_from_slice(&[0x55, 0xaa]);
    paths::write(&sector, image)?;
    let answer = runs(&sector)?;
    paths::write(
        &verdict,
        format!("{boot}{}", if answer { "yes" } else { "no" }),
    )?;
    Ok(answer)
}

fn runs(sector: &Path) -> Result<bool> {
    let mut child = exec::command(exec::find(QEMU)?)
        .args(MACHINE)
        .args(["-accel", "kvm", "-cpu", "max", "-m", "64M"])
        .args(["-device", "isa-debug-exit,iobase=0xf4,iosize=4"])
        .arg("-drive")
        .arg(format!("file={},format=raw", sector.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("cannot run QEMU")?;
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code() == Some(STATUS));
        }
        thread::sleep(Duration::from_millis(20));
    }
    child.kill()?;
    child.wait()?;
    Ok(false)
}
