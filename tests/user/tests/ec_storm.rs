// SPDX-License-Identifier: GPL-2.0

//! Eight busy clients and a stream of events, while a controller's character device goes away and
//! comes back, alone and with the controller in turn.

use devscope_tests::{
    ec::{
        client::{Client, STREAM},
        testec::transport,
        Driver, TestEc,
    },
    effort, progress,
    session::Tally,
    signal::{handle, Then},
    sleeper::Sleeper,
    wait_until, HANG,
};
use std::{
    fs,
    sync::{
        atomic::{AtomicBool, Ordering::Relaxed},
        Arc,
    },
    time::{Duration, Instant},
};

/// How long it may take to see the C driver hang, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(480);
/// After this long, unbind hangs.
const UNBIND_HANGS: Duration = Duration::from_secs(3);

type Ended = (Tally, Option<String>);

/// The clients.
struct Clients {
    stop: Arc<AtomicBool>,
    threads: Vec<Sleeper<Ended>>,
}

impl Clients {
    fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let start = |number: u64| {
            let stop = stop.clone();
            Sleeper::start("a client", move || {
                let mut client = Client::new(number.is_multiple_of(2), number);
                while !stop.load(Relaxed) && client.session.all_right() {
                    client.step();
                }
                client.session.into_result()
            })
        };
        Self {
            threads: (1..=8).map(start).collect(),
            stop: stop.clone(),
        }
    }

    /// Has them end; whoever sleeps is interrupted, or told by the device that it is gone.
    fn end(&self) {
        self.stop.store(true, Relaxed);
    }

    /// What came out altogether, which must be right.
    fn result(self) -> Tally {
        let mut total = Tally::new();
        for thread in self.threads {
            let (tally, wrong) = thread.result();
            assert_eq!(wrong, None);
            tally
                .into_iter()
                .for_each(|(what, count)| *total.entry(what).or_default() += count);
        }
        total
    }
}

/// Takes the device away and gives it back. Returns how long the first took.
fn cycle(ec: &TestEc, number: usize) -> Duration {
    let cell = ec.cell("cros_ec");
    let whole = number.is_multiple_of(2);
    let (result, took) = match whole {
        true => ec.try_unbind(),
        false => cell.try_unbind(),
    };
    assert_eq!(result, Ok(()), "unbind, cycle {number}");
    let (result, _) = match whole {
        true => ec.try_bind(),
        false => cell.try_bind(),
    };
    assert_eq!(result, Ok(()), "bind, cycle {number}");
    if whole {
        ec.run(&STREAM);
    }
    took
}

#[test]
fn storm() {
    let ec = TestEc::with_one_node(Driver::Devscope);
    ec.run(&STREAM);
    let clients = Clients::start();
    let start = Instant::now();
    let cycles = effort::choose(30, 500);
    let mut times = Vec::new();
    while times.len() < cycles {
        times.push(cycle(&ec, times.len()));
        progress::tell("storm", times.len(), cycles);
    }
    // The last unbind ends whoever sleeps.
    clients.end();
    assert_eq!(ec.try_unbind().0, Ok(()));
    let total = clients.result();
    times.sort();
    eprintln!(
        "{} cycles in {:.1?}; unbind: median {:.1?}, longest {:.1?}; {total:?}",
        times.len(),
        start.elapsed(),
        times[times.len() / 2],
        times[times.len() - 1]
    );
    for outcome in ["ok", "EAGAIN", "ENODEV"] {
        assert!(total.contains_key(outcome), "{outcome} never came");
    }
    assert_eq!(ec.try_bind().0, Ok(()));
}

/// The same of the C driver: that its unbind hangs is seen, and who sleeps can be interrupted.
#[test]
fn storm_on_the_c_driver() {
    handle(libc::SIGUSR1, Then::Fail);
    let _ec = TestEc::with_one_node(Driver::C);
    let clients = Clients::start();
    let start = Instant::now();
    let mut cycles = 0;
    let hung = loop {
        assert!(start.elapsed() < PATIENCE, "no hang in {cycles} cycles");
        let unbind = Sleeper::start("unbind", || write("unbind"));
        if !wait_until(UNBIND_HANGS, || unbind.is_done()) {
            break unbind;
        }
        assert!(unbind.result(), "unbind, cycle {cycles}");
        let bind = Sleeper::start("bind", || write("bind"));
        assert!(bind.result(), "bind, cycle {cycles}");
        cycles += 1;
    };
    eprintln!(
        "the C driver's unbind hangs, after {cycles} cycles and {:.1?}",
        start.elapsed()
    );
    clients.end();
    let interrupted = wait_until(HANG, || {
        clients
            .threads
            .iter()
            .for_each(|it| it.signal(libc::SIGUSR1));
        hung.is_done() && clients.threads.iter().all(Sleeper::is_done)
    });
    assert!(interrupted, "HANG: signals do not end it either");
    assert!(hung.result(), "unbind");
    let total = clients.result();
    eprintln!("{total:?}");
}

/// Writes the controller's name to a file of its driver; whether that went well.
fn write(file: &str) -> bool {
    fs::write(transport(file), "testec.0").is_ok()
}
