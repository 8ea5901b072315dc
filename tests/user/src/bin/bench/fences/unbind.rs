// SPDX-License-Identifier: GPL-2.0

//! How long unbind takes behind each fence, and which unbinds never return.

use super::{fit, Fence, Modules, FENCES, OURS, OURS_IN_C};
use crate::{
    clock::now,
    figures::{record, record_never},
    slab::allow_files,
};
use devscope_tests::{
    events::GONE,
    proc::calls,
    signal::{handle, Then},
    sleeper::{wait_all_asleep, Sleeper},
    uffd::Uffd,
    wait_until, HANG,
};
use libc::SIGUSR1;
use rustix::{
    event::{poll, PollFd, PollFlags},
    fd::OwnedFd,
    io::{self, write},
};
use std::{
    sync::mpsc::{channel, Receiver},
    thread,
    time::Duration,
};

const TABLE: &str = "unbind, ms";
const GROWTH: [&str; 2] = ["unbind, growth with files", "unbind, growth with sleepers"];
const POLLER: &str = "a poller at unbind";
/// An unbind that has not returned after this time counts as one that never does. A signal then
/// ends the call that blocks it, and it has to return.
const NEVER: Duration = Duration::from_secs(3);
/// The number of open files, the number of measurements, and the name.
const FILES: [(usize, usize, &str); 4] = [
    (0, 5, "0 files"),
    (1, 5, "1 file"),
    (1000, 3, "1,000 files"),
    (10_000, 1, "10,000 files"),
];
/// The number of tasks that sleep in a call, each with its own file.
const SLEEPERS: [(usize, &str); 2] = [(1, "1 asleep"), (100, "100 asleep")];
/// A poller that is not woken within this time after unbind counts as never woken.
const TOLD: Duration = Duration::from_secs(1);
/// How long a call is busy, in ms.
const BUSY: u32 = 100;

/// A running unbind, which sends the times of its start and end.
struct Unbinding(Receiver<(u64, u64)>);

impl Unbinding {
    fn start(fence: Fence) -> Self {
        let (done, end) = channel();
        thread::spawn(move || {
            let start = now();
            fence.unbind(0);
            let _ = done.send((start, now()));
        });
        Self(end)
    }

    /// The times of its start and end, if it ends in time.
    fn end(&self) -> Option<(u64, u64)> {
        self.0.recv_timeout(NEVER).ok()
    }

    /// Its duration in ms, if it ends in time.
    fn took(&self) -> Option<f64> {
        self.end().map(|(start, end)| (end - start) as f64 / 1e6)
    }

    /// Waits until it ends. No call blocks it any more.
    fn must_end(&self) {
        let end = self.0.recv_timeout(HANG);
        end.expect("unbind ends when nobody is inside");
    }
}

/// Prints the table. Returns whether ours are bounded.
pub fn unbind() -> bool {
    allow_files(FILES[3].0 + 200);
    handle(SIGUSR1, Then::Fail);
    println!("\nUnbind behind fences, in ms of the guest's clock (a busy call: after its end)\n");
    let names = FILES
        .iter()
        .map(|it| it.2)
        .chain(SLEEPERS.iter().map(|it| it.1));
    let names: Vec<_> = names.chain(["a call of 100 ms", "a stuck copy"]).collect();
    let mut head = format!("   {:<32}", "");
    names.iter().for_each(|name| head += &format!("{name:>17}"));
    println!("{head}{:>17}", "a poller is told");
    let _modules = Modules::load();
    let (mut bounded, mut told_as_said) = (true, true);
    let mut grown = Vec::new();
    for fence in FENCES {
        let files = FILES.map(|(count, rounds, _)| with_files(fence, count, rounds));
        let asleep = SLEEPERS.map(|(count, _)| with_sleepers(fence, count));
        let told = poller(fence);
        let all: Vec<_> = files
            .into_iter()
            .chain(asleep)
            .chain([busy(fence), stuck(fence)])
            .collect();
        let mut text = format!("   {:<32}", fence.what);
        for (name, ms) in names.iter().zip(&all) {
            match ms {
                Some(ms) => {
                    record(TABLE, fence.what, name, *ms);
                    text += &format!("{ms:>17.2}");
                }
                None => {
                    record_never(TABLE, fence.what, name);
                    text += &format!("{:>17}", "never");
                }
            }
        }
        match told {
            Some(ms) => record(POLLER, fence.what, "told after, ms", ms),
            None => record_never(POLLER, fence.what, "told after, ms"),
        }
        told_as_said &= told.is_some() == fence.wakes;
        text += &told.map_or(format!("{:>17}", "never"), |ms| format!("{ms:>17.2}"));
        println!("{text}");
        bounded &= returned(fence, &all);
        let of_files = FILES.iter().map(|it| it.0).zip(files);
        // Without files, there are no sleepers.
        let of_sleepers = SLEEPERS.iter().map(|it| it.0).zip(asleep);
        let of_sleepers = [(0, files[0])].into_iter().chain(of_sleepers);
        grown.push((fence, [fitted(of_files), fitted(of_sleepers)]));
    }
    growth(&grown);
    if !bounded {
        println!("\n   TOO MUCH: an unbind of ours has not returned after {NEVER:?}");
    }
    if !told_as_said {
        println!(
            "\n   TOO MUCH: a poller is told where it should not be, or is not where it should"
        );
    }
    bounded && told_as_said
}

