// SPDX-License-Identifier: GPL-2.0

//! Arguments and buffers on a page that a userfaultfd does not serve. C holds a lock of the device
//! meanwhile, for which its removal and other programs wait. Ours holds no lock.

use devscope_tests::{
    evdev::{
        abi,
        away::{timed, Mouse, Way},
        client::{assert_gone, client, read_events},
        ioctls::{grab, name, revoke, KEYS, NAME, SLOTS},
        uinput::{axis, encode, Bits, Builder, Event, SYN_REPORT},
        Handler, Handlers, Uinput,
    },
    pace,
    pages::{Pages, PAGE},
    proc::calls,
    sleeper::Sleeper,
    uffd::Uffd,
    UNBIND_LIMIT,
};
use libc::c_long;
use rustix::{
    fd::OwnedFd,
    io::{self, Errno},
    ioctl::Opcode,
    mm::MprotectFlags,
};
use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// SYN_DROPPED
const LOST: Event = (0, 3, 0);
/// How long to observe that C is blocked.
const HELD_UP: Duration = Duration::from_millis(300);

/// A call that accesses an absent page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Touch {
    /// An ioctl with its argument there.
    Ioctl(Opcode),
    /// `EVIOCSMASK`, with its argument elsewhere, and the bits there.
    Mask,
    /// `read()` of a pending event.
    Read,
    /// `write()` of an event.
    Write,
}

/// The calls during which C holds its lock.
const LOCKED: [Touch; 10] = [
    Touch::Ioctl(NAME),
    Touch::Ioctl(KEYS),
    Touch::Ioctl(SLOTS),
    Touch::Ioctl(abi::GET_VERSION),
    Touch::Ioctl(abi::get_axis(0)),
    Touch::Ioctl(abi::SEND_EFFECT),
    Touch::Ioctl(abi::SET_KEYCODE),
    Touch::Ioctl(abi::SET_CLOCK),
    Touch::Mask,
    Touch::Write,
];

impl Touch {
    /// Makes the call on the first page of `pages`.
    fn run(self, file: &OwnedFd, pages: &Pages) -> io::Result<usize> {
        match self {
            Self::Ioctl(number) => pages.ioctl(file, number, 0),
            Self::Mask => {
                let argument = Pages::fresh(1);
                argument.set(0, &1u32.to_ne_bytes());
                argument.set(4, &96u32.to_ne_bytes());
                argument.set(8, &(pages.addr() as u64).to_ne_bytes());
                argument.ioctl(file, abi::SET_MASK, 0)
            }
            Self::Read => pages.read(file, 0, 48),
            Self::Write => pages.write(file, 0, 24),
        }
    }

    /// Its result if the fault is served after the device was removed or the file was revoked.
    fn says_in_the_end(self) -> io::Result<usize> {
        match self {
            Self::Read => Ok(48),
            _ => Err(Errno::NODEV),
        }
    }

    /// The system calls that it may make.
    fn calls(self) -> &'static [c_long] {
        match self {
            Self::Ioctl(_) | Self::Mask => calls::IOCTL,
            Self::Read => calls::READ,
            Self::Write => calls::WRITE,
        }
    }
}

/// A device that supports all of these calls.
fn device() -> Arc<Uinput> {
    let device = Builder::new("devscope pad")
        .bits(Bits::Key, [evdev::KeyCode::BTN_SOUTH.0])
        .bits(Bits::Rel, [0, 1])
        .axis(evdev::AbsoluteAxisCode::ABS_X.0, axis(100))
        .axis(evdev::AbsoluteAxisCode::ABS_MT_SLOT.0, axis(9))
        .axis(evdev::AbsoluteAxisCode::ABS_MT_POSITION_X.0, axis(100))
        .effects(4, [evdev::FFEffectCode::FF_RUMBLE.0]);
    Arc::new(device.create())
}

/// A thread that is stuck in a call, and its userfaultfd.
struct Stuck {
    touch: Touch,
    file: Arc<OwnedFd>,
    sleeper: Sleeper<io::Result<usize>>,
    uffd: Uffd,
}

impl Stuck {
    fn new(device: &Uinput, touch: Touch) -> Self {
        eprintln!("{touch:x?}");
        let file = Arc::new(client(&device.node()));
        let (pages, uffd) = Uffd::unserved(1);
        if touch == Touch::Read {
            device.packet(&[(2, 0, 1)]);
        }
        let share = file.clone();
        let sleeper = Sleeper::start("a stuck caller", move || touch.run(&share, &pages));
        uffd.wait_stuck();
        sleeper.wait_asleep(touch.calls());
        Self {
            touch,
            file,
            sleeper,
            uffd,
        }
    }

