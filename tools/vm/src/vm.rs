// SPDX-License-Identifier: GPL-2.0

//! Runs a guest to its end, and sees to it that there is one.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::ec::Ec;
use crate::exec;
use crate::initramfs::Initramfs;
use crate::kernel::Kernel;
use crate::lock;
use crate::log;
use crate::machine::Machine;
use crate::paths::Paths;
use crate::protocol::Message;
use crate::qemu::{self, Mode};
use crate::qmp::Monitor;
use crate::ui;

/// How long a guest may say nothing at all.
const QUIET: Duration = Duration::from_secs(400);

/// How long a guest may run.
const TOTAL: Duration = Duration::from_secs(75 * 60);

/// How a guest ended.
#[derive(Debug)]
pub struct Ending {
    /// The kernel's log.
    pub console: String,
    /// The file it is in.
    pub log: PathBuf,
    /// What the guest's script ended with; `Err` says why it never got there.
    pub status: Result<i32, String>,
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
    let archive = image.write(machine.paths, name)?;
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
    let output = paths.log(&format!("{name}-output"))?;
    let errors = paths.log(&format!("{name}-qemu"))?;
    fs::write(&log, "")?;

    let mut command = qemu::command(machine, archive, &log)?;
    command
        .stdout(Stdio::piped())
        .stderr(fs::File::create(&errors)?);
    die_with_us(&mut command);
    let (monitor, theirs) = Monitor::add_to(&mut command)?;
    let mut ec = Ec::add_to(&mut command, machine)?;
    let mut child = command
        .spawn()
        .map_err(|error| exec::not_started(&command, error))?;
    drop(theirs);
    ec.iter_mut().for_each(Ec::hand_over);
    let mut output = fs::File::create(&output)?;
    let mut watch = Watch::new(&log);
    let mut ended = None;
    let mut phase = "booting".to_owned();
    let lines = reader(&mut child)?;
    let mut stopped = None;
    let mut up = false;
    loop {
        match lines.recv_timeout(Duration::from_millis(200)) {
            Ok(line) => {
                watch.heard();
                if !up
                    && !last
                    && let Some(splat) = log::scan(&read(&log)?).splats.first()
                {
                    kill(&mut child);
                    child.wait()?;
                    return Ok(Err(splat.text.clone()));
                }
                up = true;
                writeln!(output, "{line}")?;
                let message = Message::parse(&line);
                match &message {
                    Some(Message::Done(status)) => ended = Some(*status),
                    Some(Message::Phase(text)) => phase.clone_from(text),
                    Some(Message::Monitor(request)) => monitor.ask(request.clone()),
                    _ => {}
                }
                if let Err(error) = each(&line, message.as_ref()) {
                    kill(&mut child);
                    return Err(error);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        // What it had said before is still in the pipe: only its end ends the loop.
        if stopped.is_none() {
            stopped = watch.expired();
            if stopped.is_some() {
                kill(&mut child);
            }
        }
    }
    let exit = child.wait()?;
    let console = read(&log)?;
    if !up && !last && exit.success() && stopped.is_none() {
        let said = log::scan(&console);
        let why = said
            .splats
            .first()
            .map_or("it stopped", |splat| &splat.text);
        return Ok(Err(why.to_owned()));
    }
    let status = match (stopped, ended) {
        (Some(reason), _) => Err(format!("{reason} (while: {phase})")),
        (None, Some(status)) => Ok(status),
        (None, None) if !exit.success() => {
            let said = fs::read_to_string(&errors).unwrap_or_default();
            let last = said.lines().last().unwrap_or("it said nothing");
            Err(format!("QEMU failed ({exit}): {last}"))
        }
        (None, None) => Err(format!("the guest stopped early (while: {phase})")),
    };
    Ok(Ok(Ending {
        console,
        log,
        status,
    }))
}

/// The kernel's log so far.
fn read(log: &Path) -> Result<String> {
    Ok(String::from_utf8_lossy(&fs::read(log)?).replace('\r', ""))
}

/// Boots a guest whose programs talk to the user's terminal.
pub fn interactive(paths: &Paths, kernel: &Kernel, image: &Initramfs) -> Result<()> {
    let mut machine = Machine::new(paths, kernel, Mode::Shell);
    let archive = image.write(paths, &machine.name)?;
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

/// Sends the guest's output line by line until it closes.
fn reader(child: &mut Child) -> Result<mpsc::Receiver<String>> {
    let stdout = child.stdout.take().context("QEMU has no output")?;
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(stdout);
        let mut bytes = Vec::new();
        while reader.read_until(b'\n', &mut bytes).is_ok_and(|n| n > 0) {
            let line = String::from_utf8_lossy(&bytes);
            if send.send(line.trim_end().to_owned()).is_err() {
                return;
            }
            bytes.clear();
        }
    });
    Ok(receive)
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

fn kill(child: &mut Child) {
    // It may have exited by itself, which is as good.
    let _ = child.kill();
}

/// Notices a guest that hangs.
#[derive(Debug)]
struct Watch<'a> {
    log: &'a Path,
    len: u64,
    started: Instant,
    heard: Instant,
}

impl<'a> Watch<'a> {
    fn new(log: &'a Path) -> Self {
        let now = Instant::now();
        Self {
            log,
            len: 0,
            started: now,
            heard: now,
        }
    }

    fn heard(&mut self) {
        self.heard = Instant::now();
    }

    fn expired(&mut self) -> Option<String> {
        let len = fs::metadata(self.log).map_or(0, |meta| meta.len());
        if len != self.len {
            self.len = len;
            self.heard();
        }
        if self.heard.elapsed() > QUIET {
            return Some(format!(
                "the guest said nothing for {} s and was killed",
                QUIET.as_secs()
            ));
        }
        (self.started.elapsed() > TOTAL).then(|| {
            format!(
                "the guest ran for {} min and was killed",
                TOTAL.as_secs() / 60
            )
        })
    }
}
