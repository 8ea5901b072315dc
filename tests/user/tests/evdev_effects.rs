// SPDX-License-Identifier: GPL-2.0

//! Force feedback of a device whose owner does not answer: unplug is not blocked, and waiters are
//! woken.

use devscope_tests::{
    evdev::{
        away::{each, timed},
        client::{assert_gone, client, write_events},
        effects::{agree, erase, next_request, upload, Owner, Request},
        testinput::TestInput,
        uinput::EVENT,
        Uinput,
    },
    events::poll_for,
    pace,
    proc::calls,
    sleeper::Sleeper,
    HANG, UNBIND_LIMIT,
};
use evdev::EventType;
use rustix::{event::PollFlags, io::Errno};
use std::{sync::Arc, time::Duration};

/// A pad whose owner is this test.
fn pad() -> Arc<Uinput> {
    Arc::new(Uinput::pad("devscope pad"))
}

/// Waits for a request to the pad.
fn wait_for_request(pad: &Uinput) -> Request {
    let ready = poll_for(pad, PollFlags::IN, HANG);
    assert_eq!(ready, PollFlags::IN, "nobody asks");
    next_request(pad).expect("a request")
}

/// Destroys the pad, which must not take long.
fn destroy(pad: &Arc<Uinput>) {
    let pad = pad.clone();
    let took = timed("destroy", move || pad.destroy());
    pace::assert_within(took, UNBIND_LIMIT, "destroy");
}

#[test]
fn effects_that_are_agreed_to() {
    each(|_, _| {
        let pad = pad();
        let owner = Owner::of(pad.clone());
        let (file, other) = (client(&pad.node()), client(&pad.node()));
        assert_eq!(upload(&file), Ok(0));
        assert_eq!(upload(&other), Ok(1));
        assert_eq!(upload(&file), Ok(2));
        assert_eq!(erase(&file, 1), Err(Errno::ACCESS));
        assert_eq!(erase(&file, 0), Ok(()));
        // Closing erases its remaining effects.
        drop(file);
        drop(other);
        let agreed = owner.end();
        assert_eq!(agreed.uploads, [0, 1, 2]);
        assert_eq!(agreed.erases, [0, 2, 1]);
    });
}

#[test]
fn nobody_answers_an_upload() {
    each(|_, _| {
        let pad = pad();
        let (file, other) = (client(&pad.node()), client(&pad.node()));
        let start = |file| Sleeper::asleep("an upload", calls::IOCTL, move || upload(file));
        let waiting = start(file.try_clone().expect("dup"));
        assert!(matches!(wait_for_request(&pad), Request::Upload(_)));
        // It waits behind the first.
        let behind = start(other.try_clone().expect("dup"));
        destroy(&pad);
        for upload in [waiting, behind] {
            assert_eq!(upload.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
        }
        assert_gone(&file, "an upload was under way");
        assert_gone(&other, "an upload was to come");
    });
}

#[test]
fn nobody_answers_an_erase() {
    each(|_, _| {
        let pad = pad();
        let file = client(&pad.node());
        let shared = file.try_clone().expect("dup");
        let uploading = Sleeper::start("an upload", move || upload(shared));
        assert_eq!(agree(&pad, wait_for_request(&pad)), Ok(0));
        assert_eq!(uploading.result(), Ok(0));
        let shared = file.try_clone().expect("dup");
        let erasing = Sleeper::asleep("an erase", calls::IOCTL, move || erase(shared, 0));
        assert!(matches!(wait_for_request(&pad), Request::Erase(_)));
        destroy(&pad);
        assert_eq!(erasing.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
        assert_gone(&file, "an erase was under way");
    });
}

/// Drivers rely on no effect being played while one is uploaded or erased, also by a close. This
/// one warns otherwise.
#[test]
fn nothing_is_played_while_effects_change() {
    const CHANGES: usize = 100;
    each(|_, _| {
        let device = TestInput::load("axes=0");
        device.slow_ff(Duration::from_micros(500)).expect("debugfs");
        let node = device.node();
        let player = client(&node);
        let id = upload(&player).expect("an effect") as u16;
        let changing = Sleeper::start("somebody who changes effects", move || {
            for number in 0..CHANGES {
                let file = client(&node);
                let id = upload(&file).expect("an effect");
                if number.is_multiple_of(2) {
                    erase(&file, id).expect("an effect");
                }
            }
        });
        let mut played = 0;
        while !changing.is_done() {
            let event = (EventType::FORCEFEEDBACK.0, id, 1);
            assert_eq!(write_events(&player, &[event]), Ok(EVENT));
            played += 1;
        }
        changing.result();
        assert!(played > CHANGES / 10, "{played} are few");
    });
}

/// Closing a file erases its effects, which the owner must accept.
#[test]
fn nobody_answers_a_close() {
    const CLOSE: &[libc::c_long] = &[libc::SYS_close];
    each(|_, _| {
        let pad = pad();
        let (file, other) = (client(&pad.node()), client(&pad.node()));
        let owner = Owner::of(pad.clone());
        assert_eq!(upload(&file), Ok(0));
        assert_eq!(owner.end().uploads, [0]);
        let closing = Sleeper::asleep("close", CLOSE, move || drop(file));
        assert!(matches!(wait_for_request(&pad), Request::Erase(_)));
        destroy(&pad);
        closing.result_within(UNBIND_LIMIT);
        assert_gone(&other, "a close was under way");
    });
}

/// The owner closes its file without an answer, with requests that it has not read.
#[test]
fn the_owner_ends() {
    each(|_, _| {
        let pad = Uinput::pad("devscope pad");
        let file = client(&pad.node());
        let shared = file.try_clone().expect("dup");
        let waiting = Sleeper::asleep("an upload", calls::IOCTL, move || upload(shared));
        let took = timed("close", move || {
            drop(pad);
            Ok(())
        });
        pace::assert_within(took, UNBIND_LIMIT, "destroy");
        assert_eq!(waiting.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
        assert_gone(&file, "the owner is gone");
    });
}