    fn assert_stuck(&self) {
        let stuck = self.sleeper.is_asleep(self.touch.calls());
        assert!(stuck, "{:x?} is not stuck any more", self.touch);
    }

    /// Serves the page. Returns the result of the call.
    fn serve(self) -> io::Result<usize> {
        self.uffd.serve(0, &[0; 8]);
        self.sleeper.result()
    }
}

fn all() -> impl Iterator<Item = Touch> {
    LOCKED.into_iter().chain([Touch::Read])
}

/// Calls of other programs meanwhile.
fn use_device(device: &Uinput) -> io::Result<()> {
    let other = client(&device.node());
    assert_eq!(name(&other)?, "devscope pad");
    device.packet(&[(2, 0, 1)]);
    assert_eq!(read_events(&other)?, [(2, 0, 1), (0, 0, 0)]);
    assert_eq!(io::write(&other, &encode((0, 0, 0)))?, 24);
    grab(&other)?;
    revoke(&other)
}

fn destroy(device: &Arc<Uinput>) -> Duration {
    let device = device.clone();
    timed("destroy", move || device.destroy())
}

/// Each of the calls succeeds as expected if the device stays, with each handler.
#[test]
fn served_in_the_end() {
    for &handler in Handler::compared() {
        let _handlers = Handlers::only(handler);
        let device = device();
        for touch in all() {
            let stuck = Stuck::new(&device, touch);
            let expected = match touch {
                // "devscope pad" and a zero.
                Touch::Ioctl(NAME) => Ok(13),
                Touch::Ioctl(KEYS) => Ok(96),
                // Zeros are no valid axis of a slot, kind of effect, or key of a keymap.
                Touch::Ioctl(SLOTS | abi::SEND_EFFECT | abi::SET_KEYCODE) => Err(Errno::INVAL),
                Touch::Ioctl(_) | Touch::Mask => Ok(0),
                Touch::Read => Ok(48),
                Touch::Write => Ok(24),
            };
            assert_eq!(stuck.serve(), expected, "{handler:?} {touch:x?}");
        }
    }
}

#[test]
fn nobody_is_held_up() {
    let _handlers = Handlers::only(Handler::Devscope);
    for touch in all() {
        let device = device();
        let stuck = Stuck::new(&device, touch);
        let start = Instant::now();
        let user = device.clone();
        let other = Sleeper::start("another client", move || use_device(&user));
        assert_eq!(other.result(), Ok(()));
        let took = start.elapsed();
        pace::assert_within(took, UNBIND_LIMIT, "another client");
        stuck.assert_stuck();
        pace::assert_within(destroy(&device), UNBIND_LIMIT, "destroy");
        stuck.assert_stuck();
        let file = stuck.file.clone();
        assert_gone(&*file, "another is stuck in it");
        assert_eq!(stuck.serve(), touch.says_in_the_end(), "{touch:x?}");
        assert_gone(&*file, "another was stuck in it");
    }
}

#[test]
fn a_stuck_file_is_revoked() {
    let _handlers = Handlers::only(Handler::Devscope);
    let device = device();
    for touch in all() {
        let stuck = Stuck::new(&device, touch);
        let file = stuck.file.clone();
        let took = timed("revoke", {
            let file = file.clone();
            move || revoke(&*file)
        });
        pace::assert_within(took, UNBIND_LIMIT, "revoke");
        stuck.assert_stuck();
        assert_gone(&*file, "revoked");
        assert_eq!(stuck.serve(), touch.says_in_the_end(), "{touch:x?}");
        assert_eq!(use_device(&device), Ok(()));
    }
}

#[test]
fn many_are_stuck() {
    let _handlers = Handlers::only(Handler::Devscope);
    let device = device();
    let stuck: Vec<_> = all().map(|touch| Stuck::new(&device, touch)).collect();
    let user = device.clone();
    let other = Sleeper::start("another client", move || use_device(&user));
    assert_eq!(other.result(), Ok(()));
    pace::assert_within(destroy(&device), UNBIND_LIMIT, "destroy");
    for stuck in stuck {
        stuck.assert_stuck();
        let touch = stuck.touch;
        assert_eq!(stuck.serve(), touch.says_in_the_end(), "{touch:x?}");
    }
}