/// How the times grow with the number, if all unbinds have returned.
fn fitted(times: impl Iterator<Item = (usize, Option<f64>)>) -> Option<fit::Fit> {
    let points: Option<Vec<_>> = times.map(|(count, ms)| Some((count as f64, ms?))).collect();
    fit::linear(&points?)
}

/// Prints how unbind grows behind each fence.
fn growth(grown: &[(Fence, [Option<fit::Fit>; 2])]) {
    println!("\nHow unbind grows with open files, and with sleepers: lines through these\n");
    let columns = ["us with none", "ns for each", "explained"];
    let mut head = format!("   {:<32}", "");
    (0..2).for_each(|_| columns.iter().for_each(|it| head += &format!("{it:>14}")));
    println!("{head}");
    for (fence, fits) in grown {
        let mut text = format!("   {:<32}", fence.what);
        for (table, fit) in GROWTH.iter().zip(fits) {
            let Some(fit) = fit else {
                record_never(table, fence.what, columns[1]);
                text += &format!("{:>14}{:>14}{:>14}", "", "never", "");
                continue;
            };
            let numbers = [fit.at_none * 1e3, fit.each * 1e6, fit.explained];
            for (column, number) in columns.iter().zip(numbers) {
                record(table, fence.what, column, number);
                text += &format!("{number:>14.3}");
            }
        }
        println!("{text}");
    }
}

/// Whether unbind has returned in all cases in which it must. For a C driver, a copy to user memory
/// may block it.
fn returned(fence: Fence, times: &[Option<f64>]) -> bool {
    let (stuck, others) = times.split_last().expect("a stuck copy");
    match fence {
        OURS => stuck.is_some() && others.iter().all(Option::is_some),
        OURS_IN_C => others.iter().all(Option::is_some),
        _ => true,
    }
}

/// The time from the start of unbind until a caller that sleeps in `poll()` is woken, if it is.
fn poller(fence: Fence) -> Option<f64> {
    median(3, || {
        let file = fence.open();
        let poller = Sleeper::start("a poller", move || {
            // The node is always readable, so this waits for another event.
            let mut files = [PollFd::new(&file, PollFlags::PRI)];
            let woken = poll(&mut files, None);
            let gone = woken.is_ok() && files[0].revents().intersects(GONE);
            gone.then(now)
        });
        poller.wait_asleep(calls::POLL);
        let began = Unbinding::start(fence).end();
        thread::sleep(TOLD);
        // After a signal, it polls again, and then sees that the device is gone.
        let by_itself = poller.is_done();
        if !by_itself {
            poller.signal(SIGUSR1);
        }
        let told = poller.result().filter(|_| by_itself);
        fence.bind(0);
        Some((told? - began?.0) as f64 / 1e6)
    })
}

/// The median of some measurements. Stops at the first that never ends.
fn median(rounds: usize, mut measure: impl FnMut() -> Option<f64>) -> Option<f64> {
    let mut times = Vec::new();
    for _ in 0..rounds {
        times.push(measure()?);
    }
    times.sort_by(f64::total_cmp);
    Some(times[rounds / 2])
}

fn with_files(fence: Fence, count: usize, rounds: usize) -> Option<f64> {
    median(rounds, || {
        let files: Vec<_> = (0..count).map(|_| fence.open()).collect();
        let took = Unbinding::start(fence).took();
        drop(files);
        fence.bind(0);
        took
    })
}

/// A call that writes `number`: see `tests/kmod/bench/fences/main.c`.
fn caller(fence: Fence, number: u32) -> Sleeper<(io::Result<usize>, u64)> {
    let file = fence.open();
    Sleeper::start("a call", move || {
        let result = write(&file, &number.to_ne_bytes());
        (result, now())
    })
}

fn with_sleepers(fence: Fence, count: usize) -> Option<f64> {
    median(3, || {
        let sleepers: Vec<_> = (0..count).map(|_| caller(fence, 0)).collect();
        wait_all_asleep(&sleepers, calls::WRITE);
        let unbinding = Unbinding::start(fence);
        let took = unbinding.took();
        for sleeper in sleepers {
            let out = || {
                sleeper.signal(SIGUSR1);
                sleeper.is_done()
            };
            assert!(
                wait_until(HANG, out),
                "a sleeper is not brought out by a signal"
            );
        }
        if took.is_none() {
            unbinding.must_end();
        }
        fence.bind(0);
        took
    })
}

/// The time from the end of a running call to that of unbind.
fn busy(fence: Fence) -> Option<f64> {
    median(3, || {
        let call = caller(fence, BUSY);
        call.wait_asleep(calls::WRITE);
        let unbinding = Unbinding::start(fence);
        let end = unbinding.end();
        let (result, returned) = call.result();
        assert_eq!(result, Ok(4), "{}", fence.what);
        fence.bind(0);
        end.map(|(_, end)| (end as f64 - returned as f64) / 1e6)
    })
}

/// Unbind while a call copies from a page whose fault is not served.
fn stuck(fence: Fence) -> Option<f64> {
    median(1, || {
        let (pages, uffd) = Uffd::unserved(1);
        let file: OwnedFd = fence.open();
        let call = Sleeper::start("a call", move || pages.write(&file, 0, size_of::<u32>()));
        uffd.wait_stuck();
        let unbinding = Unbinding::start(fence);
        let took = unbinding.took();
        uffd.serve(0, &1u32.to_ne_bytes());
        if took.is_none() {
            unbinding.must_end();
        }
        let _ = call.result();
        fence.bind(0);
        took
    })
}
