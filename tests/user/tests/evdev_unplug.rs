// SPDX-License-Identifier: GPL-2.0

//! A mouse is unplugged while clients are in all calls that sleep, with each handler: all of them
//! are woken at once, and all calls on their files are refused.

use devscope_tests::{
    evdev::{
        away::{each_mouse, Mouse, Way, STEP},
        client::{assert_gone, assert_gone_events, assert_no_node, client, impatient, read_events},
        ioctls::{grab, name},
        uinput::SYN_REPORT,
    },
    events::{epoll_next, epoll_on, poll_for, poll_now, select_readable, EPOLL_GONE, GONE},
    fdpass,
    proc::calls,
    ring::Ring,
    sleeper::{wait_all_asleep, Sleeper},
    FOR_EVER, HANG, UNBIND_LIMIT,
};
use rustix::{
    event::{epoll::EventFlags, PollFlags},
    fd::AsFd,
    io::{dup, read, Errno},
};
use std::{sync::Arc, thread, time::Duration};

const PACKET: [(u16, u16, i32); 2] = [STEP, SYN_REPORT];

/// Time for a request to reach the point where it waits.
const SETTLE: Duration = Duration::from_millis(100);

#[test]
fn sleeping_readers() {
    each_mouse(|mouse| {
        let shared = Arc::new(client(mouse.node()));
        let readers: Vec<_> = (0..8)
            .map(|number| {
                let file = match number % 2 {
                    0 => shared.clone(),
                    _ => Arc::new(client(mouse.node())),
                };
                Sleeper::start("a reader", move || read_events(&*file))
            })
            .collect();
        wait_all_asleep(&readers, calls::READ);
        mouse.unplug();
        for reader in readers {
            assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
        }
        assert_gone(&*shared, "after a sleep");
    });
}

#[test]
fn pollers() {
    each_mouse(|mouse| {
        let interests = [PollFlags::IN, PollFlags::empty(), PollFlags::PRI];
        let poll = |interest| {
            let file = client(mouse.node());
            Sleeper::asleep("poll", calls::POLL, move || {
                poll_for(file, interest, FOR_EVER)
            })
        };
        let pollers = interests.map(poll);
        let file = client(mouse.node());
        let selecting = Sleeper::asleep("select", calls::SELECT, move || {
            select_readable(file, FOR_EVER)
        });
        mouse.unplug();
        for poller in pollers {
            assert_eq!(poller.result_within(UNBIND_LIMIT), GONE);
        }
        assert!(selecting.result_within(UNBIND_LIMIT), "select");
    });
}

#[test]
fn epoll() {
    // Level- and edge-triggered, without events of interest, and one-shot.
    let kinds = [
        EventFlags::IN,
        EventFlags::IN | EventFlags::ET,
        EventFlags::ET,
        EventFlags::ONESHOT | EventFlags::ET,
    ];
    each_mouse(|mouse| {
        let start = |kind| {
            let file = client(mouse.node());
            let epoll = Arc::new(epoll_on(&file, kind));
            let waited = epoll.clone();
            let waiter = Sleeper::asleep("epoll_wait", calls::EPOLL, move || {
                epoll_next(&*waited, FOR_EVER)
            });
            (kind, file, epoll, waiter)
        };
        let waiters = kinds.map(start);
        mouse.unplug();
        for (kind, file, epoll, waiter) in waiters {
            let events = waiter.result_within(UNBIND_LIMIT);
            assert_eq!(events, EPOLL_GONE, "{kind:?}");
            let again = match kind.intersects(EventFlags::ET) {
                true => EventFlags::empty(),
                false => EPOLL_GONE,
            };
            assert_eq!(epoll_next(&*epoll, Duration::ZERO), again, "{kind:?}");
            assert_gone(&file, "in epoll");
        }
    });
}

#[test]
fn an_edge_with_events_unread() {
    each_mouse(|mouse| {
        let file = client(mouse.node());
        let epoll = epoll_on(&file, EventFlags::IN | EventFlags::ET);
        mouse.step();
        assert_eq!(epoll_next(&epoll, HANG), EventFlags::IN);
        assert_eq!(epoll_next(&epoll, Duration::ZERO), EventFlags::empty());
        mouse.unplug();
        let events = epoll_next(&epoll, HANG) - EventFlags::IN;
        assert_eq!(events, EPOLL_GONE);
        assert_gone_events(poll_now(&file, PollFlags::IN), "events unread");
        // The unread events are lost.
        assert_eq!(read_events(&file), Err(Errno::NODEV));
    });
}

