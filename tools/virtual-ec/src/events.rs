// SPDX-License-Identifier: GPL-2.0

//! Events (MKBP) that wait for the host.
//!
//! # When the host is told
//!
//! The kernel runs a handler for each notification, on any CPU, two at once if need be, and both
//! keep the event they fetched in the same place of the `cros_ec_device`. One would overwrite the
//! other's. So there must never be a notification while a handler still has an event in its hands.
//!
//! Every event says that there are more (`EC_MKBP_HAS_MORE_EVENTS`). The handler then asks again,
//! after it has passed the event on, until the EC has none (UNAVAILABLE): after that it touches
//! nothing. [`Events`] notifies when there is an event and nobody has been notified since the last
//! UNAVAILABLE. So one handler runs at a time, events keep their order, and none that comes while
//! it runs is forgotten.
//!
//! A handler must come to an end, also when events come faster than they are fetched: the driver
//! cannot be unloaded before. After [`BURST`] events it is told that there are none; a little later
//! the host is notified again.
//!
//! A notification that finds no handler is lost (the driver fetches all events when it is loaded,
//! and installs the handler a little later). So after [`REMINDER`] without a question for events,
//! the host is told again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::status::Status;

/// The host has certainly lost a notification that it has not followed for so long.
pub const REMINDER: Duration = Duration::from_secs(10);

/// How many events a handler fetches at most.
pub const BURST: u32 = 32;

/// How long after that the host is told again.
const BREATH: Duration = Duration::from_millis(20);

/// `EC_MKBP_HAS_MORE_EVENTS`.
const HAS_MORE: u8 = 0x80;

/// The largest payload, by version of `EC_CMD_GET_NEXT_EVENT`.
const MAX_PAYLOAD: [usize; 4] = [16, 16, 16, 18];

/// The largest payload of all versions.
pub const PAYLOAD: usize = 18;

/// How many batches may wait. A source that repeats itself is one.
const BATCHES: usize = 1 << 16;

/// How many sources of events in time there may be.
const STREAMS: usize = 64;

/// `count` events that differ in nothing but their number.
#[derive(Clone, Debug)]
struct Batch {
    source: u64,
    kind: u8,
    payload: Vec<u8>,
    number: Option<u32>,
    count: u64,
}

/// Where events come from in time.
#[derive(Debug)]
struct Stream {
    next: Batch,
    period: Duration,
    due: Instant,
    /// `None`: without end.
    left: Option<u32>,
}

/// The queue.
#[derive(Debug, Default)]
pub struct Events {
    queue: VecDeque<Batch>,
    streams: Vec<Stream>,
    sources: u64,
    /// When the host was told; `None` once it has heard that there is nothing more.
    told: Option<Instant>,
    /// How many it has fetched since.
    fetched: u32,
    /// Until when it is not told again.
    rest: Option<Instant>,
}

/// What to raise.
#[derive(Clone, Debug)]
pub struct Raise<'a> {
    pub kind: u8,
    pub payload: &'a [u8],
    pub numbered: bool,
    pub count: u32,
    pub period: Duration,
}

impl Events {
    /// Raises events, now or one every `period`; then a `count` of 0 is without end.
    ///
    /// # Errors
    ///
    /// INVALID_PARAM for a type or payload that no event can have, OVERFLOW when there are too many
    /// that are different.
    pub fn raise(&mut self, raise: &Raise<'_>, now: Instant) -> Result<(), Status> {
        let too_short = raise.numbered && raise.payload.len() < 4;
        if raise.kind & HAS_MORE != 0 || raise.payload.len() > PAYLOAD || too_short {
            return Err(Status::INVALID_PARAM);
        }
        self.sources += 1;
        let batch = Batch {
            source: self.sources,
            kind: raise.kind,
            payload: raise.payload.to_vec(),
            number: raise.numbered.then_some(0),
            count: raise.count.into(),
        };
        if raise.period.is_zero() {
            return match batch.count {
                0 => Ok(()),
                _ => self.push(batch).then_some(()).ok_or(Status::OVERFLOW),
            };
        }
        if self.streams.len() >= STREAMS {
            return Err(Status::OVERFLOW);
        }
        self.streams.push(Stream {
            next: Batch { count: 1, ..batch },
            period: raise.period,
            due: now + raise.period,
            left: (raise.count > 0).then_some(raise.count),
        });
        Ok(())
    }

    /// The next event, as the reply to version `version` of `EC_CMD_GET_NEXT_EVENT`.
    ///
    /// # Errors
    ///
    /// UNAVAILABLE when there is none, or after a burst.
    pub fn fetch(&mut self, version: u8, now: Instant) -> Result<Vec<u8>, Status> {
        let burst = self.fetched >= BURST;
        let Some(batch) = self.queue.front_mut().filter(|_| !burst) else {
            self.rest = burst.then_some(now + BREATH);
            self.give_up();
            return Err(Status::UNAVAILABLE);
        };
        self.told = Some(now);
        self.fetched += 1;
        let mut payload = batch.payload.clone();
        if let Some(number) = &mut batch.number {
            payload[..4].copy_from_slice(&number.to_le_bytes());
            *number = number.wrapping_add(1);
        }
        batch.count -= 1;
        let more = if version >= 2 { HAS_MORE } else { 0 };
        let mut reply = vec![batch.kind | more];
        if batch.count == 0 {
            self.queue.pop_front();
        }
        payload.truncate(MAX_PAYLOAD[usize::from(version).min(3)]);
        reply.extend(payload);
        Ok(reply)
    }

