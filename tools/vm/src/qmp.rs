// SPDX-License-Identifier: GPL-2.0

//! QEMU's monitor: takes a device from the running machine, and puts it back.

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

/// A monitor that works requests off, one after the other.
#[derive(Debug)]
pub struct Monitor(mpsc::Sender<Request>);

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
        let (send, requests) = mpsc::channel();
        thread::spawn(move || {
            if let Err(error) = serve(&ours, &requests) {
                ui::error(&error.context("QEMU's monitor"));
            }
        });
        Ok((Self(send), theirs))
    }

    /// Asks for something. Whether it worked, the guest sees by itself.
    pub fn ask(&self, request: Request) {
        // Nobody there: it has said why.
        let _ = self.0.send(request);
    }
}

fn serve(stream: &UnixStream, requests: &mpsc::Receiver<Request>) -> Result<()> {
    let Ok(mut request) = requests.recv() else {
        return Ok(());
    };
    let mut session = Session::begin(stream)?;
    loop {
        match request {
            Request::Unplug(name) => {
                session.execute("device_del", &json!({ "id": name }))?;
                session.wait_deleted(&name)?;
            }
            Request::Plug(name) => {
                session.execute("device_add", &qemu::device(&name)?)?;
            }
        }
        match requests.recv() {
            Ok(next) => request = next,
            Err(_) => return Ok(()),
        }
    }
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

    fn execute(&mut self, command: &str, arguments: &Value) -> Result<()> {
        let text = json!({ "execute": command, "arguments": arguments });
        writeln!(self.stream, "{text}")?;
        loop {
            let answer = self.next()?;
            if let Some(error) = answer.get("error") {
                bail!("{text}: {error}");
            }
            if answer.get("return").is_some() {
                return Ok(());
            }
            self.events.push_back(answer);
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
