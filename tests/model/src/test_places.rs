// SPDX-License-Identifier: GPL-2.0

//! Callers of a C driver that deregisters: it waits for a caller, or refuses it, and interrupts
//! sleepers. No caller is interrupted for longer than its call.

use crate::places::{Caller, Fence};
use loom::sync::mpsc;
use loom::thread;
use std::sync::Arc;

/// Starts a thread that runs `call` with a number of its own. Returns both handles of it.
fn caller(
    fence: &Arc<Fence>,
    number: usize,
    call: fn(&Fence, &Caller),
) -> (thread::JoinHandle<()>, Arc<Caller>) {
    let fence = fence.clone();
    let (send, known) = mpsc::channel();
    let thread = thread::spawn(move || {
        let caller = Caller::current(number);
        send.send(caller.clone()).unwrap();
        call(&fence, &caller);
    });
    (thread, known.recv().unwrap())
}

/// A short operation.
fn short(fence: &Fence, caller: &Caller) {
    if let Some(place) = fence.enter(caller) {
        fence.data.read();
        fence.quit(caller, place);
    }
}

/// An operation that sleeps until it is interrupted.
fn long(fence: &Fence, caller: &Caller) {
    if let Some(place) = fence.enter(caller) {
        fence.data.read();
        caller.sleep();
        fence.data.read();
        fence.quit(caller, place);
    }
}

/// Deregisters while threads make these calls.
fn against<const N: usize>(calls: [fn(&Fence, &Caller); N]) {
    let fence = Fence::new();
    let mut number = 0;
    let started = calls.map(|call| {
        number += 1;
        caller(&fence, number, call)
    });
    let callers: Vec<_> = started.iter().map(|(_, caller)| caller.clone()).collect();
    fence.deregister(&callers);
    for (thread, caller) in started {
        thread.join().unwrap();
        assert!(!caller.signal_pending(), "interrupted for too long");
    }
    fence.data.assert_removed();
}

#[test]
fn a_caller() {
    crate::model(|| against([short]));
}

#[test]
fn a_sleeper() {
    crate::bounded_model(|| against([long]));
}

#[test]
fn two_callers() {
    crate::bounded_model(|| against([short, short]));
}

#[test]
fn a_sleeper_and_a_caller() {
    crate::bounded_model(|| against([long, short]));
}