/// The second page of a buffer is absent.
#[test]
fn the_end_of_a_buffer() {
    for &handler in Handler::compared() {
        let _handlers = Handlers::only(handler);
        let device = device();
        let file = client(&device.node());
        let (pages, uffd) = Uffd::unserved(2);
        uffd.serve(0, &[]);
        device.packet(&[(2, 0, 1)]);
        let share = file.try_clone().expect("dup");
        let sleeper = Sleeper::start("a stuck reader", move || {
            let count = pages.read(&share, PAGE - 30, 48);
            (count, pages)
        });
        uffd.wait_stuck();
        uffd.serve(1, &[]);
        let (count, pages) = sleeper.result();
        assert_eq!(count, Ok(48), "{handler:?}");
        let bytes = pages.get(PAGE - 30, 48);
        // REL_X 1, and the end of the packet.
        assert_eq!(bytes[16..24], [2, 0, 0, 0, 1, 0, 0, 0], "{handler:?}");
        assert_eq!(bytes[40..48], [0; 8], "{handler:?}");
    }
}

/// A reader takes a packet and is stuck; `meanwhile` runs; then the reader's page becomes
/// inaccessible, so that it gets EFAULT. Returns the events that can be read after one more packet.
fn after_a_fault(meanwhile: impl Fn(&Uinput, &OwnedFd)) -> Vec<Event> {
    let device = device();
    let file = client(&device.node());
    let (pages, uffd) = Uffd::unserved(1);
    device.packet(&[(2, 0, 1)]);
    let (share, theirs) = (file.try_clone().expect("dup"), pages.clone());
    let sleeper = Sleeper::start("a stuck reader", move || theirs.read(&share, 0, 48));
    uffd.wait_stuck();
    sleeper.wait_asleep(calls::READ);
    meanwhile(&device, &file);
    pages.protect(0, MprotectFlags::empty());
    drop(uffd);
    assert_eq!(sleeper.result(), Err(Errno::FAULT));
    device.packet(&[(2, 0, 2)]);
    read_events(&file).expect("events")
}

/// The event that was being copied is lost, and the one behind it is not.
#[test]
fn a_fault_loses_one_event() {
    for &handler in Handler::compared() {
        let _handlers = Handlers::only(handler);
        let events = after_a_fault(|_, _| ());
        assert_eq!(events, [SYN_REPORT, (2, 0, 2), SYN_REPORT], "{handler:?}");
    }
}

/// Events that were unread when the clock changed can no longer be read.
#[test]
fn a_fault_after_the_clock_has_changed() {
    for &handler in Handler::compared() {
        let _handlers = Handlers::only(handler);
        let events = after_a_fault(|_, file| {
            let clock = Pages::fresh(1);
            clock.set(0, &libc::CLOCK_MONOTONIC.to_ne_bytes());
            assert_eq!(clock.ioctl(file, abi::SET_CLOCK, 0), Ok(0));
        });
        let expected = [LOST, (2, 0, 2), SYN_REPORT];
        assert_eq!(events, expected, "{handler:?}");
    }
}

/// Others have read so many events that the positions in the ring, of any size, are the same again.
/// The events that the first reader had taken are then too old.
#[test]
fn a_fault_when_others_have_read_on() {
    let _handlers = Handlers::only(Handler::Devscope);
    let events = after_a_fault(|device, file| {
        for _ in 0..32 {
            (0..16).for_each(|number| device.packet(&[(2, 0, number + 1)]));
            assert_eq!(read_events(file).map(|events| events.len()), Ok(32));
        }
    });
    assert_eq!(events, [LOST, (2, 0, 2), SYN_REPORT]);
}

/// Verifies the documented behaviour of C, and that this test can detect blocked callers.
#[test]
fn c_is_held_up() {
    let _handlers = Handlers::only(Handler::C);
    for touch in [Touch::Ioctl(NAME), Touch::Mask, Touch::Write] {
        let device = device();
        let other = client(&device.node());
        let stuck = Stuck::new(&device, touch);
        let waiting = Sleeper::start("another client", move || name(&other).is_ok());
        let doomed = device.clone();
        let destroying = Sleeper::start("destroy", move || doomed.destroy());
        waiting.wait_asleep(calls::IOCTL);
        destroying.wait_asleep(calls::IOCTL);
        thread::sleep(HELD_UP);
        for (who, asleep) in [
            ("another client", waiting.is_asleep(calls::IOCTL)),
            ("destroy", destroying.is_asleep(calls::IOCTL)),
        ] {
            assert!(asleep, "{touch:x?}: {who} is not held up any more");
        }
        stuck.assert_stuck();
        // The calls were not affected.
        assert!(stuck.serve().is_ok());
        assert_eq!(destroying.result(), Ok(()));
        waiting.result();
    }
}

/// Its reader holds no lock.
#[test]
fn c_is_not_held_up_by_a_reader() {
    let _handlers = Handlers::only(Handler::C);
    let mut mouse = Mouse::new(Way::Destroy);
    let stuck = Stuck::new(mouse.device(), Touch::Read);
    mouse.unplug();
    stuck.assert_stuck();
    assert_eq!(stuck.serve(), Ok(48), "what was there before");
}
