// SPDX-License-Identifier: GPL-2.0

//! The virtual EC over the kernel's LPC driver, with each driver of `/dev/cros_ec`: it probes,
//! follows scripts, and no reply or event is lost or confused.

use devscope_tests::{
    ec::{self, hello, lpc::Lpc, script::COMMAND, set_event_mask, Cell, Driver, Step, HELLO_ADDS},
    effort,
    events::poll_for,
    pace, HANG,
};
use rustix::{
    event::PollFlags,
    fd::OwnedFd,
    fs::OFlags,
    io::{self, read, Errno},
};
use std::{
    str,
    time::{Duration, Instant},
};

/// How long the driver waits for a reply.
const SECOND: Duration = Duration::from_secs(1);

/// `EC_MKBP_EVENT_SWITCH`, an arbitrary type.
const SWITCH: u8 = 4;

/// Runs `test` with each driver, on an EC in its state after power-on.
fn with_each(test: impl Fn(&OwnedFd)) {
    for driver in Driver::ALL {
        eprintln!("with {}", driver.name());
        let _lpc = Lpc::load(driver);
        let fd = open("cros_ec", OFlags::RDWR);
        run(&fd, &Step::Reset);
        test(&fd);
        run(&fd, &Step::Reset);
    }
}

/// The EC's answer.
#[derive(Debug, PartialEq, Eq)]
struct Reply {
    result: u32,
    data: Vec<u8>,
}

/// Sends a command to the EC.
fn xcmd(fd: &OwnedFd, version: u32, command: u32, out: &[u8], room: usize) -> io::Result<Reply> {
    let answer = ec::transfer(fd, version, command, out, room)?;
    Ok(Reply {
        result: answer.header.result,
        data: answer.data,
    })
}

/// Reads the EC's memory.
fn readmem(fd: &OwnedFd, offset: u32, bytes: u32) -> io::Result<Vec<u8>> {
    ec::read_memory(fd, offset, bytes).map(|(len, all)| all.buffer[..len].to_vec())
}

/// Sends a step of a script to the EC.
fn run(fd: &OwnedFd, step: &Step<'_>) {
    ec::run(fd, step).unwrap_or_else(|e| panic!("{step:?}: {e}"));
}

fn open(node: &str, flags: OFlags) -> OwnedFd {
    Cell::get(node).open(flags)
}

/// Sends EC_CMD_HELLO, and checks the answer.
fn assert_works(fd: &OwnedFd, value: u32) {
    assert_eq!(hello(fd, value), Ok(value.wrapping_add(HELLO_ADDS)));
}

