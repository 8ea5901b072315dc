// SPDX-License-Identifier: GPL-2.0

//! Runs a guest to its end, and sees to it that there is one.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};

use crate::autopsy::{self, Autopsy};
use crate::ec::Ec;
use crate::exec;
use crate::initramfs::Initramfs;
use crate::kernel::Kernel;
use crate::lines::Lines;
use crate::lock;
use crate::log;
use crate::machine::Machine;
use crate::paths::Paths;
use crate::protocol::Message;
use crate::qemu::{self, Mode};
use crate::qmp::Monitor;
use crate::ui;
use crate::watch::Watch;

/// How long the kernel may take to start the first program. The debug kernel takes 7 s.
const BOOT: Duration = Duration::from_secs(120);

/// How often the guest is looked at.
pub const OFTEN: Duration = Duration::from_millis(200);

/// How a guest ended.
#[derive(Debug)]
pub struct Ending {
    /// The kernel's log.
    pub console: String,
    /// The file it is in.
    pub log: PathBuf,
    /// What the guest's script ended with; `Err` says why it never got there.
    pub status: Result<i32, String>,
    /// Where it hung, if it did.
    pub autopsy: Option<Autopsy>,
}

impl Ending {
    /// Fails if the kernel has complained.
    pub fn require_quiet(&self) -> Result<()> {
        let log = self.log.display();
        if let Some(splat) = log::scan(&self.console).splats.first() {
            bail!("the kernel complained: {} ({log})", splat.text);
        }
        Ok(())
    }

    /// What the guest's script ended with; fails if it never got there.
    pub fn require_status(&self) -> Result<i32> {
        let status = self.status.as_ref();
        status
            .copied()
            .map_err(|why| anyhow!("{why} ({})", self.log.display()))
    }
}

/// How often a kernel is booted that does not come up.
const BOOTS: u32 = 3;

/// Boots `machine` with `image` and calls `each` for every line, as it comes.
///
/// An emulated machine on a busy host gets its interrupts late, and now and then the kernel stumbles
/// over that before it has started a program, let alone loaded a module. Nothing of ours has run
/// then, and checkers that report once are used up, so it is booted again.
pub fn run(
    machine: &Machine<'_>,
    image: &Initramfs,
    mut each: impl FnMut(&str, Option<&Message>) -> Result<()>,
) -> Result<Ending> {
    let name = &machine.name;
    let _lock = lock::take(
        &machine.paths.build(format!("{name}.lock")),
        &format!("the virtual machine for `{name}`"),
    )?;
    let archive = image.write(machine)?;
    let mut boots = 1;
    loop {
        let last = boots == BOOTS;
        match boot(machine, &archive, last, &mut each)? {
            Ok(ending) => return Ok(ending),
            Err(why) => ui::step("QEMU", &format!("booting again: {why}")),
        }
        boots += 1;
    }
}

