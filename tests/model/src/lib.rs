// SPDX-License-Identifier: GPL-2.0

//! The gate's protocol, from the kernel's own files, run through all interleavings.
//!
//! loom also tries all values that a load may return in C11's memory model. The protocol uses
//! relaxed accesses and full barriers only; a full barrier is a sequentially consistent fence
//! here, which orders no more than the kernel's does.
//!
//! What the protocol stands on is in this crate, and no stronger than its documentation: SRCU,
//! task states, wait queues.
//!
//! The fence of drivers in C is in C: [`places`] has its steps once more.
#![cfg(test)]

// Formatted with the kernel's code.
#[rustfmt::skip]
#[path = "../../../rust/devscope/gate/protocol/mod.rs"]
mod protocol;

mod binding;
mod char_device;
mod command;
mod data;
mod mapping;
mod places;
mod srcu;
mod sync;
mod task;

mod test_closing;
mod test_command;
mod test_ending;
mod test_entry;
mod test_mapping;
mod test_places;
mod test_revoke;
mod test_revoke_all;
mod test_turns;
mod test_wait;

use loom::thread::JoinHandle;

/// Runs `f` in all interleavings of the threads that it starts: their number is not bounded, nor
/// the time, and a thread may lose the processor at every access.
fn model(f: impl Fn() + Send + Sync + 'static) {
    check(None, f);
}

/// As [`model`], for what would take hours: a thread loses the processor three times at most
/// where it could have gone on. What a sleeper and one waker do is small enough for [`model`];
/// this is for a third party, of which nothing in the protocol knows.
fn bounded_model(f: impl Fn() + Send + Sync + 'static) {
    check(Some(3), f);
}

fn check(preemptions: Option<usize>, f: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.max_permutations = None;
    builder.max_duration = None;
    // Accesses in one run: only a loop without an end has as many.
    builder.max_branches = 10_000;
    builder.check(f);
}

/// Waits for all of `threads`.
fn join<T, const N: usize>(threads: [JoinHandle<T>; N]) -> [T; N] {
    threads.map(|thread| thread.join().unwrap())
}