#[test]
fn io_uring() {
    const GONE_BITS: u32 = GONE.bits() as u32;
    each_mouse(|mouse| {
        let (kept, given) = (client(mouse.node()), client(mouse.node()));
        let mut ring = Ring::new();
        let requests = [&kept, &given].map(|file| {
            let requests = (ring.read(file), ring.poll(file, PollFlags::IN));
            thread::sleep(SETTLE);
            assert_eq!(ring.try_result(requests.0), None);
            assert_eq!(ring.try_result(requests.1), None);
            requests
        });
        // The ring has the last reference.
        drop(given);
        mouse.unplug();
        for (read, poll) in requests {
            assert_eq!(ring.result(read), Err(Errno::NODEV));
            assert_eq!(ring.result(poll), Ok(GONE_BITS));
        }
        let (read, poll) = (ring.read(&kept), ring.poll(&kept, PollFlags::IN));
        assert_eq!(ring.result(read), Err(Errno::NODEV));
        assert_eq!(ring.result(poll), Ok(GONE_BITS));
    });
}

#[test]
fn requests_of_io_uring_end_well_while_it_is_there() {
    each_mouse(|mouse| {
        let file = client(mouse.node());
        let mut ring = Ring::new();
        let poll = ring.poll(&file, PollFlags::IN);
        mouse.step();
        assert_eq!(ring.result(poll), Ok(PollFlags::IN.bits().into()));
        let ready = ring.read(&file);
        assert_eq!(ring.result(ready), Ok(48));
        let waiting = ring.read(&file);
        thread::sleep(SETTLE);
        assert_eq!(ring.try_result(waiting), None);
        mouse.step();
        assert_eq!(ring.result(waiting), Ok(48));
    });
}

#[test]
fn a_grab_is_held() {
    each_mouse(|mouse| {
        let (holder, other) = (client(mouse.node()), client(mouse.node()));
        grab(&holder).expect("grab");
        assert_eq!(grab(&other), Err(Errno::BUSY));
        let reader = Sleeper::asleep("a reader", calls::READ, move || read_events(&holder));
        let waiting = Sleeper::asleep("the other", calls::READ, move || read_events(&other));
        mouse.unplug();
        assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
        assert_eq!(waiting.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
    });
}

#[test]
fn every_copy_of_a_descriptor() {
    each_mouse(|mouse| {
        let file = client(mouse.node());
        let copy = dup(&file).expect("dup");
        let (ours, theirs) = fdpass::pair();
        fdpass::send(&theirs, file.as_fd());
        let arrived = fdpass::receive(&ours);
        // One file is in a message when the device is removed, and has no descriptor.
        let last = client(mouse.node());
        fdpass::send(&theirs, last.as_fd());
        drop(last);
        let epoll = epoll_on(&copy, EventFlags::IN);
        mouse.step();
        // All of them share one queue, and the file in the message has its own.
        assert_eq!(read_events(&arrived), Ok(PACKET.to_vec()));
        mouse.unplug();
        assert_eq!(epoll_next(&epoll, HANG), EPOLL_GONE);
        for file in [&file, &copy, &arrived, &fdpass::receive(&ours)] {
            assert_gone(file, "a copy");
        }
    });
}

#[test]
fn old_files_for_ever_and_a_new_device() {
    each_mouse(|mouse| {
        let (empty, full) = (impatient(mouse.node()), impatient(mouse.node()));
        mouse.step();
        assert_eq!(read_events(&empty), Ok(PACKET.to_vec()));
        assert_eq!(read_events(&empty), Err(Errno::AGAIN));
        let node = mouse.node().to_owned();
        mouse.unplug();
        assert_no_node(&node);
        assert_gone(&empty, "gone");
        assert_gone(&full, "gone, events unread");
        let again = Mouse::new(Way::Destroy);
        assert_eq!(again.node(), node, "the number is free again");
        let new = impatient(&node);
        again.step();
        assert_eq!(read_events(&new), Ok(PACKET.to_vec()));
        assert_eq!(name(&new).as_deref(), Ok("devscope mouse"));
        assert_gone(&empty, "another in its place");
        assert_gone(&full, "another in its place, events unread");
    });
}

#[test]
fn closed_at_the_same_time() {
    each_mouse(|mouse| {
        let files: Vec<_> = (0..50).map(|_| client(mouse.node())).collect();
        let closing = Sleeper::start("a program that closes", move || {
            for file in files {
                thread::sleep(Duration::from_micros(200));
                drop(file);
            }
        });
        thread::sleep(Duration::from_millis(5));
        mouse.unplug();
        closing.result();
    });
}

#[test]
fn opened_at_the_same_time() {
    each_mouse(|mouse| {
        let node = mouse.node().to_owned();
        let opening = Sleeper::start("a program that opens", move || loop {
            match devscope_tests::device::open(&node, rustix::fs::OFlags::RDWR) {
                Ok(file) => {
                    let count = read(&file, &mut [0; 0]);
                    assert!(matches!(count, Ok(0) | Err(Errno::NODEV)), "{count:?}");
                }
                Err(error) => return error,
            }
        });
        thread::sleep(Duration::from_millis(5));
        mouse.unplug();
        let end = opening.result();
        // The node does not exist, or the device was removed before the open finished.
        let fine = [Errno::NOENT, Errno::NODEV, Errno::NXIO];
        assert!(fine.contains(&end), "{end:?}");
    });
}
