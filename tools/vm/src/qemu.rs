// SPDX-License-Identifier: GPL-2.0

//! The virtual machine's command line.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use strum::IntoStaticStr;

use crate::ec;
use crate::exec;
use crate::kvm;
use crate::machine::Machine;
use crate::programs;

pub const QEMU: &str = "qemu-system-x86_64";

/// The machine, without anything that it is not told to have.
#[rustfmt::skip]
pub const MACHINE: &[&str] = &[
    "-nodefaults", "-no-user-config", "-display", "none", "-net", "none",
    "-machine", "pc", "-smp", "2",
];

/// How much memory it has.
pub const MEMORY_MIB: u64 = 2048;

/// What the guest is to do. The name is that in the guest, and of its logs and image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase", const_into_str)]
pub enum Mode {
    Run,
    Test,
    Kunit,
    Bench,
    Shell,
    Soak,
    Provoke,
    Mistakes,
    Torture,
}

impl Mode {
    /// How long one thing that it does may take, where nobody else needs the processors. A hang is
    /// noticed when it is over.
    pub fn limit(self) -> Duration {
        Duration::from_secs(match self {
            Self::Provoke => 10,
            Self::Test | Self::Kunit | Self::Run | Self::Mistakes | Self::Torture => 400,
            Self::Bench | Self::Soak | Self::Shell => 2400,
        })
    }

    /// Whether its machine has the virtual EC.
    pub fn has_ec(self) -> bool {
        matches!(self, Self::Run | Self::Test | Self::Shell | Self::Soak)
    }
}

/// All that QEMU has, but 5-level paging: with that, KASAN takes some accesses of a kernel that boots
/// for wild ones.
pub const CPU: &str = "max,la57=off";

/// Guest time is a count of guest instructions and nothing comes from outside: the same run is the
/// same run on every machine.
#[rustfmt::skip]
const DETERMINISTIC: &[&str] = &[
    "-accel", "tcg", "-cpu", "qemu64,-rdrand", "-icount", "shift=0,sleep=off",
    "-rtc", "base=2020-01-01,clock=vm", "-seed", "1",
];

/// The devices that the samples and tests drive, and one for the benchmark: what they are, and
/// their names.
const DEVICES: &[(&str, &str)] = &[
    ("edu", "edu0"),
    ("edu", "edu1"),
    ("pci-testdev", "testdev0"),
    ("pci-testdev", "testdev1"),
    ("pvpanic-pci", "bench"),
];

/// The slot of the first of them; those before have what the machine cannot do without.
const FIRST_SLOT: usize = 2;

/// The slot of the directory with other people's programs, far from the devices.
const PROGRAMS_SLOT: usize = 0x1e;

/// A path as a value in a list of QEMU's.
pub fn word(path: &Path) -> Result<String> {
    let path = path.to_str().context("a path is not UTF-8")?;
    Ok(path.replace(',', ",,"))
}

/// The arguments that let the guest mount the directory `tree` as `name`, and not write to it.
fn shared(name: &str, slot: usize, tree: &Path) -> Result<[String; 4]> {
    let path = word(tree)?;
    let device = json!({
        "driver": "virtio-9p-pci", "fsdev": name, "mount_tag": name,
        "bus": "pci.0", "addr": format!("{slot:#x}"),
    });
    Ok([
        "-fsdev".into(),
        format!("local,id={name},path={path},security_model=none,readonly=on"),
        "-device".into(),
        device.to_string(),
    ])
}

/// The device `name`, as an argument of `-device` and of the monitor's `device_add`.
pub fn device(name: &str) -> Result<Value> {
    let index = DEVICES
        .iter()
        .position(|(_, id)| *id == name)
        .with_context(|| format!("there is no device {name}"))?;
    let slot = format!("{:#x}", FIRST_SLOT + index);
    Ok(json!({ "driver": DEVICES[index].0, "id": name, "bus": "pci.0", "addr": slot }))
}

/// Returns the command that boots `machine` with `initramfs`.
///
/// The kernel's log goes to the file `console`. What programs say is the guest's second serial
/// port, which is this command's standard output; in [`Mode::Shell`] also its standard input.
pub fn command(machine: &Machine<'_>, initramfs: &Path, console: &Path) -> Result<Command> {
    let (paths, mode) = (machine.paths, machine.mode);
    let mut command = exec::command(exec::find(QEMU)?);
    command
        .args(MACHINE)
        .args(["-no-reboot", "-m", &format!("{MEMORY_MIB}M")]);
    if machine.counts {
        command.args(DETERMINISTIC);
    } else {
        command.args(["-accel", accelerator(machine)?, "-cpu", CPU]);
    }
    for (_, name) in DEVICES {
        command.args(["-device", &device(name)?.to_string()]);
    }
    if matches!(mode, Mode::Test | Mode::Shell)
        && let Some(tree) = programs::present(paths)?
    {
        command.args(shared("programs", PROGRAMS_SLOT, &tree)?);
    }
    let port = if mode == Mode::Shell {
        "stdio,id=programs,mux=on,signal=off"
    } else {
        "stdio,id=programs,signal=off"
    };
    command
        .arg("-serial")
        .arg(format!("file:{}", console.display()))
        .args(["-chardev", port, "-serial", "chardev:programs"])
        .arg("-kernel")
        .arg(machine.kernel.image()?)
        .arg("-initrd")
        .arg(initramfs)
        .arg("-append")
        .arg(kernel_words(machine))
        .args(&machine.arguments);
    Ok(command)
}

/// One CPU until the guest's first program turns the others on, since the memory map changes while
/// the kernel looks for devices; and no panic where the timer's first ticks come late, as they do on
/// a busy host. Documentation/testing.rst, "Faults of the machine".
const START: &str = "maxcpus=1 no_timer_check";

fn kernel_words(machine: &Machine<'_>) -> String {
    let Machine { mode, kunit, .. } = machine;
    let mut words = vec![
        "console=ttyS0 panic=-1 printk.devkmsg=on".to_owned(),
        format!("devscope.mode={}", mode.into_str()),
    ];
    if machine.counts {
        // It does one thing at a time.
        words.push("nokaslr".to_owned());
    } else {
        // An NMI has it say what all CPUs do.
        words.push("unknown_nmi_panic panic_sys_info=all_bt,blocked_tasks".to_owned());
        words.push(START.to_owned());
    }
    if mode.has_ec() {
        words.push(ec::kernel_word());
    }
    if !kunit.is_empty() {
        // The kernel has suites of its own.
        words.push("kunit.enable=1 kunit.autorun=1 kunit.filter_glob=devscope_*".to_owned());
        words.push(format!("devscope.kunit={}", kunit.join(",")));
    }
    words.extend(machine.words.iter().cloned());
    words.join(" ")
}

/// KVM if it works here, else emulation; `DEVSCOPE_ACCEL` names one.
fn accelerator(machine: &Machine<'_>) -> Result<&'static str> {
    match std::env::var("DEVSCOPE_ACCEL").as_deref() {
        Ok("kvm") => Ok("kvm"),
        Ok("tcg") => Ok("tcg"),
        Ok("") | Err(_) => {
            let works = kvm::works(machine.paths, machine.kernel)?;
            Ok(if works { "kvm" } else { "tcg" })
        }
        Ok(other) => bail!("DEVSCOPE_ACCEL={other}: say kvm or tcg"),
    }
}