    /// The host asks, and gets no answer: its handler ends with nothing in its hands.
    pub fn give_up(&mut self) {
        self.told = None;
        self.fetched = 0;
    }

    /// Raises what is due by `now`; says when there is something to do next.
    pub fn tick(&mut self, now: Instant) -> Option<Instant> {
        let mut streams = std::mem::take(&mut self.streams);
        for stream in &mut streams {
            while stream.due <= now && stream.left != Some(0) {
                self.push(stream.next.clone());
                stream.next.number = stream.next.number.map(|number| number.wrapping_add(1));
                stream.due += stream.period;
                stream.left = stream.left.map(|left| left - 1);
            }
        }
        streams.retain(|stream| stream.left != Some(0));
        self.streams = streams;
        let reminder = match self.told {
            _ if self.queue.is_empty() => None,
            Some(told) => Some(told + REMINDER),
            None => self.rest.filter(|rest| now < *rest),
        };
        self.streams
            .iter()
            .map(|stream| stream.due)
            .chain(reminder)
            .min()
    }

    /// Whether to tell the host; it counts as told then.
    pub fn tell(&mut self, now: Instant) -> bool {
        let know = self.told.is_some_and(|told| now < told + REMINDER);
        let rests = self.rest.is_some_and(|rest| now < rest);
        if self.queue.is_empty() || know || rests {
            return false;
        }
        (self.told, self.rest) = (Some(now), None);
        true
    }

    /// Forgets all events and where they come from. A notification that is under way stays so.
    pub fn clear(&mut self) {
        self.queue.clear();
        self.streams.clear();
    }

    /// Adds to the queue; returns whether there was room.
    fn push(&mut self, batch: Batch) -> bool {
        if let Some(last) = self
            .queue
            .back_mut()
            .filter(|last| last.source == batch.source)
        {
            last.count += batch.count;
            return true;
        }
        if self.queue.len() >= BATCHES {
            return false;
        }
        self.queue.push_back(batch);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn raise(count: u32, period: u64) -> Raise<'static> {
        Raise {
            kind: 4,
            payload: &[9; 6],
            numbered: true,
            count,
            period: ms(period),
        }
    }

    #[test]
    fn numbered_and_in_order() {
        let (mut events, now) = (Events::default(), Instant::now());
        events.raise(&raise(2, 0), now).unwrap();
        assert!(events.tell(now) && !events.tell(now));
        assert_eq!(events.fetch(3, now).unwrap(), [0x84, 0, 0, 0, 0, 9, 9]);
        assert_eq!(events.fetch(1, now).unwrap(), [0x04, 1, 0, 0, 0, 9, 9]);
        events.raise(&raise(1, 0), now).unwrap();
        assert!(!events.tell(now), "the handler still asks");
        assert!(events.fetch(3, now).is_ok());
        assert_eq!(events.fetch(3, now), Err(Status::UNAVAILABLE));
        assert!(!events.tell(now));
        events.raise(&raise(1, 0), now).unwrap();
        assert!(events.tell(now));
    }

    #[test]
    fn a_lost_notification_is_repeated() {
        let (mut events, now) = (Events::default(), Instant::now());
        events.raise(&raise(1, 0), now).unwrap();
        assert!(events.tell(now));
        assert_eq!(events.tick(now), Some(now + REMINDER));
        assert!(!events.tell(now + REMINDER - ms(1)));
        assert!(events.tell(now + REMINDER));
    }

    #[test]
    fn a_handler_comes_to_an_end() {
        let (mut events, now) = (Events::default(), Instant::now());
        events.raise(&raise(BURST + 2, 0), now).unwrap();
        assert!(events.tell(now));
        for _ in 0..BURST {
            assert!(events.fetch(3, now).is_ok());
        }
        assert_eq!(events.fetch(3, now), Err(Status::UNAVAILABLE));
        assert!(!events.tell(now));
        assert_eq!(events.tick(now), Some(now + BREATH));
        assert!(events.tell(now + BREATH));
        assert_eq!(events.fetch(3, now).unwrap()[1], BURST as u8);
    }

    #[test]
    fn streams() {
        let (mut events, now) = (Events::default(), Instant::now());
        events.raise(&raise(3, 10), now).unwrap();
        assert_eq!(events.tick(now), Some(now + ms(10)));
        assert!(!events.tell(now));
        events.tick(now + ms(25));
        assert!(events.tell(now + ms(25)));
        let numbers = |events: &mut Events| {
            let fetch = std::iter::from_fn(|| events.fetch(3, now).ok());
            fetch.map(|event| event[1]).collect::<Vec<_>>()
        };
        assert_eq!(numbers(&mut events), [0, 1]);
        assert_eq!(events.tick(now + ms(1000)), None);
        assert_eq!(numbers(&mut events), [2]);
        events.raise(&raise(0, 10), now).unwrap();
        events.tick(now + ms(100_000));
        assert_eq!(events.queue.len(), 1);
        events.clear();
        assert_eq!(events.tick(now + ms(200_000)), None);
        assert!(numbers(&mut events).is_empty());
    }

    #[test]
    fn impossible_events() {
        let (mut events, now) = (Events::default(), Instant::now());
        let mut raise = raise(1, 0);
        raise.payload = &[0; 19];
        assert_eq!(events.raise(&raise, now), Err(Status::INVALID_PARAM));
        raise.payload = &[0; 3];
        assert_eq!(events.raise(&raise, now), Err(Status::INVALID_PARAM));
        raise.numbered = false;
        raise.kind = 0x80;
        assert_eq!(events.raise(&raise, now), Err(Status::INVALID_PARAM));
    }
}
