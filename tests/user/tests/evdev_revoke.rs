// SPDX-License-Identifier: GPL-2.0

//! `EVIOCREVOKE`, with each handler: one open file is cut off, and all others still work.

use devscope_tests::{
    child::{Child, End},
    effort,
    evdev::{
        abi::REVOKE,
        away::{each, each_mouse, Mouse, Way, STEP},
        client::{assert_gone, client, impatient, read_events},
        effects::{upload, Owner},
        ioctls::{grab, name, revoke},
        uinput::SYN_REPORT,
        Uinput,
    },
    events::{epoll_next, epoll_on, poll_for, poll_now, EPOLL_GONE, GONE},
    module::unload,
    pages::ioctl_number,
    proc::calls,
    ring::Ring,
    sleeper::Sleeper,
    wait_until, FOR_EVER, HANG, UNBIND_LIMIT,
};
use rustix::{
    event::{epoll::EventFlags, PollFlags},
    fd::OwnedFd,
    io::{dup, Errno},
};
use std::{
    sync::{
        atomic::{AtomicBool, Ordering::Relaxed},
        Arc,
    },
    thread,
    time::Duration,
};

const PACKET: [(u16, u16, i32); 2] = [STEP, SYN_REPORT];

#[test]
fn by_the_owner() {
    each_mouse(|mouse| {
        let (file, other) = (impatient(mouse.node()), impatient(mouse.node()));
        mouse.step();
        assert_eq!(revoke(&file), Ok(()));
        assert_gone(&file, "revoked");
        assert_eq!(revoke(&file), Err(Errno::NODEV));
        // The other file and the device are not affected.
        assert_eq!(read_events(&other), Ok(PACKET.to_vec()));
        assert_eq!(poll_now(&other, PollFlags::IN), PollFlags::empty());
        let new = impatient(mouse.node());
        mouse.step();
        assert_eq!(read_events(&other), Ok(PACKET.to_vec()));
        assert_eq!(read_events(&new), Ok(PACKET.to_vec()));
        assert_eq!(name(&new).as_deref(), Ok("devscope mouse"));
        assert_gone(&file, "others go on");
        mouse.unplug();
        for file in [&file, &other, &new] {
            assert_gone(file, "the mouse is gone");
        }
    });
}

#[test]
fn with_an_argument() {
    each_mouse(|mouse| {
        let file = impatient(mouse.node());
        assert_eq!(ioctl_number(&file, REVOKE, 1), Err(Errno::INVAL));
        mouse.step();
        assert_eq!(read_events(&file), Ok(PACKET.to_vec()));
        assert_eq!(revoke(&file), Ok(()));
        assert_eq!(ioctl_number(&file, REVOKE, 1), Err(Errno::NODEV));
    });
}

/// As logind does: it keeps a copy of the descriptor that it passes to a program.
#[test]
fn by_another_process() {
    each_mouse(|mouse| {
        let file = client(mouse.node());
        let copy = dup(&file).expect("dup");
        let child = Child::fork(|| match read_events(&file) {
            Err(Errno::NODEV) => 7,
            _ => 1,
        });
        child.wait_asleep(calls::READ);
        assert_eq!(revoke(&copy), Ok(()));
        assert_eq!(child.wait(), End::Exit(7));
        assert_gone(&file, "revoked by a copy");
        assert_gone(&copy, "revoked");

        let file = client(mouse.node());
        let child = Child::fork(|| revoke(&file).is_err().into());
        assert_eq!(child.wait(), End::Exit(0));
        assert_gone(&file, "revoked by a child");
    });
}

#[test]
fn while_others_sleep_in_the_same_file() {
    each_mouse(|mouse| {
        let file = Arc::new(client(mouse.node()));
        let share = || file.clone();
        let readers = [share(), share()]
            .map(|file| Sleeper::asleep("a reader", calls::READ, move || read_events(&*file)));
        let poller = Sleeper::asleep("a poller", calls::POLL, {
            let file = share();
            move || poll_for(&*file, PollFlags::IN, FOR_EVER)
        });
        let kinds = [EventFlags::IN, EventFlags::IN | EventFlags::ET];
        let waiters = kinds.map(|kind| {
            let epoll = epoll_on(&*file, kind);
            Sleeper::asleep("epoll", calls::EPOLL, move || epoll_next(epoll, FOR_EVER))
        });
        let mut ring = Ring::new();
        let (read, poll) = (ring.read(&*file), ring.poll(&*file, PollFlags::IN));
        // This client has its own file, and is not woken.
        let other = client(mouse.node());
        let untouched = Sleeper::asleep("a reader", calls::READ, move || read_events(other));

        assert_eq!(revoke(&*file), Ok(()));
        for reader in readers {
            assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
        }
        assert_eq!(poller.result_within(UNBIND_LIMIT), GONE);
        for waiter in waiters {
            assert_eq!(waiter.result_within(UNBIND_LIMIT), EPOLL_GONE);
        }
        assert_eq!(ring.result(read), Err(Errno::NODEV));
        assert_eq!(ring.result(poll), Ok(GONE.bits().into()));
        assert!(untouched.is_asleep(calls::READ));
        mouse.step();
        assert_eq!(untouched.result(), Ok(PACKET.to_vec()));
    });
}

#[test]
fn while_events_flow() {
    each_mouse(|mouse| {
        let (file, other) = (Arc::new(client(mouse.node())), client(mouse.node()));
        let (share, came) = (file.clone(), Arc::new(AtomicBool::new(false)));
        let coming = came.clone();
        let reader = Sleeper::start("a reader", move || loop {
            match read_events(&*share) {
                Ok(_) => coming.store(true, Relaxed),
                Err(error) => return error,
            }
        });
        (0..50).for_each(|_| mouse.step());
        let flows = wait_until(HANG, || came.load(Relaxed));
        assert!(flows, "no packet came through");
        let revoker = Sleeper::start("who revokes", move || {
            thread::sleep(Duration::from_millis(5));
            revoke(&*file)
        });
        while !revoker.is_done() {
            mouse.step();
        }
        assert_eq!(revoker.result(), Ok(()));
        assert_eq!(reader.result_within(UNBIND_LIMIT), Errno::NODEV);
        assert!(!read_events(&other).expect("events").is_empty());
    });
}

