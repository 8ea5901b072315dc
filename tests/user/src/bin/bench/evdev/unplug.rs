// SPDX-License-Identifier: GPL-2.0

//! How long unplug of an input device with open event nodes takes.

use super::{busy::Busy, Subject, EVENT};
use crate::{
    clock::now,
    table::{Line, Table},
};
use devscope_tests::{
    hurry::Hurry,
    proc::calls,
    sleeper::{wait_all_asleep, Sleeper},
};
use rustix::{fd::OwnedFd, fs::OFlags, io};
use std::sync::{Arc, Barrier};

/// The number of measurements.
const ROUNDS: u32 = 40;
/// A tick of the timer, in nanoseconds.
const TICK: u64 = 10_000_000;
const MANY: usize = 1000;
const ASLEEP: usize = 100;
/// As many as two of stress-ng's device stressors have.
const BUSY: usize = 8;

/// The limit for ours, relative to C.
const LIMIT: f64 = 1.1;

/// The times with default settings. They are dominated by the grace period of the input core, which
/// ends after a varying number of timer ticks. So only times several times as long are compared.
pub fn times(it: &Subject) -> Table {
    let title = "Unplug of an input device, in ms (median of 40)";
    let mut lines = Vec::from(lines(it));
    let busy = unbind(it, || Busy::start(it, BUSY));
    lines.push(Line::new("8 threads that use it all the time", busy).limit(LIMIT));
    Table::new(title, 2, lines)
}

/// The times with expedited grace periods, which leave only the work itself.
pub fn hurried(it: &Subject) -> Table {
    let _hurry = Hurry::new();
    let [nobody, one, many, closed, asleep] = lines(it);
    let lines = vec![nobody, one, many.limit(LIMIT), closed, asleep];
    let title = "Unplug of an input device with rcu_expedited, in ms (median of 40)";
    Table::new(title, 2, lines)
}

fn lines(it: &Subject) -> [Line; 5] {
    [
        Line::new("nobody has the node open", unbind(it, || ())),
        Line::new("1 client", unbind(it, || it.client())),
        Line::new("1,000 clients", unbind(it, || it.clients(MANY))),
        Line::new("1,000 clients, and their close()", unbind_and_close(it)),
        Line::new(
            "1,000 clients, 100 asleep in read",
            unbind(it, || mixed(it)),
        ),
    ]
}

/// How long it takes with the clients of `prepare`.
fn unbind<T>(it: &Subject, prepare: impl Fn() -> T) -> f64 {
    rounds(it, |round| {
        let prepared = prepare();
        let took = unplug(it, round);
        let _hurry = Hurry::new();
        drop(prepared);
        took
    })
}

/// The same, including the time to close all files one after the other: a driver may leave work of
/// unplug to close().
fn unbind_and_close(it: &Subject) -> f64 {
    rounds(it, |round| {
        let clients = it.clients(MANY);
        let took = unplug(it, round);
        let start = now();
        drop(clients);
        took + (now() - start) as f64 / 1e6
    })
}

/// Unplugs the device. Returns how long that took, in ms.
///
/// Grace periods end at timer ticks, which are 10 ms apart. So the starts of the rounds are spread
/// evenly between two ticks.
fn unplug(it: &Subject, round: u32) -> f64 {
    let start = (now() / TICK + 2) * TICK + u64::from(round) * TICK / u64::from(ROUNDS);
    while now() < start {}
    let (result, took) = it.input.try_unbind();
    result.expect("unbind");
    took.as_secs_f64() * 1000.0
}

/// The median of many measurements, each of which unplugs the device: so one that waits for a tick
/// more than the others has no effect.
fn rounds(it: &Subject, measure: impl Fn(u32) -> f64) -> f64 {
    let round = |number| {
        let ms = measure(number);
        it.input.try_bind().0.expect("bind");
        assert_eq!(it.input.node(), it.node);
        ms
    };
    let mut times: Vec<f64> = (0..ROUNDS).map(round).collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Clients some of which sleep. They meet at a barrier after unplug, so that their later work is
/// not measured.
struct Mixed {
    _idle: Vec<OwnedFd>,
    asleep: Vec<Sleeper<io::Result<usize>>>,
    done: Arc<Barrier>,
}

fn mixed(it: &Subject) -> Mixed {
    let done = Arc::new(Barrier::new(ASLEEP + 1));
    let reader = |_| {
        let (client, done) = (it.open(OFlags::RDWR), done.clone());
        Sleeper::start("a reader", move || {
            let result = io::read(&client, &mut [0; EVENT]);
            done.wait();
            result
        })
    };
    let asleep: Vec<_> = (0..ASLEEP).map(reader).collect();
    let idle = it.clients(MANY - ASLEEP);
    wait_all_asleep(&asleep, calls::READ);
    Mixed {
        _idle: idle,
        asleep,
        done,
    }
}

impl Drop for Mixed {
    fn drop(&mut self) {
        self.done.wait();
        for reader in self.asleep.drain(..) {
            assert_eq!(reader.result(), Err(io::Errno::NODEV));
        }
    }
}
