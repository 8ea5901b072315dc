// SPDX-License-Identifier: GPL-2.0

//! Tasks that sleep, and wait queues: the steps of ffi/sleeper.rs and of the C functions that it
//! calls.

use crate::protocol::{Sleep, Woken};
use loom::sync::Mutex;
use loom::sync::atomic::{
    AtomicU32,
    Ordering::{Relaxed, SeqCst},
    fence,
};
use loom::thread::{self, Thread};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub const RUNNING: u32 = 0;
pub const SLEEPING: u32 = 1;

/// A task: the part of `struct task_struct` that the scheduler uses.
pub struct Task {
    state: AtomicU32,
    thread: Thread,
    /// Changed atomically with the access to `state` before it: loom does not see it.
    parked: AtomicBool,
}

impl Task {
    /// The current task.
    pub fn current() -> Self {
        Self {
            state: AtomicU32::new(RUNNING),
            thread: thread::current(),
            parked: AtomicBool::new(false),
        }
    }

    /// `set_current_state()`: a store, and a full barrier.
    pub fn set_current_state(&self, state: u32) {
        // An exchange: loom has a single modification order only for read-modify-writes.
        self.state.swap(state, Relaxed);
        fence(SeqCst);
    }

    /// `schedule()`: returns when the task is running. It reads the state under the lock of the
    /// run queue, which a waker takes too, and so reads the latest value.
    pub fn schedule(&self) {
        if self.state.fetch_add(0, Relaxed) == SLEEPING {
            self.parked.store(true, Relaxed);
            thread::park();
        }
    }

    /// `try_to_wake_up()`: a full barrier, and a test of the state. Returns whether the task slept.
    pub fn try_to_wake_up(&self) -> bool {
        fence(SeqCst);
        let slept = self.state.load(Relaxed) == SLEEPING;
        if slept {
            self.state.swap(RUNNING, Relaxed);
            if self.parked.swap(false, Relaxed) {
                self.thread.unpark();
            }
        }
        slept
    }
}

/// An entry of wait queues: a task, and the flag of its [`Sleeper`].
struct Entry {
    woken: Woken,
    task: Task,
}

/// `struct wait_queue_head`.
pub struct WaitQueue(Mutex<Vec<Arc<Entry>>>);

impl WaitQueue {
    pub fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// `wake_up()`: removes each entry that it wakes (`autoremove_wake_function()`).
    pub fn wake_all(&self) {
        self.0.lock().unwrap().retain(|entry| {
            entry.woken.set();
            !entry.task.try_to_wake_up()
        });
    }
}

/// The sleeper of ffi/sleeper.rs.
pub struct Sleeper<'a> {
    entry: Arc<Entry>,
    queues: &'a [&'a WaitQueue],
}

impl<'a> Sleeper<'a> {
    pub fn new(queues: &'a [&'a WaitQueue]) -> Self {
        let entry = Entry {
            woken: Woken::new(),
            task: Task::current(),
        };
        Self {
            entry: Arc::new(entry),
            queues,
        }
    }
}

impl Sleep for Sleeper<'_> {
    fn prepare(&self) {
        for queue in self.queues {
            let mut entries = queue.0.lock().unwrap();
            if !entries.iter().any(|entry| Arc::ptr_eq(entry, &self.entry)) {
                entries.push(self.entry.clone());
            }
        }
        self.entry.woken.rearm();
    }

    fn sleep(&self) {
        let Entry { woken, task } = &*self.entry;
        task.set_current_state(SLEEPING);
        if !woken.is_set() {
            task.schedule();
        } else {
            task.set_current_state(RUNNING);
        }
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for queue in self.queues {
            let mut entries = queue.0.lock().unwrap();
            entries.retain(|entry| !Arc::ptr_eq(entry, &self.entry));
        }
    }
}