#[test]
fn a_grab_is_released() {
    each_mouse(|mouse| {
        let (holder, other) = (impatient(mouse.node()), impatient(mouse.node()));
        grab(&holder).expect("grab");
        mouse.step();
        assert_eq!(read_events(&other), Err(Errno::AGAIN));
        assert_eq!(grab(&other), Err(Errno::BUSY));
        assert_eq!(revoke(&holder), Ok(()));
        mouse.step();
        assert_eq!(read_events(&other), Ok(PACKET.to_vec()));
        assert_eq!(grab(&other), Ok(()));
        // Closing it does not affect the new holder.
        drop(holder);
        let third = impatient(mouse.node());
        assert_eq!(grab(&third), Err(Errno::BUSY));
        mouse.step();
        assert_eq!(read_events(&third), Err(Errno::AGAIN));
        assert_eq!(read_events(&other), Ok(PACKET.to_vec()));
    });
}

#[test]
fn its_effects_are_erased_and_no_others() {
    each(|_, _| {
        let pad = Arc::new(Uinput::pad("devscope pad"));
        let owner = Owner::of(pad.clone());
        let (file, other) = (client(&pad.node()), client(&pad.node()));
        assert_eq!(upload(&file), Ok(0));
        assert_eq!(upload(&other), Ok(1));
        assert_eq!(upload(&file), Ok(2));
        assert_eq!(revoke(&file), Ok(()));
        assert_eq!(owner.end().erases, [0, 2]);
        // Closing it erases no more effects.
        let owner = Owner::of(pad.clone());
        drop(file);
        assert_eq!(upload(&other), Ok(0));
        let agreed = owner.end();
        assert_eq!((agreed.uploads, agreed.erases), (vec![0], vec![]));
        let owner = Owner::of(pad.clone());
        drop(other);
        assert_eq!(owner.end().erases, [0, 1]);
    });
}

#[test]
fn the_last_file_of_a_device() {
    each_mouse(|mouse| {
        let file = client(mouse.node());
        assert_eq!(revoke(&file), Ok(()));
        // It still counts as open; the device works, and can be removed.
        mouse.step();
        mouse.unplug();
        assert_gone(&file, "revoked, then unplugged");
    });
    each_mouse(|mouse| {
        let file = client(mouse.node());
        assert_eq!(revoke(&file), Ok(()));
        drop(file);
        let new = impatient(mouse.node());
        mouse.step();
        assert_eq!(read_events(&new), Ok(PACKET.to_vec()));
    });
}

/// A revoked file still pins the module.
#[test]
fn it_still_holds_the_module() {
    each(|_, handler| {
        let mouse = Mouse::new(Way::Destroy);
        let before = handler.users();
        let file = client(mouse.node());
        let open = handler.users();
        assert!(open > before, "{open} users, before {before}");
        assert_eq!(revoke(&file), Ok(()));
        assert_eq!(handler.users(), open);
        assert_eq!(unload(handler.module()), Err(Errno::AGAIN));
        drop(file);
        let let_go = wait_until(HANG, || handler.users() == before);
        assert!(let_go, "{} users, before {before}", handler.users());
    });
}

#[test]
fn many_at_once() {
    const THREADS: usize = 8;
    each(|_, _| {
        let mouse = Mouse::new(Way::Destroy);
        for round in 0..effort::choose(15, 40) {
            let file = Arc::new(client(mouse.node()));
            grab(&*file).expect("grab");
            let barrier = Arc::new(std::sync::Barrier::new(THREADS));
            let start = |_| {
                let (file, barrier) = (file.clone(), barrier.clone());
                Sleeper::start("who revokes", move || {
                    barrier.wait();
                    revoke(&*file)
                })
            };
            let threads: Vec<_> = (0..THREADS).map(start).collect();
            let results: Vec<_> = threads.into_iter().map(Sleeper::result).collect();
            let count = |wanted| results.iter().filter(|it| **it == wanted).count();
            assert_eq!(count(Ok(())), 1, "round {round}: {results:?}");
            assert_eq!(count(Err(Errno::NODEV)), THREADS - 1, "round {round}");
        }
    });
}

#[test]
fn at_the_same_time_as_unplug() {
    each(|_, _| {
        let mut results = Vec::new();
        for round in 0..effort::choose(8, 20u64) {
            let mut mouse = Mouse::new(Way::ALL[round as usize % 2]);
            let files: Vec<_> = (0..4).map(|_| Arc::new(client(mouse.node()))).collect();
            grab(&*files[0]).expect("grab");
            let start = |file: &Arc<OwnedFd>| {
                let file = file.clone();
                Sleeper::start("who revokes", move || {
                    thread::sleep(Duration::from_micros(400 * round));
                    revoke(&*file)
                })
            };
            let threads: Vec<_> = files.iter().map(start).collect();
            mouse.unplug();
            results.extend(threads.into_iter().map(Sleeper::result));
            for file in files {
                assert_gone(&*file, "revoked or not");
            }
        }
        let count = |wanted| results.iter().filter(|it| **it == wanted).count();
        let (first, late) = (count(Ok(())), count(Err(Errno::NODEV)));
        eprintln!("{first} were first, {late} came too late");
        assert_eq!(first + late, results.len(), "{results:?}");
    });
}
