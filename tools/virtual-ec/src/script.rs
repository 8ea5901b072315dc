// SPDX-License-Identifier: GPL-2.0

//! What the EC was told to do to the next commands.

use std::time::{Duration, Instant};

use crate::packet;

/// How a reply is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Garbage {
    Checksum,
    Length,
    Random,
    StructVersion,
}

impl Garbage {
    /// By its number in the script.
    pub fn from_number(number: u16) -> Option<Self> {
        let all = [
            Self::Checksum,
            Self::Length,
            Self::Random,
            Self::StructVersion,
        ];
        all.get(usize::from(number)).copied()
    }

    /// Spoils a reply. No valid packet is ever left but by [`Self::StructVersion`].
    pub fn spoil(self, reply: &mut Vec<u8>) {
        match self {
            Self::Checksum => reply[1] = reply[1].wrapping_add(1),
            Self::Length => {
                reply[4..6].copy_from_slice(&0xfff0_u16.to_le_bytes());
                packet::seal(reply);
            }
            Self::Random => random(reply),
            Self::StructVersion => {
                reply[0] = 0x7e;
                packet::seal(reply);
            }
        }
    }
}

/// Random bytes whose length is larger than any.
fn random(reply: &mut Vec<u8>) {
    reply.resize(packet::PACKET_SIZE, 0);
    // Without it the bytes are those of the reply, and just as wrong.
    let _ = rustix::rand::getrandom(&mut reply[..], rustix::rand::GetRandomFlags::empty());
    reply[5] |= 0x80;
}

/// Something that is done to the next `count` commands.
#[derive(Clone, Copy, Debug)]
struct Next<T> {
    count: u32,
    what: T,
}

/// All that is to be done.
#[derive(Clone, Debug, Default)]
pub struct Script {
    slow: Option<Next<Duration>>,
    fail: Option<Next<u16>>,
    garbage: Option<Next<Garbage>>,
    silent: Option<Next<()>>,
    pending: Option<Next<Duration>>,
    processing_until: Option<Instant>,
}

fn add<T>(slot: &mut Option<Next<T>>, count: u32, what: T) {
    *slot = Some(Next { count, what });
}

/// Takes one off `slot`.
fn take<T: Copy>(slot: &mut Option<Next<T>>) -> Option<T> {
    let next = slot.as_mut().filter(|next| next.count > 0)?;
    next.count -= 1;
    Some(next.what)
}

impl Script {
    /// Each of the next `count` commands takes `time`.
    pub fn slow(&mut self, count: u32, time: Duration) {
        add(&mut self.slow, count, time);
    }

    /// The next `count` commands get `result`.
    pub fn fail(&mut self, count: u32, result: u16) {
        add(&mut self.fail, count, result);
    }

    /// The next `count` replies are spoilt.
    pub fn garbage(&mut self, count: u32, how: Garbage) {
        add(&mut self.garbage, count, how);
    }

    /// The next `count` commands are not answered.
    pub fn silent(&mut self, count: u32) {
        add(&mut self.silent, count, ());
    }

    /// The next `count` commands are in progress for `time`.
    pub fn pending(&mut self, count: u32, time: Duration) {
        add(&mut self.pending, count, time);
    }

    /// How long the next command takes.
    pub fn next_slow(&mut self) -> Duration {
        take(&mut self.slow).unwrap_or_default()
    }

    /// What the next command fails with.
    pub fn next_fail(&mut self) -> Option<u16> {
        take(&mut self.fail)
    }

    /// How the next reply is spoilt.
    pub fn next_garbage(&mut self) -> Option<Garbage> {
        take(&mut self.garbage)
    }

    /// Whether the next command is not answered.
    pub fn next_silent(&mut self) -> bool {
        take(&mut self.silent).is_some()
    }

    /// Whether the next command is in progress, from `now` on.
    pub fn next_pending(&mut self, now: Instant) -> bool {
        let time = take(&mut self.pending);
        if let Some(time) = time {
            self.processing_until = Some(now + time);
        }
        time.is_some()
    }

    /// Whether a command is in progress.
    pub fn is_processing(&self, now: Instant) -> bool {
        self.processing_until.is_some_and(|end| now < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::sum;

    #[test]
    fn counts() {
        let (mut script, now) = (Script::default(), Instant::now());
        assert!(!script.next_silent() && script.next_fail().is_none());
        script.silent(2);
        script.fail(1, 3);
        assert_eq!(script.next_fail(), Some(3));
        assert_eq!(script.next_fail(), None);
        assert!(script.next_silent() && script.next_silent() && !script.next_silent());
        script.pending(1, Duration::from_millis(5));
        assert!(!script.is_processing(now) && script.next_pending(now));
        assert!(script.is_processing(now));
        assert!(!script.is_processing(now + Duration::from_millis(5)));
    }

    #[test]
    fn garbage_is_garbage() {
        let good = packet::reply(&Ok(vec![1, 2, 3]));
        let spoilt = |number| {
            let mut reply = good.clone();
            Garbage::from_number(number).unwrap().spoil(&mut reply);
            reply
        };
        assert_ne!(sum(&spoilt(0)), 0);
        assert_eq!(spoilt(1)[4..6], [0xf0, 0xff]);
        assert!(spoilt(2)[5] >= 0x80);
        assert!(spoilt(3)[0] != 3 && sum(&spoilt(3)) == 0);
        assert_eq!(Garbage::from_number(4), None);
    }
}