fn le32(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

#[test]
fn comes_up() {
    with_each(|fd| {
        assert_works(fd, 0xa0b0_c0d0);
        for (node, chip) in [("cros_ec", "virtual"), ("cros_pd", "virtual_pd")] {
            let fd = open(node, OFlags::RDONLY);
            let mut text = [0; 200];
            let len = read(&fd, &mut text).expect("the version");
            let text = str::from_utf8(&text[..len]).expect("text");
            let images = format!("{chip}_v1.0.0-ro\n{chip}_v1.0.0-rw");
            assert_eq!(text, format!("1.0.0\n{images}\nread-write\n"));
            assert_works(&fd, 5);
        }
    });
}

#[test]
fn refuses_what_it_does_not_know() {
    with_each(|fd| {
        let result =
            |version, command, out: &[u8]| xcmd(fd, version, command, out, 64).unwrap().result;
        assert_eq!(result(0, 0x3dff, &[]), 1, "an unknown command");
        assert_eq!(result(5, ec::HELLO, &[0; 4]), 6, "an unknown version");
        assert_eq!(result(0, ec::HELLO, &[0; 3]), 3, "a short parameter");
        assert_eq!(result(0, 0x08, &[0xfe]), 3, "versions of no command");
        let past_the_end = Step::Memory {
            offset: 250,
            data: &[0; 6],
        };
        assert_eq!(result(0, COMMAND, &past_the_end.encode()), 3);
        assert_eq!(xcmd(fd, 0, ec::HELLO, &[0; 249], 4), Err(Errno::MSGSIZE));
        assert_works(fd, 1);
    });
}

#[test]
fn does_what_tools_ask_for() {
    with_each(|fd| {
        let get = |command, version, out: &[u8]| {
            let reply = xcmd(fd, version, command, out, 248).expect("a reply");
            assert_eq!(reply.result, 0, "command {command:#x} v{version}");
            reply.data
        };
        assert_eq!(
            get(0x08, 1, &[0x67, 0]),
            le32(&[0b1111]),
            "versions of GET_NEXT_EVENT"
        );
        assert_eq!(get(0x03, 0, &le32(&[7, 12])), le32(&[7, 8, 9]), "read test");
        get(0x21, 0, &le32(&[4100]));
        assert_eq!(get(0x20, 0, &[]), le32(&[4100]), "the fan's target");
        assert_eq!(
            readmem(fd, 0x10, 2),
            Ok(4100_u16.to_le_bytes().into()),
            "the fan's speed"
        );
        get(0x23, 0, &[40]);
        assert_eq!(get(0x22, 0, &[]), [40, 1], "the keyboard's light");
        let thermal = [1, 300, 310, 320, 290, 300, 310, 280, 350];
        get(0x50, 1, &le32(&thermal));
        assert_eq!(get(0x51, 1, &le32(&[1])), le32(&thermal[1..]), "thresholds");
        assert_eq!(get(0x2b, 1, &[0, 2]).len(), 2 + 2 * 8, "two motion sensors");
        assert_eq!(get(0x102, 0, &[]), [2], "USB PD ports");
        assert_eq!(get(0x601, 0, &[0]).len(), 14, "the battery");
        get(0x97, 0, &[]);
        assert!(get(0x98, 0, &[]).starts_with(b"[0.000 "), "the console");
        run(fd, &Step::Reset);
        assert_eq!(
            get(0x20, 0, &[]),
            le32(&[3200]),
            "the fan's target after a reset"
        );
    });
}

#[test]
fn memory_map() {
    with_each(|fd| {
        assert_eq!(readmem(fd, 0x20, 2), Ok(b"EC".to_vec()));
        assert_eq!(readmem(fd, 0x68, 0), Ok(b"VB-1\0".to_vec()));
        run(
            fd,
            &Step::Memory {
                offset: 0x68,
                data: b"OTHER\0",
            },
        );
        assert_eq!(readmem(fd, 0x68, 0), Ok(b"OTHER\0".to_vec()));
        assert_eq!(xcmd(fd, 0, 0x07, &[0x68, 5], 8).unwrap().data, b"OTHER");
        assert_eq!(readmem(fd, 250, 6), Err(Errno::INVAL));
        run(fd, &Step::Reset);
        assert_eq!(readmem(fd, 0x68, 0), Ok(b"VB-1\0".to_vec()));
    });
}

#[test]
fn slow() {
    with_each(|fd| {
        run(fd, &Step::Slow { count: 2, ms: 300 });
        for value in 0..2 {
            let start = Instant::now();
            assert_works(fd, value);
            assert!(
                start.elapsed() >= Duration::from_millis(300),
                "{:?}",
                start.elapsed()
            );
        }
        let start = Instant::now();
        assert_works(fd, 2);
        pace::assert_within(start.elapsed(), Duration::from_millis(300), "a command");
    });
}

#[test]
fn too_slow_is_no_reply_and_none_later() {
    with_each(|fd| {
        for ms in effort::choose(&[801, 1500][..], &[801, 990, 1010, 1500]) {
            run(fd, &Step::Slow { count: 1, ms: *ms });
            assert_eq!(hello(fd, 77), Err(Errno::IO), "{ms} ms");
            let start = Instant::now();
            let mut value = 0;
            while start.elapsed() < SECOND {
                assert_works(fd, value);
                value += 1;
            }
        }
    });
}

#[test]
fn every_result() {
    with_each(|fd| {
        const IN_PROGRESS: u16 = 8;
        for result in (1..=20).chain([0x1234, 0xffff]) {
            if result == IN_PROGRESS {
                continue;
            }
            run(fd, &Step::Fail { count: 1, result });
            let reply = xcmd(fd, 0, ec::HELLO, &[0; 4], 4).expect("a reply");
            assert_eq!((reply.result, reply.data.len()), (result.into(), 0));
            assert_works(fd, result.into());
        }
    });
}

#[test]
fn garbage() {
    with_each(|fd| {
        let spoilt = [(0, Errno::BADMSG), (1, Errno::MSGSIZE), (2, Errno::MSGSIZE)];
        for (kind, error) in spoilt {
            run(fd, &Step::Garbage { count: 2, kind });
            assert_eq!(hello(fd, 1), Err(error), "{kind:?}");
            assert_eq!(hello(fd, 2), Err(error), "{kind:?}");
            assert_works(fd, 3);
        }
        // The LPC driver does not check the version.
        run(fd, &Step::Garbage { count: 1, kind: 3 });
        assert_works(fd, 4);
    });
}

#[test]
fn silent() {
    with_each(|fd| {
        run(fd, &Step::Silent { count: 2 });
        for value in 0..2 {
            let start = Instant::now();
            assert_eq!(hello(fd, value), Err(Errno::IO));
            assert!(
                start.elapsed() >= Duration::from_millis(900),
                "{:?}",
                start.elapsed()
            );
        }
        assert_works(fd, 2);
    });
}

#[test]
fn pending() {
    with_each(|fd| {
        run(fd, &Step::Pending { count: 1, ms: 100 });
        let start = Instant::now();
        let reply = xcmd(fd, 0, ec::HELLO, &[0; 4], 4).expect("a reply");
        assert!(
            start.elapsed() >= Duration::from_millis(90),
            "{:?}",
            start.elapsed()
        );
        assert_eq!(reply.result, 0);
        run(
            fd,
            &Step::Pending {
                count: 1,
                ms: 60_000,
            },
        );
        assert_eq!(hello(fd, 1), Err(Errno::AGAIN));
        assert_works(fd, 2);
    });
}

#[test]
fn reboot() {
    with_each(|fd| {
        run(
            fd,
            &Step::Fail {
                count: 9,
                result: 3,
            },
        );
        run(
            fd,
            &Step::Memory {
                offset: 0x68,
                data: b"OTHER\0",
            },
        );
        run(fd, &Step::Reboot { ms: 500 });
        assert_eq!(hello(fd, 1), Err(Errno::IO), "nobody is there");
        assert_works(fd, 2);
        assert_eq!(readmem(fd, 0x68, 0), Ok(b"VB-1\0".to_vec()));
    });
}

/// The type and the number of the next event, if there is one within `limit`.
fn next_event(fd: &OwnedFd, limit: Duration) -> Option<(u8, u32)> {
    if !poll_for(fd, PollFlags::IN, limit).contains(PollFlags::IN) {
        return None;
    }
    let mut event = [0; 32];
    let len = read(fd, &mut event).expect("an event");
    assert_eq!(len, 1 + 8, "an event's length");
    assert_eq!(event[5..9], [9; 4], "an event's payload");
    let number = event[1..5].try_into().expect("four bytes");
    Some((event[0], u32::from_le_bytes(number)))
}

/// Reads events `0..count` in order, and checks that no other one follows.
fn assert_events(fd: &OwnedFd, count: u32) {
    for number in 0..count {
        assert_eq!(next_event(fd, HANG), Some((SWITCH, number)));
    }
    assert_eq!(next_event(fd, Duration::from_millis(50)), None);
}

fn numbered(count: u32, every_ms: u32) -> Step<'static> {
    Step::Events {
        kind: SWITCH,
        count,
        every: every_ms,
        numbered: true,
        data: &[9; 8],
    }
}

