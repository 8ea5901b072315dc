// SPDX-License-Identifier: GPL-2.0

//! io_uring commands: each ends once, by the first caller that ends it.

use devscope_tests::{
    child::{Child, End},
    device::Device,
    effort,
    pages::PAGE,
    progress,
    ring::{Request, Ring},
    testdev::{self, Command},
    uffd::Uffd,
    wait_until, HANG, UNBIND_LIMIT,
};
use io_uring::{opcode, squeue::Entry128, types::Fd, IoUring};
use rustix::{
    fd::{AsRawFd, OwnedFd},
    fs::OFlags,
    io::{write, Errno},
};
use std::{thread, time::Duration};

/// Time for a request to reach the point where it waits.
const SETTLE: Duration = Duration::from_millis(200);

fn open(device: &Device) -> OwnedFd {
    device.open(OFlags::RDWR)
}

/// Submits commands that are pending when this returns.
fn pending<const N: usize>(ring: &mut Ring, fd: &OwnedFd, commands: [Command; N]) -> [Request; N] {
    let requests = commands.map(|command| ring.command(fd, command));
    thread::sleep(SETTLE);
    for request in requests {
        assert_eq!(ring.try_result(request), None);
    }
    requests
}

#[test]
fn at_once() {
    let device = Device::get("testdev", 0);
    let fd = open(&device);
    let mut ring = Ring::new();
    for (command, result) in [
        (Command::now(7), Ok(7)),
        (Command::now(u32::MAX), Ok(i32::MAX as u32)),
        (Command::early(8), Ok(8)),
        (Command::dropped(), Err(Errno::CANCELED)),
        (Command::changed(), Err(Errno::IO)),
        (Command::unknown(), Err(Errno::NOTTY)),
        // Needs longer entries than those of this ring.
        (Command::long(), Err(Errno::INVAL)),
    ] {
        let request = ring.command(&fd, command);
        assert_eq!(ring.result(request), result, "{command:?}");
    }
    let fixed = ring.command_with_buffer(&fd, Command::now(7));
    assert_eq!(ring.result(fixed), Err(Errno::OPNOTSUPP));
    // The driver still has the changed one, which has ended.
    assert_eq!(testdev::complete(&fd, 1), Ok(0));
}

/// A ring with entries that have room for 80 bytes.
#[test]
fn long_entries() {
    let device = Device::get("testdev", 0);
    let fd = open(&device);
    let mut ring: IoUring<Entry128> = IoUring::builder().build(4).expect("io_uring_setup");
    let mut payload = [0; 80];
    let words = (0..20).map(|word: u32| (word + 1) * (word + 1) * 1001);
    for (bytes, word) in payload.chunks_exact_mut(4).zip(words.clone()) {
        bytes.copy_from_slice(&word.to_ne_bytes());
    }
    let command = opcode::UringCmd80::new(Fd(fd.as_raw_fd()), Command::long().op);
    // SAFETY: The command contains no pointers.
    unsafe { ring.submission().push(&command.cmd(payload).build()) }.expect("room in the ring");
    ring.submit_and_wait(1).expect("io_uring_enter");
    let done = ring.completion().next().expect("it has ended");
    let expected = words.fold(0, |sum, word| sum ^ word);
    assert_eq!(done.result(), expected as i32);
}

#[test]
fn later() {
    let device = Device::get("testdev", 0);
    let fd = open(&device);
    let mut ring = Ring::new();
    let requests = pending(&mut ring, &fd, [Command::keep(); 3]);
    // Ended by a call on another open file.
    assert_eq!(testdev::complete(open(&device), 5), Ok(3));
    for request in requests {
        assert_eq!(ring.result(request), Ok(5));
    }
    // Ended by an interrupt.
    let soon = ring.command(&fd, Command::soon(6, 20));
    assert_eq!(ring.result(soon), Ok(6));
    let at_once = ring.command(&fd, Command::soon(7, 0));
    assert_eq!(ring.result(at_once), Ok(7));
}

#[test]
fn waiting_is_done_by_a_worker() {
    let device = Device::get("testdev", 0);
    let fd = open(&device);
    let mut ring = Ring::new();
    let [request] = pending(&mut ring, &fd, [Command::wait(9)]);
    // The ring still works meanwhile.
    let other = ring.command(&fd, Command::now(1));
    assert_eq!(ring.result(other), Ok(1));
    assert_eq!(testdev::release(&fd), Ok(()));
    assert_eq!(ring.result(request), Ok(9));
    let fd = device.open(OFlags::RDWR | OFlags::NONBLOCK);
    let request = ring.command(&fd, Command::wait(9));
    assert_eq!(ring.result(request), Err(Errno::AGAIN));
}

#[test]
fn pending_at_unbind() {
    let device = Device::get("testdev", 0);
    let fd = open(&device);
    let mut ring = Ring::new();
    let far = Command::soon(1, 600_000);
    let commands = [Command::keep(), far, Command::wait(1)];
    let requests = pending(&mut ring, &fd, commands);
    drop(fd);
    device.unbind();
    for request in requests {
        assert_eq!(ring.result(request), Err(Errno::NODEV));
    }
}

