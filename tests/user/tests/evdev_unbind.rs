// SPDX-License-Identifier: GPL-2.0

//! The parent of an input device is unbound through sysfs, under its clients, with each handler:
//! that of the machine's keyboard, and that of a device with all features.

use devscope_tests::{
    evdev::{
        away::each,
        client::{assert_gone, assert_no_node, client, read_events, write_events},
        effects::upload,
        ioctls::{grab, name as read_name, revoke},
        keyboard::Keyboard,
        TestInput,
    },
    events::{epoll_next, epoll_on, poll_for, EPOLL_GONE, GONE},
    pace,
    proc::calls,
    ring::Ring,
    sleeper::Sleeper,
    wait_until, FOR_EVER, HANG, UNBIND_LIMIT,
};
use rustix::{
    event::{epoll::EventFlags, PollFlags},
    io::Errno,
};
use std::{
    sync::{
        atomic::{AtomicBool, Ordering::Relaxed},
        Arc,
    },
    time::Duration,
};

/// Unbinds the keyboard, which must not take long.
fn unbind(keyboard: &Keyboard) {
    in_time(keyboard.try_unbind(), UNBIND_LIMIT);
}

fn in_time((result, took): (rustix::io::Result<()>, Duration), limit: Duration) {
    eprintln!("unbind: {:.1} ms", took.as_secs_f64() * 1e3);
    assert_eq!(result, Ok(()));
    pace::assert_within(took, limit, "unbind");
}

#[test]
fn clients_of_a_keyboard() {
    each(|handlers, _| {
        let keyboard = Keyboard::load();
        let node = keyboard.node(handlers);
        let file = client(&node);
        let name = read_name(&file).expect("a name");
        assert!(name.contains("keyboard"), "{name}");
        grab(&file).expect("grab");
        let revoked = client(&node);
        revoke(&revoked).expect("revoke");
        let readers: Vec<_> = (0..8)
            .map(|_| {
                let file = client(&node);
                Sleeper::asleep("a reader", calls::READ, move || read_events(file))
            })
            .collect();
        let polled = client(&node);
        let poller = Sleeper::asleep("a poller", calls::POLL, move || {
            poll_for(polled, PollFlags::IN, FOR_EVER)
        });
        let epoll = epoll_on(&file, EventFlags::IN | EventFlags::ET);
        let waiter = Sleeper::asleep("epoll", calls::EPOLL, move || epoll_next(epoll, FOR_EVER));
        let mut ring = Ring::new();
        let (read, poll) = (ring.read(&file), ring.poll(&file, PollFlags::IN));

        unbind(&keyboard);
        for reader in readers {
            assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
        }
        assert_eq!(poller.result_within(UNBIND_LIMIT), GONE);
        assert_eq!(waiter.result_within(UNBIND_LIMIT), EPOLL_GONE);
        assert_eq!(ring.result(read), Err(Errno::NODEV));
        assert_eq!(ring.result(poll), Ok(GONE.bits().into()));
        assert_no_node(&node);
        assert_gone(&file, "unbound");
        assert_gone(&revoked, "revoked and unbound");

        assert_eq!(keyboard.try_bind().0, Ok(()));
        let new = client(&keyboard.node(handlers));
        assert!(read_name(&new).is_ok());
        assert_gone(&file, "bound again");
        assert_gone(&revoked, "revoked, and bound again");
        drop(new);
        unbind(&keyboard);
    });
}

/// Sets LEDs, which the driver sends to the keyboard, until it is gone.
#[test]
fn while_leds_blink() {
    const LED_CAPSL: u16 = 1;
    each(|handlers, _| {
        let keyboard = Keyboard::load();
        for _ in 0..3 {
            let file = client(&keyboard.node(handlers));
            let started = Arc::new(AtomicBool::new(false));
            let begun = started.clone();
            let blinking = Sleeper::start("LEDs", move || {
                for on in 0.. {
                    let led = [(0x11, LED_CAPSL, on & 1), (0, 0, 0)];
                    if let Err(error) = write_events(&file, &led) {
                        return (on, error);
                    }
                    begun.store(true, Relaxed);
                }
                unreachable!("it has blinked enough")
            });
            assert!(wait_until(HANG, || started.load(Relaxed)));
            unbind(&keyboard);
            let (count, error) = blinking.result_within(UNBIND_LIMIT);
            assert_eq!(error, Errno::NODEV);
            assert!(count > 0);
            assert_eq!(keyboard.try_bind().0, Ok(()));
        }
    });
}

/// Events come in bursts, effects are uploaded, a key is down, and readers run.
#[test]
fn while_events_flow() {
    const KEY_A: u16 = 30;
    each(|_, _| {
        let input = TestInput::load("");
        for round in 0..5 {
            let node = input.node();
            let came = Arc::new(AtomicBool::new(false));
            let readers: Vec<_> = (0..4)
                .map(|_| {
                    let (file, came) = (client(&node), came.clone());
                    Sleeper::start("a reader", move || loop {
                        match read_events(&file) {
                            Ok(_) => came.store(true, Relaxed),
                            Err(error) => return error,
                        }
                    })
                })
                .collect();
            let file = client(&node);
            assert_eq!(upload(&file), Ok(0));
            assert_eq!(upload(&file), Ok(1));
            input.send(&[(1, KEY_A, 1), (0, 0, 0)]).expect("a key");
            let burster = input.burster().expect("bursts");
            let begun = Arc::new(AtomicBool::new(false));
            let sent = begun.clone();
            let bursts = Sleeper::start("events", move || {
                while burster.send(50).is_ok() {
                    sent.store(true, Relaxed);
                }
            });
            let flows = wait_until(HANG, || came.load(Relaxed) && begun.load(Relaxed));
            assert!(flows, "no events came");
            // Other steps of unbind take time, too.
            in_time(input.try_unbind(), 4 * UNBIND_LIMIT);
            for reader in readers {
                assert_eq!(reader.result_within(UNBIND_LIMIT), Errno::NODEV);
            }
            bursts.result();
            assert_no_node(&node);
            assert_gone(&file, "unbound, with effects");
            assert_eq!(input.try_bind().0, Ok(()), "round {round}");
            assert_gone(&file, "bound again");
        }
    });
}
