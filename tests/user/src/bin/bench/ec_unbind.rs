// SPDX-License-Identifier: GPL-2.0

//! How long unbind of an EC's character device takes.

use crate::{
    clock::{now, of_five},
    table::Line,
};
use devscope_tests::{
    ec::{set_event_mask, transfer, Driver, Step, TestEc, HELLO},
    proc::calls,
    sleeper::Sleeper,
};
use rustix::{fs::OFlags, io::read};

/// How long a command in flight takes, in ms.
const SLOW: u32 = 300;

/// The times of the driver of `ec`.
pub fn times(ec: &TestEc) -> Vec<Line> {
    const READERS: &str = "16 sleeping readers";
    let readers = match ec.driver() {
        // Unbind waits for the readers, which only a signal ends.
        Driver::C => Line::hangs(READERS),
        Driver::Devscope | Driver::Fenced => Line::new(
            READERS,
            median(ec, || sleep(ec, 16, calls::READ, wait_for_event)),
        ),
    };
    vec![
        Line::new("no open file", median(ec, || ())),
        readers,
        Line::new("a command of 300 ms in flight, after its end", after(ec)),
    ]
}

fn wait_for_event(ec: rustix::fd::OwnedFd) {
    set_event_mask(&ec, usize::MAX).expect("event mask");
    let _ = read(&ec, &mut [0; 32]);
}

/// Makes a command. Returns the time when it ended.
fn greet(ec: rustix::fd::OwnedFd) -> u64 {
    let _ = transfer(&ec, 0, HELLO, &[0; 4], 4);
    now()
}

/// Some clients that sleep in a call.
fn sleep<T: Send + 'static>(
    ec: &TestEc,
    count: usize,
    calls: &[libc::c_long],
    call: fn(rustix::fd::OwnedFd) -> T,
) -> Vec<Sleeper<T>> {
    let start = |_| {
        let file = ec.open(OFlags::RDWR);
        Sleeper::start("a client", move || call(file))
    };
    let sleepers: Vec<_> = (0..count).map(start).collect();
    sleepers.iter().for_each(|it| it.wait_asleep(calls));
    sleepers
}

/// The median of five unbinds, each with the clients of `prepare`.
fn median<T>(ec: &TestEc, prepare: impl Fn() -> T) -> f64 {
    let cell = ec.cell("cros_ec");
    of_five(|| {
        let prepared = prepare();
        let took = cell.unbind();
        drop(prepared);
        cell.try_bind().0.expect("bind");
        took.as_secs_f64() * 1000.0
    })
}

/// The median of five unbinds with a command in flight: the time from its end to that of unbind.
fn after(ec: &TestEc) -> f64 {
    let cell = ec.cell("cros_ec");
    of_five(|| {
        ec.run(&Step::Slow { count: 1, ms: SLOW });
        let mut caller = sleep(ec, 1, calls::IOCTL, greet);
        cell.unbind();
        let unbound = now();
        let back = caller.remove(0).result();
        cell.try_bind().0.expect("bind");
        (unbound as f64 - back as f64) / 1e6
    })
}
