// SPDX-License-Identifier: GPL-2.0

//! Files that their driver revokes: one, all others, all; the results of calls on them, and how a
//! program distinguishes them from files whose device is gone.

use devscope_tests::{
    compat,
    device::Device,
    effort,
    events::{epoll_on, poll_for, poll_now, GONE},
    inbox::{self, hidden, revoke, revoke_all, revoke_others, Counts, How},
    proc::{calls, end_of},
    sleeper::Sleeper,
    testdev, wait_until, FOR_EVER, HANG, UNBIND_LIMIT,
};
use rustix::{
    event::{
        epoll::{self, EventFlags},
        eventfd, EventfdFlags, PollFlags,
    },
    fd::{AsRawFd, OwnedFd},
    fs::{fcntl_getfl, fcntl_setfl, seek, OFlags, SeekFrom},
    io::{read, write, Errno},
};
use std::{
    sync::{
        atomic::{AtomicBool, Ordering::Relaxed},
        Arc,
    },
    thread,
};

const FINISHED: [How; 3] = [How::AtOnce, How::InSteps, How::Dropped];

/// Asserts that calls that enter the gate fail with `errno`.
fn assert_says(file: &OwnedFd, errno: Errno) {
    assert_eq!(read(file, &mut [0; 4]), Err(errno), "read");
    assert_eq!(write(file, b"late"), Err(errno), "write");
    assert_eq!(inbox::counts(file), Err(errno), "ioctl");
    assert_eq!(poll_now(file, PollFlags::IN | PollFlags::OUT) & GONE, GONE);
}

/// A file whose calls block.
fn patient(device: &Device) -> Arc<OwnedFd> {
    let file = device.open_box();
    let flags = fcntl_getfl(&file).expect("F_GETFL");
    fcntl_setfl(&file, flags - OFlags::NONBLOCK).expect("F_SETFL");
    Arc::new(file)
}

/// The numbers of connected files and of files that are not freed, by the driver's counts.
fn there(device: &Device) -> (u64, u64) {
    let counts = inbox::counts(device.open_box()).expect("the counts");
    let Counts {
        made,
        connects,
        disconnects,
        drops,
    } = counts;
    // Without the file of this call.
    (connects - disconnects - 1, made - drops - 1)
}

/// Waits for these numbers of files.
fn assert_there(device: &Device, expected: (u64, u64)) {
    let ready = wait_until(HANG, || there(device) == expected);
    assert!(ready, "{:?}, not {expected:?}", there(device));
}

#[test]
fn a_driver_chooses_what_is_said() {
    let device = Device::get("testdev", 0);
    let (file, other) = (device.open_box(), device.open_box());
    assert_eq!(end_of(&file), "live");
    assert_eq!(revoke(&file, How::AtOnce), Ok(()));
    assert_says(&file, Errno::ACCESS);
    assert_eq!(end_of(&file), "revoked");
    // The other file is not affected.
    assert_eq!(write(&other, b"news"), Ok(4));
    assert_eq!(read(&other, &mut [0; 8]), Ok(4));
    assert_eq!(end_of(&other), "live");
    device.unbind();
    assert_says(&other, Errno::NODEV);
    assert_eq!(end_of(&other), "unplugged");
    // The revocation came first.
    assert_says(&file, Errno::ACCESS);
    assert_eq!(end_of(&file), "revoked");
}

#[test]
fn who_sleeps_is_told_the_same() {
    let device = Device::get("testdev", 0);
    for (errno, end) in [(Errno::ACCESS, "revoked"), (Errno::NODEV, "unplugged")] {
        let file = patient(&device);
        let reader = file.clone();
        let reader = Sleeper::asleep("a reader", calls::READ, move || read(&*reader, &mut [0; 4]));
        match errno {
            Errno::ACCESS => assert_eq!(revoke(&*file, How::AtOnce), Ok(())),
            _ => drop(device.unbind()),
        }
        assert_eq!(reader.result_within(UNBIND_LIMIT), Err(errno));
        assert_eq!(end_of(&*file), end);
    }
}

#[test]
fn every_file_says_how_it_ended() {
    let device = Device::get("testdev", 0);
    let files = [
        device.open(OFlags::RDWR),
        device.open_mem(),
        device.open_box(),
    ];
    for file in &files {
        assert_eq!(end_of(file), "live");
    }
    device.unbind();
    for file in &files {
        assert_eq!(end_of(file), "unplugged");
    }
    assert_eq!(seek(&files[1], SeekFrom::Start(0)), Err(Errno::NODEV));
    assert_eq!(testdev::release(&files[0]), Err(Errno::NODEV));
}

