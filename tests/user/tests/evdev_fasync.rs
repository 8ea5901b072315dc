// SPDX-License-Identifier: GPL-2.0

//! `O_ASYNC`, with each handler: a signal for each packet, and one when the device is unplugged.
//!
//! C header: `asm-generic/siginfo.h`, `asm-generic/poll.h`.

use devscope_tests::{
    child::{Child, End},
    evdev::{
        away::{each, Mouse, Way, STEP},
        client::{assert_gone, client, impatient, read_events},
        ioctls::{grab, revoke},
        uinput::SYN_REPORT,
        Handler,
    },
    proc::calls,
    sigwait::{Signal, Signals},
    sleeper::Sleeper,
    HANG,
};
use libc::{c_int, c_long, SIGIO, SI_KERNEL};
use rustix::{
    fd::{AsFd, AsRawFd, OwnedFd},
    fs::{fcntl_getfl, fcntl_setfl, OFlags},
    io::{dup, Errno},
};
use std::time::Duration;

const F_SETSIG: c_int = 10;
const POLL_IN: i32 = 1;
const POLL_HUP: i32 = 6;
const IN_BAND: u32 = (libc::POLLIN | libc::POLLRDNORM) as u32;
const HUP_BAND: u32 = (libc::POLLHUP | libc::POLLERR) as u32;
const ASYNC: OFlags = OFlags::from_bits_retain(libc::O_ASYNC as u32);

/// The default signal.
const PLAIN: Signal = Signal {
    number: SIGIO,
    code: SI_KERNEL,
    fd: 0,
    band: 0,
};

/// A signal that is queued, unlike SIGIO.
fn queued() -> c_int {
    libc::SIGRTMIN() + 1
}

/// This signal, for a packet in `file`.
fn packet_in(file: &OwnedFd) -> Signal {
    Signal {
        number: queued(),
        code: POLL_IN,
        fd: file.as_raw_fd(),
        band: IN_BAND,
    }
}

/// This signal, for the end of `file`'s device.
fn end_of(file: &OwnedFd) -> Signal {
    Signal {
        number: queued(),
        code: POLL_HUP,
        fd: file.as_raw_fd(),
        band: HUP_BAND,
    }
}

/// Runs `test` in a separate process, which gets the signals, for each way to remove a mouse, with
/// each handler.
fn in_a_process(test: impl Fn(Handler, &mut Mouse, &Signals)) {
    each(|_, handler| {
        for way in Way::ALL {
            let child = Child::fork(|| {
                let signals = Signals::block(&[SIGIO, queued()]);
                test(handler, &mut Mouse::new(way), &signals);
                0
            });
            assert_eq!(child.wait(), End::Exit(0), "{handler:?} {way:?}");
        }
    });
}

fn fcntl(file: impl AsFd, what: c_int, value: c_long) {
    // SAFETY: Neither of the two that are used here takes a pointer.
    let result = unsafe { libc::fcntl(file.as_fd().as_raw_fd(), what, value) };
    assert_eq!(result, 0, "fcntl {what}");
}

/// Makes the signals of a file go to this process.
fn own(file: impl AsFd) {
    let pid = rustix::process::getpid().as_raw_nonzero().get();
    fcntl(file, libc::F_SETOWN, pid.into());
}

fn set_async(file: impl AsFd, on: bool) -> Result<(), Errno> {
    let mut flags = fcntl_getfl(&file).expect("F_GETFL");
    flags.set(ASYNC, on);
    fcntl_setfl(file, flags)
}

/// A file that sends a queued signal for each packet.
fn listener(mouse: &Mouse) -> OwnedFd {
    let file = impatient(mouse.node());
    own(&file);
    fcntl(&file, F_SETSIG, queued().into());
    set_async(&file, true).expect("O_ASYNC");
    file
}

#[test]
fn plain() {
    in_a_process(|_, mouse, signals| {
        let file = client(mouse.node());
        mouse.step();
        set_async(&file, true).expect("O_ASYNC");
        assert!(fcntl_getfl(&file).expect("F_GETFL").contains(ASYNC));
        // The file has no owner yet.
        mouse.step();
        assert_eq!(signals.now(), []);
        own(&file);
        // A packet counts when it ends.
        mouse.device().emit(&[STEP]).expect("an event");
        assert_eq!(signals.now(), []);
        mouse.device().emit(&[SYN_REPORT]).expect("an event");
        assert_eq!(signals.now(), [PLAIN]);
        // Two signals are merged into one.
        mouse.step();
        mouse.step();
        assert_eq!(signals.now(), [PLAIN]);
        mouse.unplug();
        assert_eq!(signals.now(), [PLAIN]);
    });
}

#[test]
fn one_for_each_packet_and_one_for_the_end() {
    in_a_process(|_, mouse, signals| {
        let file = listener(mouse);
        (0..5).for_each(|_| mouse.step());
        assert_eq!(signals.now(), [packet_in(&file); 5]);
        // A packet without events sends no signal.
        mouse.device().emit(&[SYN_REPORT]).expect("an event");
        assert_eq!(signals.now(), []);
        mouse.unplug();
        assert_eq!(signals.now(), [end_of(&file)]);
        assert_gone(&file, "told by a signal");
    });
}

