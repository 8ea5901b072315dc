// SPDX-License-Identifier: GPL-2.0

//! What the EC was told to do to the next commands.

use std::time::{Duration, Instant};

use strum::FromRepr;

use crate::packet;

/// How a reply is spoilt, by its number in the script.
#[derive(Clone, Copy, Debug, FromRepr, PartialEq, Eq)]
#[repr(u16)]
pub enum Garbage {
    Checksum,
    Length,
    Random,
    StructVersion,
}

impl Garbage {
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

/// What is done to the next commands, so many of them.
#[derive(Clone, Copy, Debug)]
pub struct Next<T>(Option<(u32, T)>);

impl<T> Default for Next<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Copy> Next<T> {
    /// It is done to the next `count`.
    pub fn set(&mut self, count: u32, what: T) {
        self.0 = Some((count, what));
    }

    /// What is done to the next one.
    pub fn take(&mut self) -> Option<T> {
        let (count, what) = self.0.as_mut()?;
        *count = count.checked_sub(1)?;
        Some(*what)
    }
}

/// All that is to be done.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// Each takes so long.
    pub slow: Next<Duration>,
    /// They get this result.
    pub fail: Next<u16>,
    /// Their replies are spoilt.
    pub garbage: Next<Garbage>,
    /// They are not answered.
    pub silent: Next<()>,
    /// Each is in progress for so long.
    pub pending: Next<Duration>,
    processing_until: Option<Instant>,
}

impl Script {
    /// Whether the next command is in progress, from `now` on.
    pub fn next_pending(&mut self, now: Instant) -> bool {
        let time = self.pending.take();
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
        assert_eq!((script.silent.take(), script.fail.take()), (None, None));
        script.silent.set(2, ());
        script.fail.set(1, 3);
        assert_eq!(script.fail.take(), Some(3));
        assert_eq!(script.fail.take(), None);
        assert_eq!(
            [(); 3].map(|()| script.silent.take().is_some()),
            [true, true, false]
        );
        script.pending.set(1, Duration::from_millis(5));
        assert!(!script.is_processing(now) && script.next_pending(now));
        assert!(script.is_processing(now));
        assert!(!script.is_processing(now + Duration::from_millis(5)));
    }

    #[test]
    fn garbage_is_garbage() {
        let good = packet::reply(&Ok(vec![1, 2, 3]));
        let spoilt = |number| {
            let mut reply = good.clone();
            Garbage::from_repr(number).unwrap().spoil(&mut reply);
            reply
        };
        assert_ne!(sum(&spoilt(0)), 0);
        assert_eq!(spoilt(1)[4..6], [0xf0, 0xff]);
        assert!(spoilt(2)[5] >= 0x80);
        assert!(spoilt(3)[0] != 3 && sum(&spoilt(3)) == 0);
        assert_eq!(Garbage::from_repr(4), None);
    }
}