#[test]
fn all_others() {
    let device = Device::get("testdev", 0);
    for how in FINISHED {
        let before = there(&device);
        let (mine, other, sleeping) = (device.open_box(), device.open_box(), patient(&device));
        let reader = sleeping.clone();
        let reader = Sleeper::asleep("a reader", calls::READ, move || read(&*reader, &mut [0; 4]));
        let poller = sleeping.clone();
        let poller = Sleeper::asleep("a poller", calls::POLL, move || {
            poll_for(&*poller, PollFlags::IN, FOR_EVER)
        });
        assert_eq!(revoke_others(&mine, how), Ok(()), "{how:?}");
        assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::ACCESS));
        assert_eq!(poller.result_within(UNBIND_LIMIT), GONE);
        for file in [&other, &*sleeping] {
            assert_says(file, Errno::ACCESS);
            assert_eq!(end_of(file), "revoked");
        }
        // They are disconnected now; this one is not.
        assert_eq!(there(&device).0, before.0 + 1, "{how:?}");
        assert_eq!(end_of(&mine), "live");
        if how != How::Dropped {
            assert_eq!(read(&mine, &mut [0; 4]), Ok(1), "what it sent afterwards");
        }
        let new = device.open_box();
        assert_eq!(write(&mine, b"news"), Ok(4));
        assert_eq!(read(&new, &mut [0; 8]), Ok(4));
        // A second call does the same to the new file.
        assert_eq!(revoke_others(&mine, how), Ok(()));
        assert_says(&new, Errno::ACCESS);
        drop((mine, other, sleeping, new));
        assert_there(&device, before);
    }
}

#[test]
fn all_by_a_work_item() {
    let device = Device::get("testdev", 0);
    for how in FINISHED {
        let before = there(&device);
        let files = [device.open_box(), device.open_box()];
        assert_eq!(revoke_all(&files[0], how), Ok(()));
        for file in &files {
            assert!(wait_until(HANG, || end_of(file) == "revoked"), "{how:?}");
            assert_says(file, Errno::ACCESS);
        }
        assert!(wait_until(HANG, || there(&device).0 == before.0));
        let new = device.open_box();
        assert_eq!(write(&new, b"news"), Ok(4));
        drop((files, new));
        assert_there(&device, before);
    }
}

/// If the value is forgotten, the files are cut off, and disconnected later.
#[test]
fn half_way() {
    let device = Device::get("testdev", 0);
    let before = there(&device);
    let begin: [fn(&OwnedFd) -> rustix::io::Result<()>; 3] = [
        |file| revoke(file, How::Forgotten),
        |file| revoke_others(file, How::Forgotten),
        |file| revoke_all(file, How::Forgotten),
    ];
    for (which, begin) in begin.into_iter().enumerate() {
        let files = [device.open_box(), device.open_box()];
        assert_eq!(begin(&files[0]), Ok(()));
        let cut_off = [which != 1, which != 0];
        for (file, cut_off) in files.iter().zip(cut_off) {
            let end = if cut_off { "revoked" } else { "live" };
            assert!(wait_until(HANG, || end_of(file) == end), "{which}: {end}");
            if cut_off {
                assert_says(file, Errno::ACCESS);
            }
        }
    }
    // One of the first, one of the second, two of the third; all are closed.
    assert_there(&device, (before.0 + 4, before.1 + 4));
    // The revocation of all files disconnects those of unfinished revocations, too.
    assert_eq!(revoke_others(device.open_box(), How::AtOnce), Ok(()));
    assert_there(&device, (before.0 + 1, before.1 + 1));
    device.unbind();
    device.bind();
    assert_there(&device, before);
}

/// A caller that sleeps inside, unknown to the framework, is woken by the driver: in its hook for
/// the file, or between the two steps.
#[test]
fn who_sleeps_inside() {
    let device = Device::get("testdev", 0);
    let sleep = |file: &Arc<OwnedFd>, call: fn(Arc<OwnedFd>) -> _| {
        let file = file.clone();
        Sleeper::asleep("inside", calls::IOCTL, move || call(file))
    };
    for how in FINISHED {
        let (mine, other) = (patient(&device), patient(&device));
        let inside = sleep(&other, hidden);
        assert_eq!(revoke_others(&*mine, how), Ok(()));
        assert_eq!(inside.result_within(UNBIND_LIMIT), Err(Errno::CANCELED));
        let inside = sleep(&mine, hidden);
        assert_eq!(revoke(&*mine, how), Ok(()));
        assert_eq!(inside.result_within(UNBIND_LIMIT), Err(Errno::CANCELED));
    }
    for how in [How::InSteps, How::Dropped] {
        let (mine, other) = (patient(&device), patient(&device));
        let inside = sleep(&other, inbox::stuck);
        assert_eq!(revoke_others(&*mine, how), Ok(()));
        assert_eq!(inside.result_within(UNBIND_LIMIT), Err(Errno::CANCELED));
        let third = patient(&device);
        let inside = sleep(&third, inbox::stuck);
        assert_eq!(revoke(&*third, how), Ok(()));
        assert_eq!(inside.result_within(UNBIND_LIMIT), Err(Errno::CANCELED));
        let fourth = patient(&device);
        let inside = sleep(&fourth, inbox::stuck);
        assert_eq!(revoke_all(&*fourth, how), Ok(()));
        assert_eq!(inside.result_within(UNBIND_LIMIT), Err(Errno::CANCELED));
    }
    let last = patient(&device);
    let inside = sleep(&last, hidden);
    device.unbind();
    assert_eq!(inside.result_within(UNBIND_LIMIT), Err(Errno::CANCELED));
}

