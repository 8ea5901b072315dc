// SPDX-License-Identifier: GPL-2.0

//! What the processes of the story do. Each prints a line when something happens to it, and ends
//! when its device is gone.

use crate::user::{errno_name, User};
use devscope_tests::{
    device::open,
    ec, edu,
    events::{epoll_next, epoll_on, poll_for, poll_now, GONE},
};
use rustix::{
    event::{epoll::EventFlags, PollFlags},
    fd::OwnedFd,
    fs::OFlags,
    io::{self, read},
};
use std::{path::Path, process::ExitCode, time::Duration};

const LONG: Duration = Duration::from_secs(3600);

/// Plays a role on the node until the device is gone; `busy` until standard input ends.
pub fn play(role: &str, node: &Path, seed: u64) -> ExitCode {
    if role == "busy" {
        return busy(node, seed);
    }
    let Ok(fd) = open(node, OFlags::RDWR) else {
        return ExitCode::FAILURE;
    };
    match role {
        "read" => reader(&fd),
        "poll" => poller(&fd),
        "epoll" => epoller(&fd),
        "ioctl" => caller(&fd),
        "events" => event_reader(&fd),
        _ => return ExitCode::FAILURE,
    }
    ExitCode::SUCCESS
}

/// The words in the last line of a role on success.
pub fn gone_word(role: &str) -> &'static str {
    match role {
        "poll" | "epoll" => "HUP|",
        _ => "ENODEV",
    }
}

fn number(fd: &OwnedFd) -> io::Result<u32> {
    let mut bytes = [0; 4];
    read(fd, &mut bytes)?;
    Ok(u32::from_ne_bytes(bytes))
}

fn reader(fd: &OwnedFd) {
    loop {
        let result = number(fd);
        println!("read() {}", outcome(result));
        if result.is_err() {
            return;
        }
    }
}

/// Reads one event of any kind from a controller.
fn event_reader(fd: &OwnedFd) {
    let result = ec::set_event_mask(fd, usize::MAX).and_then(|()| read(fd, &mut [0; 32]));
    println!("read() {}", outcome(result));
}

fn poller(fd: &OwnedFd) {
    loop {
        let events = poll_for(fd, PollFlags::IN, LONG);
        if events != PollFlags::IN {
            return println!("poll() {}", events_text(events, "POLL"));
        }
        let result = outcome(number(fd));
        println!("poll() {}, read() {result}", events_text(events, "POLL"));
    }
}

fn epoller(fd: &OwnedFd) {
    let epoll = epoll_on(fd, EventFlags::IN);
    loop {
        let events = epoll_next(&epoll, LONG);
        let text = events_text(PollFlags::from_bits_retain(events.bits() as u16), "EPOLL");
        if events != EventFlags::IN {
            return println!("epoll_wait() {text}");
        }
        println!("epoll_wait() {text}, read() {}", outcome(number(fd)));
    }
}

fn caller(fd: &OwnedFd) {
    for count in 0.. {
        if let Err(error) = edu::alive(fd, count) {
            return println!(
                "ioctl() {}, after {count} that went well",
                errno_name(error)
            );
        }
    }
}

fn busy(node: &Path, seed: u64) -> ExitCode {
    let mut user = User::new(node.to_owned(), seed.is_multiple_of(2), seed);
    let stop = || poll_now(std::io::stdin(), PollFlags::IN).intersects(GONE);
    while !stop() && user.wrong.is_none() {
        (0..10).for_each(|_| user.step());
    }
    for (outcome, count) in user.tally {
        println!("{outcome} {count}");
    }
    match user.wrong {
        None => ExitCode::SUCCESS,
        Some(wrong) => {
            eprintln!("WRONG: {wrong}");
            ExitCode::FAILURE
        }
    }
}

/// A number, or the name of the errno.
pub fn outcome<T: ToString>(result: io::Result<T>) -> String {
    result.map_or_else(errno_name, |value| value.to_string())
}

/// The names of the events that `poll()` returned.
pub fn events(events: PollFlags) -> String {
    events_text(events, "POLL")
}

fn events_text(events: PollFlags, prefix: &str) -> String {
    let names = [
        (PollFlags::IN, "IN"),
        (PollFlags::OUT, "OUT"),
        (PollFlags::HUP, "HUP"),
        (PollFlags::ERR, "ERR"),
    ];
    let set = names.iter().filter(|(flag, _)| events.contains(*flag));
    let set: Vec<String> = set.map(|(_, name)| format!("{prefix}{name}")).collect();
    set.join("|")
}