#[test]
fn events_in_order() {
    with_each(|fd| {
        let listener = open("cros_ec", OFlags::RDWR);
        set_event_mask(&listener, 1 << SWITCH).expect("an event mask");
        for _ in 0..3 {
            // As many as a file of the C driver can hold.
            run(fd, &numbered(60, 0));
            assert_events(&listener, 60);
        }
        run(fd, &numbered(200, 5));
        assert_events(&listener, 200);
    });
}

#[test]
fn events_one_at_a_time() {
    with_each(|fd| {
        set_event_mask(fd, 1 << SWITCH).expect("an event mask");
        for _ in 0..200 {
            run(fd, &numbered(1, 0));
            assert_eq!(next_event(fd, HANG), Some((SWITCH, 0)));
        }
    });
}

/// There are no listeners while the transport is unbound: the events wait in the EC.
#[test]
fn events_outlast_the_transport() {
    for driver in Driver::ALL {
        let lpc = Lpc::load(driver);
        let fd = open("cros_ec", OFlags::RDWR);
        run(&fd, &Step::Reset);
        set_event_mask(&fd, 1 << SWITCH).expect("an event mask");
        run(&fd, &numbered(0, 20));
        assert_eq!(next_event(&fd, HANG), Some((SWITCH, 0)));
        drop((fd, lpc));

        let _lpc = Lpc::load(driver);
        let fd = open("cros_ec", OFlags::RDWR);
        set_event_mask(&fd, 1 << SWITCH).expect("an event mask");
        // Earlier events are lost: the kernel fetches them while it probes, when there are no
        // files.
        let (_, first) = next_event(&fd, HANG).expect("an event");
        for number in first + 1..first + 20 {
            assert_eq!(next_event(&fd, HANG), Some((SWITCH, number)));
        }
        run(&fd, &Step::Reset);
    }
}

#[path = "ec_lpc/soak.rs"]
mod soak;
