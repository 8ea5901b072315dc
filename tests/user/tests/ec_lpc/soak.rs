// SPDX-License-Identifier: GPL-2.0

//! Commands of all sizes from several threads at once, beside a stream of events. Each reply must
//! match its request, and all events must come, in order.

use super::{le32, next_event, numbered, open, run, with_each, xcmd, Reply, HANG, SWITCH};
use devscope_tests::{
    ec::{self, set_event_mask, Step, HELLO_ADDS},
    effort,
};
use rustix::{fd::OwnedFd, fs::OFlags, io};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

const THREADS: u32 = 4;

/// The period of the events, in ms.
const EVENT_PERIOD: u32 = 20;

/// The largest parameters.
const MAX_PARAMS: usize = 248;

/// Pseudorandom numbers, which depend on the seed (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as u32
    }

    fn below(&mut self, end: u32) -> u32 {
        self.next() % end
    }
}

/// A command and the only right reply to it.
struct Question {
    command: u32,
    params: Vec<u8>,
    right: Reply,
}

/// A unique command: its parameters contain `unique`.
fn question(unique: u32, numbers: &mut Numbers) -> Question {
    let (command, params, result, data) = match numbers.below(4) {
        0 => (
            ec::HELLO,
            le32(&[unique]),
            0,
            le32(&[unique.wrapping_add(HELLO_ADDS)]),
        ),
        1 => {
            let words = numbers.below(33);
            let data: Vec<u32> = (0..words).map(|word| unique.wrapping_add(word)).collect();
            (0x03, le32(&[unique, words * 4]), 0, le32(&data))
        }
        kind => {
            let (len, filler) = (numbers.below(33), numbers.below(MAX_PARAMS as u32 - 40));
            let result = if kind == 3 { 1 + unique % 7 } else { 0 };
            let mut params = le32(&[result, len]);
            params.extend(unique.to_le_bytes());
            params.extend((0..28 + filler).map(|_| numbers.next() as u8));
            let sent = if result == 0 { len as usize } else { 0 };
            let data = params[8..8 + sent].to_vec();
            (0x0a, params, result, data)
        }
    };
    Question {
        command,
        params,
        right: Reply { result, data },
    }
}

/// The failures.
#[derive(Debug, Default, PartialEq, Eq)]
struct Bad {
    /// Commands without a reply.
    lost: u32,
    /// Replies to another command.
    wrong: u32,
}

fn ask(fd: &OwnedFd, thread: u32, count: u32) -> Bad {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15 ^ u64::from(thread));
    let mut bad = Bad::default();
    for number in 0..count {
        let question = question(number * THREADS + thread, &mut numbers);
        let room = question.right.data.len() + numbers.below(8) as usize;
        match xcmd(fd, 0, question.command, &question.params, room) {
            Ok(reply) if reply == question.right => {}
            Ok(reply) => {
                eprintln!(
                    "thread {thread}, command {number}: {reply:02x?}, not {:02x?}",
                    question.right
                );
                bad.wrong += 1;
            }
            Err(error) => {
                eprintln!("thread {thread}, command {number}: {error}");
                bad.lost += u32::from(error == io::Errno::IO);
                bad.wrong += u32::from(error != io::Errno::IO);
            }
        }
        if bad.lost + bad.wrong > 20 {
            break;
        }
    }
    bad
}

/// Reads events until `stop`, and then the remaining ones. Returns their number.
fn listen(fd: &OwnedFd, stop: &AtomicBool) -> u32 {
    const PAUSE: Duration = Duration::from_millis(200);
    let (mut count, mut last_came) = (0, Instant::now());
    loop {
        let last = stop.load(Ordering::Relaxed);
        match next_event(fd, PAUSE) {
            Some(event) => {
                assert_eq!(event, (SWITCH, count));
                (count, last_came) = (count + 1, Instant::now());
            }
            None if last => return count,
            None => assert!(last_came.elapsed() < HANG, "no event after {count}"),
        }
    }
}

/// With each driver, makes the number of commands that EC_SOAK says, or else that of the form.
#[test]
fn soak() {
    let said = std::env::var("EC_SOAK").map(|text| text.parse().expect("a number"));
    let total: u32 = said.unwrap_or_else(|_| effort::choose(300, 1_000));
    let each = total / THREADS;
    with_each(|fd| {
        let stop = AtomicBool::new(false);
        let listener = open("cros_ec", OFlags::RDWR);
        set_event_mask(&listener, 1 << SWITCH).expect("an event mask");
        run(fd, &numbered(0, EVENT_PERIOD));
        let start = Instant::now();
        let (bad, events) = thread::scope(|scope| {
            let events = scope.spawn(|| listen(&listener, &stop));
            let asking: Vec<_> = (0..THREADS)
                .map(|thread| {
                    let fd = open("cros_ec", OFlags::RDWR);
                    scope.spawn(move || ask(&fd, thread, each))
                })
                .collect();
            let mut bad = Bad::default();
            for thread in asking {
                let its = thread.join().expect("a thread that asks");
                bad.lost += its.lost;
                bad.wrong += its.wrong;
            }
            // Stops the events, so that there is a last one.
            run(fd, &Step::Reset);
            stop.store(true, Ordering::Relaxed);
            (bad, events.join().expect("the thread that listens"))
        });
        let took = start.elapsed().as_secs_f64();
        let (lost, wrong) = (bad.lost, bad.wrong);
        println!(
            "{} commands in {took:.1} s: {lost} lost, {wrong} wrong; {events} events, none lost",
            each * THREADS
        );
        assert_eq!(bad, Bad::default());
        assert!(events > 0, "there were no events");
    });
}
