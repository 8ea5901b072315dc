// SPDX-License-Identifier: GPL-2.0

//! The cost of `read()`, `poll()` and `write()` of an event node.

use super::{drain, Subject, EVENT, EVENTS_LIMIT, LIMIT};
use crate::{
    clock::{cost, cost_of_many, PER_ROUND},
    table::{Line, Table},
};
use devscope_tests::{evdev::uinput::encode, events::poll_now};
use rustix::{
    event::PollFlags,
    io::{read, write, Errno},
};

/// The number of unread events.
const EVENTS: usize = 1024;
const EV_LED: u16 = 0x11;

pub fn table(it: &Subject) -> Table {
    let lines = vec![
        Line::new("read: nothing there", empty_read(it)).limit(EVENTS_LIMIT),
        Line::new("read: 1 event", event_read::<1>(it)).limit(EVENTS_LIMIT),
        Line::new("read: 8 events", event_read::<8>(it)).limit(EVENTS_LIMIT),
        Line::new("read: 64 events", event_read::<64>(it)).limit(EVENTS_LIMIT),
        Line::new("poll: nothing there", polling(it, 0)).limit(LIMIT),
        Line::new("poll: an event", polling(it, 1)).limit(LIMIT),
        Line::new("write: 1 event, EV_LED", writing(it, 1)).limit(LIMIT),
        Line::new("write: 8 events, EV_LED", writing(it, 8)).limit(LIMIT),
    ];
    let title = "Instructions of calls; a client has room for 2,048 events";
    Table::new(title, 1, lines)
}

fn empty_read(it: &Subject) -> f64 {
    let client = it.client();
    cost(|| assert_eq!(read(&client, &mut [0; EVENT]), Err(Errno::AGAIN)))
}

/// A read of `COUNT` events.
fn event_read<const COUNT: usize>(it: &Subject) -> f64 {
    let (client, burster) = (it.client(), it.burster());
    let mut events = [[0; EVENT]; COUNT];
    let reads = EVENTS / COUNT;
    let fill = || burster.send(EVENTS as u64 / 2).expect("testinput/burst");
    cost_of_many(reads as u64, fill, || {
        for _ in 0..reads {
            let len = read(&client, events.as_flattened_mut());
            assert_eq!(len, Ok(COUNT * EVENT));
        }
    })
}

fn polling(it: &Subject, packets: u64) -> f64 {
    let client = it.client();
    it.burster().send(packets).expect("testinput/burst");
    let expected = match packets {
        0 => PollFlags::empty(),
        _ => PollFlags::IN,
    };
    cost(|| assert_eq!(poll_now(&client, PollFlags::IN), expected))
}

/// A write of `count` events, each of which turns an LED on or off. They have no SYN_REPORT, so
/// they are delivered 256 at a time.
fn writing(it: &Subject, count: u16) -> f64 {
    let client = it.client();
    let events = |value| -> Vec<u8> {
        (0..count)
            .flat_map(|led| encode((EV_LED, led, value)))
            .collect()
    };
    let (on, off) = (events(1), events(0));
    let pairs = PER_ROUND / 2 / u64::from(count);
    let empty = || drain(&client);
    cost_of_many(pairs * 2, empty, || {
        for _ in 0..pairs {
            assert_eq!(write(&client, &on), Ok(on.len()));
            assert_eq!(write(&client, &off), Ok(off.len()));
        }
    })
}
