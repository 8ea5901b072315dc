// SPDX-License-Identifier: GPL-2.0

//! Waits for the guest and for time, and answers.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::ec::Ec;
use crate::line;
use crate::log::Log;
use crate::shared::Shared;

/// The host waits for a second, from a little before the EC hears of a command. What takes longer
/// than this is not answered at all.
pub const PATIENCE: Duration = Duration::from_millis(800);

/// A reply that waits for its time.
#[derive(Debug)]
struct Reply {
    number: u8,
    packet: Vec<u8>,
    received: Instant,
    due: Instant,
}

/// The EC with its connections.
#[derive(Debug)]
pub struct Server {
    ec: Ec,
    line: UnixStream,
    shared: Shared,
    log: Log,
    reply: Option<Reply>,
}

impl Server {
    /// An EC that is switched on now.
    pub fn new(line: UnixStream, shared: Shared, log: Log) -> Result<Self> {
        line.set_nonblocking(true).context("the serial line")?;
        Ok(Self {
            ec: Ec::new(Instant::now()),
            line,
            shared,
            log,
            reply: None,
        })
    }

    /// Serves until the line closes.
    pub fn run(&mut self) -> Result<()> {
        self.log.line("switched on")?;
        loop {
            let next = self.do_what_is_due()?;
            self.log.flush()?;
            if self.wait(next)? && !self.hear()? {
                self.log.line("the line is closed")?;
                return self.log.flush();
            }
        }
    }

    /// Answers and notifies as time goes by; returns when there is something to do next.
    fn do_what_is_due(&mut self) -> Result<Option<Instant>> {
        let now = Instant::now();
        if let Some(reply) = self.reply.take_if(|reply| reply.due <= now) {
            self.answer(&reply, now)?;
        }
        let (next, notify) = self.ec.tick(now);
        self.write_memory()?;
        if notify {
            self.log.line("notify")?;
            self.send(line::EVENT)?;
        }
        let reply = self.reply.as_ref().map(|reply| reply.due);
        Ok(next.into_iter().chain(reply).min())
    }

    /// Waits until `until`, or until there is something to read; returns whether there is.
    fn wait(&self, until: Option<Instant>) -> Result<bool> {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let timeout = left.map(Timespec::try_from).transpose()?;
        let mut fds = [PollFd::new(&self.line, PollFlags::IN)];
        match poll(&mut fds, timeout.as_ref()) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(error).context("poll"),
        }
    }

    /// Takes what the guest sent; returns whether the line is still there.
    fn hear(&mut self) -> Result<bool> {
        let mut bytes = [0; 64];
        let len = match self.line.read(&mut bytes) {
            Ok(0) => return Ok(false),
            Ok(len) => len,
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::Interrupted => return Ok(true),
                ErrorKind::ConnectionReset => return Ok(false),
                _ => return Err(error).context("the serial line"),
            },
        };
        match line::doorbell(&bytes[..len]) {
            Some(number) => self.doorbell(number)?,
            None => self
                .log
                .line(&format!("no doorbell: {:02x?}", &bytes[..len]))?,
        }
        Ok(true)
    }

    fn doorbell(&mut self, number: u8) -> Result<()> {
        if self.reply.take().is_some() {
            self.log.line("the host has given up the command before")?;
        }
        let now = Instant::now();
        let answer = self.ec.handle(&self.shared.packet()?, now);
        let late = if answer.delay > PATIENCE {
            ", too late"
        } else {
            ""
        };
        let slow = match answer.delay {
            Duration::ZERO => String::new(),
            delay => format!(", after {} ms{late}", delay.as_millis()),
        };
        self.log
            .line(&format!("#{number:02x} {}{slow}", answer.summary))?;
        self.reply = answer.packet.map(|packet| Reply {
            number,
            packet,
            received: now,
            due: now + answer.delay,
        });
        Ok(())
    }

    fn answer(&mut self, reply: &Reply, now: Instant) -> Result<()> {
        if now.duration_since(reply.received) > PATIENCE {
            let number = reply.number;
            return self
                .log
                .line(&format!("#{number:02x} is too late to be answered"));
        }
        // Before the host goes on: what the command changed, then the reply, then the news of it.
        self.write_memory()?;
        self.shared.reply(&reply.packet)?;
        self.send(reply.number)
    }

    fn write_memory(&mut self) -> Result<()> {
        if self.ec.memory.take_changed() {
            self.shared.memmap(self.ec.memory.bytes())?;
        }
        Ok(())
    }

    /// Sends one byte. A line that closes is noticed when it is read.
    fn send(&mut self, byte: u8) -> Result<()> {
        match self.line.write(&[byte]) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.log.line("the guest does not listen; a byte is lost")
            }
            Err(error) => Err(error).context("the serial line"),
        }
    }
}