/// One boot. The inner `Err` says why the kernel did not come up; not on the `last` try.
fn boot(
    machine: &Machine<'_>,
    archive: &Path,
    last: bool,
    each: &mut impl FnMut(&str, Option<&Message>) -> Result<()>,
) -> Result<Result<Ending, String>> {
    let Machine { paths, name, .. } = machine;
    let log = paths.log(&format!("{name}-console"))?;
    let mut output = File::create(paths.log(&format!("{name}-output"))?)?;
    let errors = paths.log(&format!("{name}-qemu"))?;
    fs::write(&log, "")?;

    let mut command = qemu::command(machine, archive, &log)?;
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(File::create(&errors)?);
    die_with_us(&mut command);
    let (monitor, theirs) = Monitor::add_to(&mut command)?;
    let mut ec = Ec::add_to(&mut command, machine)?;
    let mut child = command
        .spawn()
        .map_err(|error| exec::not_started(&command, error))?;
    drop(theirs);
    ec.iter_mut().for_each(Ec::hand_over);
    let mut watch = Watch::new(child.id(), BOOT);
    let mut ended = None;
    let mut phase = "booting".to_owned();
    let lines = Lines::of(&mut child)?;
    let mut autopsy = None;
    let mut up = false;
    loop {
        match lines.next(OFTEN) {
            Ok(line) => {
                if !up
                    && !last
                    && let Some(splat) = log::scan(&read(&log)?).splats.first()
                {
                    end(&mut child);
                    return Ok(Err(splat.text.clone()));
                }
                writeln!(output, "{line}")?;
                let message = Message::parse(&line);
                if !up || message.as_ref().is_some_and(Message::is_progress) {
                    watch.restart(machine.limit);
                }
                up = true;
                match &message {
                    Some(Message::Done(status)) => ended = Some(*status),
                    Some(Message::Phase(text)) => phase.clone_from(text),
                    Some(Message::Monitor(request)) => monitor.ask(request.clone()),
                    _ => {}
                }
                if let Err(error) = each(&line, message.as_ref()) {
                    end(&mut child);
                    return Err(error);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        // What it had said before is still in the pipe: only its end ends the loop.
        if autopsy.is_none() && watch.expired() {
            if !up && !last {
                end(&mut child);
                let seconds = BOOT.as_secs();
                return Ok(Err(format!("it did not come up in {seconds} s")));
            }
            let done = autopsy::examine(machine, &mut child, &monitor, &lines, &log)?;
            for line in &done.unread {
                each(line, Message::parse(line).as_ref())?;
            }
            autopsy = Some(done);
            end(&mut child);
        }
    }
    let exit = child.wait()?;
    if !up && !last && exit.success() && autopsy.is_none() {
        let said = log::scan(&read(&log)?);
        let why = said
            .splats
            .first()
            .map_or("it stopped", |splat| &splat.text);
        return Ok(Err(why.to_owned()));
    }
    let status = match (&autopsy, ended) {
        (Some(_), _) => {
            let seconds = watch.limit().as_secs();
            Err(format!(
                "it took more than {seconds} s and was ended (while: {phase})"
            ))
        }
        (None, Some(status)) => Ok(status),
        (None, None) if !exit.success() => {
            let said = fs::read_to_string(&errors).unwrap_or_default();
            let last = said.lines().last().unwrap_or("it said nothing");
            Err(format!("QEMU failed ({exit}): {last}"))
        }
        (None, None) => Err(format!("the guest stopped early (while: {phase})")),
    };
    let console = match &autopsy {
        Some(autopsy) => autopsy.console.clone(),
        None => read(&log)?,
    };
    Ok(Ok(Ending {
        console,
        log,
        status,
        autopsy,
    }))
}

/// The kernel's log so far.
pub fn read(log: &Path) -> Result<String> {
    Ok(String::from_utf8_lossy(&fs::read(log)?).replace('\r', ""))
}

/// Boots a guest whose programs talk to the user's terminal.
pub fn interactive(paths: &Paths, kernel: &Kernel, image: &Initramfs) -> Result<()> {
    let mut machine = Machine::new(paths, kernel, Mode::Shell);
    let archive = image.write(&machine)?;
    let log = paths.log("shell-console")?;
    let size = rustix::termios::tcgetwinsize(std::io::stdin())?;
    machine.words = vec![
        format!("devscope.rows={}", size.ws_row),
        format!("devscope.columns={}", size.ws_col),
    ];
    let mut command = qemu::command(&machine, &archive, &log)?;
    let _ec = Ec::add_to(&mut command, &machine)?;
    if !exec::interactive(&mut command)? {
        bail!("QEMU failed; the kernel's log is {}", log.display());
    }
    Ok(())
}

/// The last lines of a log, for a message.
pub fn tail(text: &str, lines: usize) -> Vec<&str> {
    let all: Vec<_> = text.lines().filter(|line| !line.is_empty()).collect();
    all[all.len().saturating_sub(lines)..].to_vec()
}

/// Asks the kernel to kill the child when this process ends, however it ends.
pub fn die_with_us(command: &mut Command) {
    let set = || {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        Ok(())
    };
    // SAFETY:
    // - Between fork and exec only one system call is made: nothing allocates, nothing locks.
    unsafe { command.pre_exec(set) };
}

/// Kills a child, and waits for its end.
pub fn end(child: &mut Child) {
    // It may have exited by itself, which is as good.
    let _ = child.kill();
    let _ = child.wait();
}