#[test]
fn pending_at_revoke() {
    let device = Device::get("testdev", 0);
    let (fd, other) = (open(&device), open(&device));
    let mut ring = Ring::new();
    let requests = pending(&mut ring, &fd, [Command::keep(), Command::wait(1)]);
    let [kept] = pending(&mut ring, &other, [Command::keep()]);
    assert_eq!(testdev::revoke(&fd), Ok(()));
    for request in requests {
        assert_eq!(ring.result(request), Err(Errno::NODEV));
    }
    let late = ring.command(&fd, Command::now(1));
    assert_eq!(ring.result(late), Err(Errno::NODEV));
    // Commands of other files are still pending.
    assert_eq!(ring.try_result(kept), None);
    assert_eq!(testdev::complete(&other, 5), Ok(1));
    assert_eq!(ring.result(kept), Ok(5));
}

#[test]
fn after_unbind() {
    let device = Device::get("testdev", 0);
    let fd = open(&device);
    device.unbind();
    let mut ring = Ring::new();
    for command in [Command::now(1), Command::keep(), Command::wait(1)] {
        let request = ring.command(&fd, command);
        assert_eq!(ring.result(request), Err(Errno::NODEV), "{command:?}");
    }
}

/// Waits until the memory of all files but `fd` is freed: then no requests hold files.
fn wait_alone(fd: &OwnedFd) {
    let mut stats = testdev::Stats::default();
    let alone = wait_until(HANG, || {
        stats = testdev::stats(fd).expect("TESTDEV_STATS");
        stats.opens == stats.drops + 1
    });
    assert!(alone, "HANG: requests are left: {stats:?}");
}

#[test]
fn a_ring_is_closed() {
    let device = Device::get("testdev", 0);
    let (fd, other) = (open(&device), open(&device));
    let mut ring = Ring::new();
    let far = Command::soon(1, 600_000);
    pending(&mut ring, &fd, [Command::keep(), far, Command::wait(1)]);
    drop((fd, ring));
    wait_alone(&other);
    // The commands that the driver still has have ended.
    assert_eq!(testdev::complete(&other, 5), Ok(0));
}

#[test]
fn a_process_ends() {
    let device = Device::get("testdev", 0);
    let other = open(&device);
    for kill in [false, true] {
        let child = Child::fork(|| {
            let fd = open(&device);
            let mut ring = Ring::new();
            pending(&mut ring, &fd, [Command::keep(), Command::wait(1)]);
            if kill {
                // SAFETY: Takes no pointers.
                unsafe { libc::raise(libc::SIGKILL) };
            }
            0
        });
        let end = match kill {
            true => End::Signal(libc::SIGKILL),
            false => End::Exit(0),
        };
        assert_eq!(child.wait(), end);
        wait_alone(&other);
        assert_eq!(testdev::complete(&other, 5), Ok(0));
    }
}

#[test]
fn cancelled_by_its_program() {
    let device = Device::get("testdev", 0);
    let fd = open(&device);
    let mut ring = Ring::new();
    let [kept, waiting] = pending(&mut ring, &fd, [Command::keep(), Command::wait(1)]);
    // The kernel finds only a command that a worker waits in.
    let cancel = ring.cancel(waiting);
    assert_eq!(ring.result(cancel), Err(Errno::ALREADY));
    assert_eq!(ring.result(waiting), Err(Errno::INTR));
    let cancel = ring.cancel(kept);
    assert_eq!(ring.result(cancel), Err(Errno::NOENT));
    assert_eq!(testdev::complete(&fd, 5), Ok(1));
    assert_eq!(ring.result(kept), Ok(5));
}

#[test]
fn a_thousand_at_unbind() {
    let device = Device::get("testdev", 0);
    let rounds = effort::choose(1, 500);
    let mut times = Vec::new();
    for round in 0..rounds {
        progress::tell("unbind with 1,000 commands", round, rounds);
        let fd = open(&device);
        let mut ring = Ring::with_room(1024);
        let requests: Vec<_> = (0..1000)
            .map(|_| ring.command(&fd, Command::keep()))
            .collect();
        assert_eq!(ring.try_result(requests[999]), None);
        times.push(device.unbind());
        for &request in &requests {
            assert_eq!(ring.result(request), Err(Errno::NODEV));
        }
        device.bind();
    }
    times.sort();
    let (median, longest) = (times[rounds / 2], times[rounds - 1]);
    eprintln!("unbind with 1,000 commands: median {median:?}, longest {longest:?}");
}

/// A task holds the lock of a ring while it waits for a page: unbind does not need this lock.
#[test]
fn the_lock_of_a_ring_holds_nobody_up() {
    let device = Device::get("testdev", 0);
    let fifo = device.open_empty();
    let fd = open(&device);
    let (pages, uffd) = Uffd::unserved(1);
    let (say, heard) = std::sync::mpsc::channel();
    let program = thread::spawn(move || {
        let mut ring = Ring::new();
        let kept = ring.command(&fd, Command::keep());
        say.send(()).unwrap();
        // SAFETY: No reference to the pages exists, and they outlive the ring.
        let read = unsafe { ring.read_to(&fd, pages.addr(), PAGE) };
        (ring.result(kept), ring.result(read))
    });
    assert_eq!(write(&fifo, b"some"), Ok(4));
    heard.recv().unwrap();
    uffd.wait_stuck();
    device.unbind_within(UNBIND_LIMIT);
    drop(uffd);
    // The read has already taken its data.
    assert_eq!(program.join().unwrap(), (Err(Errno::NODEV), Ok(4)));
}
