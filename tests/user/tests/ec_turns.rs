// SPDX-License-Identifier: GPL-2.0

//! Callers of a slow controller take turns: all get the same share, and a caller that is killed
//! while it waits does not keep a turn.

use devscope_tests::{
    child::{Child, End},
    ec::{hello, Driver, Step, TestEc, HELLO_ADDS},
    proc::calls,
};
use rustix::fs::OFlags;
use std::{
    thread,
    time::{Duration, Instant},
};

const CALLERS: usize = 4;

/// Makes each command take `ms`.
fn slow(ec: &TestEc, ms: u32) {
    ec.run(&Step::Slow {
        count: u32::MAX,
        ms,
    });
}

#[test]
fn same_share_for_all() {
    let ec = TestEc::with(Driver::Devscope);
    slow(&ec, 5);
    let until = Instant::now() + Duration::from_secs(3);
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let fd = ec.open(OFlags::RDWR);
            thread::spawn(move || {
                let mut count = 0;
                while Instant::now() < until {
                    assert_eq!(hello(&fd, count), Ok(count + HELLO_ADDS));
                    count += 1;
                }
                count
            })
        })
        .collect();
    let mut counts: Vec<u32> = callers.into_iter().map(|it| it.join().unwrap()).collect();
    counts.sort();
    eprintln!("{counts:?}");
    ec.run(&Step::Reset);
    assert!(2 * counts[0] >= counts[CALLERS - 1], "{counts:?}");
}

#[test]
fn killed_while_it_waits() {
    let ec = TestEc::with(Driver::Devscope);
    slow(&ec, 50);
    for _ in 0..5 {
        let callers: Vec<Child> = (0..CALLERS)
            .map(|_| {
                let fd = ec.open(OFlags::RDWR);
                Child::fork(|| loop {
                    if hello(&fd, 1) != Ok(1 + HELLO_ADDS) {
                        return 1;
                    }
                })
            })
            .collect();
        let fd = ec.open(OFlags::RDWR);
        for caller in callers {
            // The caller has its turn, or more likely waits for it.
            caller.wait_asleep(calls::IOCTL);
            caller.signal(libc::SIGKILL);
            assert_eq!(caller.wait(), End::Signal(libc::SIGKILL));
            assert_eq!(hello(&fd, 2), Ok(2 + HELLO_ADDS));
        }
    }
    ec.run(&Step::Reset);
}
