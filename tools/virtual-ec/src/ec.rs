// SPDX-License-Identifier: GPL-2.0

//! The controller: what it is in, and how a request becomes a reply.

use std::time::{Duration, Instant};

use crate::commands::{CONSOLE_START, GET_COMMS_STATUS, GET_NEXT_EVENT, SCRIPT};
use crate::events::Events;
use crate::memory::Memory;
use crate::packet::{self, PACKET_SIZE, Request};
use crate::script::Script;
use crate::settings::Settings;
use crate::status::Status;
use crate::table::{self, Call, Chip};

/// The controller.
#[derive(Debug)]
pub struct Ec {
    pub memory: Memory,
    pub events: Events,
    pub script: Script,
    pub settings: Settings,
    /// What the EC said, as `ectool console` shows it.
    pub console: String,
    /// How much of a snapshot of it was read.
    pub console_read: usize,
    /// When it was switched on.
    pub started: Instant,
    /// Once this reply is out, all is lost, and nothing is answered for so long.
    reboot: Option<Duration>,
    dead_until: Option<Instant>,
}

/// What to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The packet; `None` if there is no answer.
    pub packet: Option<Vec<u8>>,
    /// After how long.
    pub delay: Duration,
    /// What this was about, for the log.
    pub summary: String,
}

impl Answer {
    fn now(result: &Result<Vec<u8>, Status>, summary: String) -> Self {
        Self {
            packet: Some(packet::reply(result)),
            ..Self::none(summary)
        }
    }

    fn none(summary: String) -> Self {
        Self {
            packet: None,
            delay: Duration::ZERO,
            summary,
        }
    }
}

impl Ec {
    /// One that was switched on just now.
    pub fn new(now: Instant) -> Self {
        Self {
            memory: Memory::default(),
            events: Events::default(),
            script: Script::default(),
            settings: Settings::default(),
            console: CONSOLE_START.to_owned(),
            console_read: 0,
            started: now,
            reboot: None,
            dead_until: None,
        }
    }

    /// As after power-on. What the host was told stays so: see [`crate::events`].
    pub fn reset(&mut self, now: Instant) {
        let mut events = std::mem::take(&mut self.events);
        events.clear();
        *self = Self {
            events,
            dead_until: self.dead_until,
            ..Self::new(now)
        };
    }

    /// Loses all after the reply, and answers nothing for `time`.
    pub fn reboot_after_reply(&mut self, time: Duration) {
        self.reboot = Some(time);
    }

    /// Does what the packet asks for.
    pub fn handle(&mut self, packet: &[u8; PACKET_SIZE], now: Instant) -> Answer {
        if self.dead_until.is_some_and(|end| now < end) {
            if Request::parse(packet).is_ok_and(|request| request.command == GET_NEXT_EVENT) {
                self.events.give_up();
            }
            return Answer::none("rebooting".into());
        }
        self.dead_until = None;
        let answer = match Request::parse(packet) {
            Err(status) => Answer::now(&Err(status), format!("malformed: result {}", status.0)),
            Ok(request) if is_exempt(&request) => {
                let result = self.execute(&request, now);
                Answer::now(&result, summary(&request, &result, ""))
            }
            Ok(request) => self.scripted(&request, now),
        };
        if let Some(time) = self.reboot.take() {
            self.reset(now);
            self.dead_until = Some(now + time);
        }
        answer
    }

    fn scripted(&mut self, request: &Request<'_>, now: Instant) -> Answer {
        if self.script.silent.take().is_some() {
            return Answer::none(summary(request, &Ok(Vec::new()), ", silent"));
        }
        let delay = self.script.slow.take().unwrap_or_default();
        let asks = request.command % table::PASSTHRU == GET_COMMS_STATUS;
        let result = if !asks && self.script.next_pending(now) {
            Err(Status::IN_PROGRESS)
        } else {
            match self.script.fail.take() {
                Some(0) | None => self.execute(request, now),
                Some(code) => Err(Status(code)),
            }
        };
        let mut packet = packet::reply(&result);
        let garbage = self.script.garbage.take();
        if let Some(how) = garbage {
            how.spoil(&mut packet);
        }
        let note = garbage.map(|how| format!(", {how:?}")).unwrap_or_default();
        Answer {
            summary: summary(request, &result, &note),
            packet: Some(packet),
            delay,
        }
    }

    fn execute(&mut self, request: &Request<'_>, now: Instant) -> Result<Vec<u8>, Status> {
        let (chip, command) = Chip::of(request.command).ok_or(Status::INVALID_COMMAND)?;
        let entry = table::find(chip, command).ok_or(Status::INVALID_COMMAND)?;
        if request.version > 31 || entry.versions & (1 << request.version) == 0 {
            return Err(Status::INVALID_VERSION);
        }
        let call = Call {
            chip,
            version: request.version,
            params: request.params,
            now,
        };
        (entry.handler)(self, &call)
    }

    /// Does what is due; says when something is next, and whether to notify the host.
    pub fn tick(&mut self, now: Instant) -> (Option<Instant>, bool) {
        let next = self.events.tick(now);
        (next, self.events.tell(now))
    }
}

/// Whether scripts leave the command alone.
fn is_exempt(request: &Request<'_>) -> bool {
    [SCRIPT, GET_NEXT_EVENT].contains(&(request.command % table::PASSTHRU))
}

fn summary(request: &Request<'_>, result: &Result<Vec<u8>, Status>, note: &str) -> String {
    let (code, len) = match result {
        Ok(data) => (0, data.len()),
        Err(status) => (status.0, 0),
    };
    format!(
        "command {:#06x} v{}, {} bytes: result {code}, {len} bytes{note}",
        request.command,
        request.version,
        request.params.len(),
    )
}
