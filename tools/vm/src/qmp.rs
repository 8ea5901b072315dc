// SPDX-License-Identifier: GPL-2.0

//! QEMU's monitor: takes a device from the running machine, puts it back, and looks at the machine.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::io::{FdFlags, fcntl_setfd};
use serde_json::{Value, json};

use crate::qemu;
use crate::ui;

/// How long QEMU may think. The guest has to let go of a device before it is gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the guest may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Takes the device of this name away.
    Unplug(String),
    /// Puts it back.
    Plug(String),
}

/// What the monitor is to do.
#[derive(Debug)]
enum Task {
    Change(Request),
    /// Runs a command of the monitor for people, and sends what it says.
    Look(String, mpsc::Sender<String>),
}

/// A monitor that works requests off, one after the other.
#[derive(Debug)]
pub struct Monitor(mpsc::Sender<Task>);

impl Monitor {
    /// Adds a monitor to the machine that `command` is going to start. Its end of the connection
    /// is inherited by the child, and closed here when `theirs`, the second value, is dropped.
    pub fn add_to(command: &mut Command) -> Result<(Self, UnixStream)> {
        let (ours, theirs) = UnixStream::pair()?;
        fcntl_setfd(&theirs, FdFlags::empty())?;
        let socket = format!("socket,id=monitor,fd={}", theirs.as_raw_fd());
        command
            .args(["-chardev", &socket])
            .args(["-mon", "chardev=monitor,mode=control"]);
        let (send, tasks) = mpsc::channel();
        thread::spawn(move || {
            if let Err(error) = serve(&ours, &tasks) {
                ui::error(&error.context("QEMU's monitor"));
            }
        });
        Ok((Self(send), theirs))
    }

    /// Asks for something. Whether it worked, the guest sees by itself.
    pub fn ask(&self, request: Request) {
        // Nobody there: it has said why.
        let _ = self.0.send(Task::Change(request));
    }

    /// What QEMU says to `command`, as it would to somebody who types it.
    pub fn look(&self, command: &str) -> String {
        let (send, answer) = mpsc::channel();
        let _ = self.0.send(Task::Look(command.to_owned(), send));
        // It may be waiting for a device that the guest does not let go of.
        let answer = answer.recv_timeout(2 * PATIENCE);
        answer.unwrap_or_else(|_| "QEMU's monitor does not answer\n".to_owned())
    }
}

fn serve(stream: &UnixStream, tasks: &mpsc::Receiver<Task>) -> Result<()> {
    let mut tasks = tasks.iter().peekable();
    if tasks.peek().is_none() {
        return Ok(());
    }
    let mut session = Session::begin(stream)?;
    for task in tasks {
        match task {
            Task::Change(request) => {
                if let Err(error) = session.change(request) {
                    ui::error(&error.context("QEMU's monitor"));
                }
            }
            Task::Look(line, answer) => {
                let arguments = json!({ "command-line": line });
                let said = session.execute("human-monitor-command", &arguments)?;
                // Who asked may have lost patience.
                let _ = answer.send(said.as_str().unwrap_or_default().replace('\r', ""));
            }
        }
    }
    Ok(())
}

/// A conversation in QMP: a JSON object a line.
struct Session<'a> {
    stream: &'a UnixStream,
    lines: BufReader<&'a UnixStream>,
    events: VecDeque<Value>,
}

impl<'a> Session<'a> {
    fn begin(stream: &'a UnixStream) -> Result<Self> {
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut session = Self {
            stream,
            lines: BufReader::new(stream),
            events: VecDeque::new(),
        };
        session.next()?; // The greeting.
        session.execute("qmp_capabilities", &json!({}))?;
        Ok(session)
    }

    fn next(&mut self) -> Result<Value> {
        let mut line = String::new();
        if self.lines.read_line(&mut line).context("no answer")? == 0 {
            bail!("QEMU has hung up");
        }
        Ok(serde_json::from_str(&line)?)
    }

    /// Runs a command; returns what it returns.
    fn execute(&mut self, command: &str, arguments: &Value) -> Result<Value> {
        let text = json!({ "execute": command, "arguments": arguments });
        writeln!(self.stream, "{text}")?;
        loop {
            let mut answer = self.next()?;
            if let Some(error) = answer.get("error") {
                bail!("{text}: {error}");
            }
            if let Some(value) = answer.get_mut("return") {
                return Ok(value.take());
            }
            self.events.push_back(answer);
        }
    }

    fn change(&mut self, request: Request) -> Result<()> {
        match request {
            Request::Unplug(name) => {
                self.execute("device_del", &json!({ "id": name }))?;
                self.wait_deleted(&name)
            }
            Request::Plug(name) => {
                self.execute("device_add", &qemu::device(&name)?)?;
                Ok(())
            }
        }
    }

    /// Waits until the guest has let go of the device.
    fn wait_deleted(&mut self, name: &str) -> Result<()> {
        loop {
            let event = match self.events.pop_front() {
                Some(event) => event,
                None => self.next().with_context(|| format!("unplug of {name}"))?,
            };
            if event["event"] == "DEVICE_DELETED" && event["data"]["device"] == name {
                return Ok(());
            }
        }
    }
}