/// A caller that sleeps inside in an ordinary interruptible wait is interrupted, without a signal:
/// on files that are revoked, and on no others.
#[test]
fn who_sleeps_unseen() {
    let device = Device::get("testdev", 0);
    let sleep = |file: &Arc<OwnedFd>| {
        let file = file.clone();
        Sleeper::asleep("unseen", calls::IOCTL, move || inbox::unseen(file))
    };
    let gone = |sleeper: Sleeper<_>, error| {
        assert_eq!(sleeper.result_within(UNBIND_LIMIT), Err(error));
    };
    let (mine, other) = (patient(&device), patient(&device));
    let revoked = [sleep(&mine), sleep(&mine)];
    assert_eq!(revoke(&*mine, How::AtOnce), Ok(()));
    revoked.into_iter().for_each(|it| gone(it, Errno::ACCESS));

    let (mine, revoked) = (patient(&device), sleep(&other));
    assert_eq!(revoke_others(&*mine, How::AtOnce), Ok(()));
    gone(revoked, Errno::ACCESS);

    let unplugged = [sleep(&mine), sleep(&patient(&device))];
    device.unbind();
    unplugged.into_iter().for_each(|it| gone(it, Errno::NODEV));
}

/// The same in a 32-bit program. A caller that has the file's number in another argument still
/// sleeps.
#[test]
fn who_sleeps_elsewhere() {
    let device = Device::get("testdev", 0);
    let file = patient(&device);
    let bell = eventfd(0, EventfdFlags::CLOEXEC).expect("an eventfd");
    let epoll = epoll_on(&bell, EventFlags::IN);
    let number = file.as_raw_fd() as usize;
    let bystander = Sleeper::asleep("epoll_wait", calls::EPOLL, move || {
        let mut events = Vec::with_capacity(number);
        epoll::wait(epoll, rustix::buffer::spare_capacity(&mut events), None)
    });
    let inside = file.clone();
    let revoked = Sleeper::asleep("unseen", calls::COMPAT_IOCTL, move || {
        // SAFETY: The command has no argument.
        unsafe { compat::ioctl(inside, inbox::UNSEEN, 0) }
    });
    assert_eq!(revoke(&*file, How::AtOnce), Ok(()));
    assert_eq!(revoked.result_within(UNBIND_LIMIT), Err(Errno::ACCESS));
    write(&bell, &1u64.to_ne_bytes()).expect("an eventfd counts");
    assert_eq!(bystander.result(), Ok(1));
}

/// All clients revoke each other while files are opened and closed, and the device is unbound.
#[test]
fn storm() {
    let device = Arc::new(Device::get("testdev", 0));
    let before = there(&device);
    let over = Arc::new(AtomicBool::new(false));
    let node = device.box_node();
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let (over, node) = (over.clone(), node.clone());
            thread::spawn(move || {
                let mut rounds = 0u64;
                while !over.load(Relaxed) {
                    let flags = OFlags::RDWR | OFlags::NONBLOCK;
                    let Ok(file) = devscope_tests::device::open(&node, flags) else {
                        continue;
                    };
                    let how = FINISHED[(rounds % 3) as usize];
                    let _ = write(&file, b"news");
                    let said = match (rounds + number) % 4 {
                        0 => revoke(&file, how),
                        1 => revoke_others(&file, how),
                        2 => revoke_all(&file, how),
                        _ => read(&file, &mut [0; 8]).map(drop),
                    };
                    let allowed = [Errno::ACCESS, Errno::NODEV, Errno::AGAIN];
                    assert!(said.is_ok() || said.is_err_and(|e| allowed.contains(&e)));
                    rounds += 1;
                }
                rounds
            })
        })
        .collect();
    for _ in 0..effort::choose(5, 200) {
        thread::sleep(std::time::Duration::from_millis(100));
        device.unbind_within(5 * UNBIND_LIMIT);
        device.bind();
    }
    over.store(true, Relaxed);
    for thread in threads {
        assert!(thread.join().expect("no call says anything else") > 0);
    }
    assert_there(&device, before);
}
