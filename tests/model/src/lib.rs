// SPDX-License-Identifier: GPL-2.0

//! Runs the gate's protocol, from the framework's own files, through all interleavings.
//!
//! loom also tries all values that a load may return in C11's memory model. The protocol only uses
//! relaxed accesses and full barriers; here, a full barrier is a sequentially consistent fence,
//! which orders no more than the kernel's does.
//!
//! This crate implements what the protocol uses (SRCU, task states, wait queues), with no more
//! guarantees than their documentation gives.
//!
//! The fence of C drivers is written in C: [`places`] repeats its steps.
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

/// Runs `f` in all interleavings of the threads that it starts, however long that takes. A thread
/// may be preempted at each access.
fn model(f: impl Fn() + Send + Sync + 'static) {
    check(None, f);
}

/// As [`model`], but with three preemptions at most, for tests that would take hours without a
/// bound. [`model`] suffices for a sleeper and one waker; this is for a third thread, which the
/// protocol does not depend on.
fn bounded_model(f: impl Fn() + Send + Sync + 'static) {
    check(Some(3), f);
}

fn check(preemptions: Option<usize>, f: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    builder.max_permutations = None;
    builder.max_duration = None;
    // The limit of accesses in one run, which only an endless loop reaches.
    builder.max_branches = 10_000;
    builder.check(f);
}

/// Waits for all of `threads`.
fn join<T, const N: usize>(threads: [JoinHandle<T>; N]) -> [T; N] {
    threads.map(|thread| thread.join().unwrap())
}