/// The input core releases keys before the device is removed.
#[test]
fn a_key_is_down_at_the_end() {
    const BTN_LEFT: u16 = 0x110;
    in_a_process(|_, mouse, signals| {
        let file = listener(mouse);
        mouse.device().packet(&[(1, BTN_LEFT, 1)]);
        assert_eq!(signals.now(), [packet_in(&file)]);
        mouse.unplug();
        assert_eq!(signals.now(), [packet_in(&file), end_of(&file)]);
    });
}

#[test]
fn a_handler_is_told_while_a_reader_sleeps() {
    in_a_process(|_, mouse, signals| {
        let file = client(mouse.node());
        own(&file);
        set_async(&file, true).expect("O_ASYNC");
        let reader = Sleeper::asleep("a reader", calls::READ, move || read_events(&file));
        mouse.step();
        assert_eq!(reader.result().map(|events| events.len()), Ok(2));
        assert_eq!(signals.next(HANG), Some(PLAIN));
    });
}

#[test]
fn off_again() {
    in_a_process(|_, mouse, signals| {
        let file = listener(mouse);
        for _ in 0..3 {
            mouse.step();
            assert_eq!(signals.now(), [packet_in(&file)]);
            set_async(&file, false).expect("O_ASYNC off");
            assert!(!fcntl_getfl(&file).expect("F_GETFL").contains(ASYNC));
            mouse.step();
            assert_eq!(signals.now(), []);
            set_async(&file, true).expect("O_ASYNC");
        }
        set_async(&file, false).expect("O_ASYNC off");
        mouse.unplug();
        assert_eq!(signals.now(), []);
    });
}

#[test]
fn closed_while_on() {
    in_a_process(|_, mouse, signals| {
        let (file, kept) = (listener(mouse), listener(mouse));
        // It is set for the open file, not for the descriptor.
        let copy = dup(&file).expect("dup");
        mouse.step();
        assert_eq!(signals.now().len(), 2);
        drop(copy);
        mouse.step();
        assert_eq!(signals.now().len(), 2);
        drop(file);
        mouse.step();
        assert_eq!(signals.now(), [packet_in(&kept)]);
        mouse.unplug();
        assert_eq!(signals.now(), [end_of(&kept)]);
        drop(kept);
        assert_eq!(signals.now(), []);
    });
}

/// A process with O_ASYNC exits, and is killed, while packets come.
#[test]
fn exit_while_on() {
    in_a_process(|_, mouse, signals| {
        for end in [End::Exit(5), End::Signal(SIGIO)] {
            let child = Child::fork(|| {
                let file = client(mouse.node());
                own(&file);
                set_async(&file, true).expect("O_ASYNC");
                match end {
                    End::Exit(code) => code,
                    // The signal is blocked until here. The next packet then kills the process.
                    _ => {
                        unblock();
                        loop {
                            std::thread::sleep(Duration::from_secs(1));
                        }
                    }
                }
            });
            let waiting = Sleeper::start("the end", move || child.wait());
            while !waiting.is_done() {
                mouse.step();
            }
            assert_eq!(waiting.result(), end);
        }
        assert_eq!(signals.now(), []);
        mouse.unplug();
    });
}

fn unblock() {
    // SAFETY: All zeros are a valid, empty set; the old one is not returned.
    unsafe {
        let none: libc::sigset_t = std::mem::zeroed();
        libc::pthread_sigmask(libc::SIG_SETMASK, &none, std::ptr::null_mut());
    }
}

#[test]
fn a_grab_and_a_revoke() {
    in_a_process(|_, mouse, signals| {
        let (file, other) = (listener(mouse), listener(mouse));
        grab(&other).expect("grab");
        mouse.step();
        assert_eq!(signals.now(), [packet_in(&other)]);
        // A revocation sends no signal, and none is sent after it.
        revoke(&other).expect("revoke");
        assert_eq!(signals.now(), []);
        mouse.step();
        assert_eq!(signals.now(), [packet_in(&file)]);
        revoke(&file).expect("revoke");
        mouse.step();
        assert_eq!(signals.now(), []);
    });
}

/// C allows to enable signals of a device that is gone. None would ever be sent.
#[test]
fn on_when_the_device_is_gone() {
    in_a_process(|handler, mouse, signals| {
        let file = client(mouse.node());
        own(&file);
        mouse.unplug();
        let expected = match handler {
            Handler::C => Ok(()),
            Handler::Devscope => Err(Errno::NODEV),
        };
        assert_eq!(set_async(&file, true), expected);
        assert_eq!(signals.now(), []);
        // Disabling is always possible, or was.
        let off = set_async(&file, false);
        assert!(matches!(off, Ok(()) | Err(Errno::NODEV)), "{off:?}");
    });
}
