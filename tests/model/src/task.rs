// SPDX-License-Identifier: GPL-2.0

//! Tasks that sleep, and the wait queues that wake them: the steps of ffi/sleeper.rs and of the C
//! functions that it calls.

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

const RUNNING: u32 = 0;
const SLEEPING: u32 = 1;

/// A task, and the flag of its [`Sleeper`].
struct Task {
    woken: Woken,
    state: AtomicU32,
    thread: Thread,
    /// Changed in one step with the access to `state` before it: loom does not see it.
    parked: AtomicBool,
}

impl Task {
    /// `set_current_state()`: a store, and a full barrier.
    fn set_current_state(&self, state: u32) {
        // An exchange, since loom has one order for changes of a word only if they are such.
        self.state.swap(state, Relaxed);
        fence(SeqCst);
    }

    /// `schedule()`: comes back when the task is running. It looks at the state under the lock of
    /// the run queue, which a waker takes too, and so sees the latest.
    fn schedule(&self) {
        if self.state.fetch_add(0, Relaxed) == SLEEPING {
            self.parked.store(true, Relaxed);
            thread::park();
        }
    }

    /// `try_to_wake_up()`: a full barrier, and a look at the state. Returns whether it slept.
    fn try_to_wake_up(&self) -> bool {
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

/// `struct wait_queue_head`.
pub struct WaitQueue(Mutex<Vec<Arc<Task>>>);

impl WaitQueue {
    pub fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// `wake_up()`: whom it wakes, it takes off (`autoremove_wake_function()`).
    pub fn wake_all(&self) {
        self.0.lock().unwrap().retain(|task| {
            task.woken.set();
            !task.try_to_wake_up()
        });
    }
}

/// The sleeper of ffi/sleeper.rs.
pub struct Sleeper<'a> {
    task: Arc<Task>,
    queues: &'a [&'a WaitQueue],
}

impl<'a> Sleeper<'a> {
    pub fn new(queues: &'a [&'a WaitQueue]) -> Self {
        let task = Task {
            woken: Woken::new(),
            state: AtomicU32::new(RUNNING),
            thread: thread::current(),
            parked: AtomicBool::new(false),
        };
        Self {
            task: Arc::new(task),
            queues,
        }
    }
}

impl Sleep for Sleeper<'_> {
    fn prepare(&self) {
        for queue in self.queues {
            let mut tasks = queue.0.lock().unwrap();
            if !tasks.iter().any(|task| Arc::ptr_eq(task, &self.task)) {
                tasks.push(self.task.clone());
            }
        }
        self.task.woken.rearm();
    }

    fn sleep(&self) {
        self.task.set_current_state(SLEEPING);
        if !self.task.woken.is_set() {
            self.task.schedule();
        } else {
            self.task.set_current_state(RUNNING);
        }
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for queue in self.queues {
            let mut tasks = queue.0.lock().unwrap();
            tasks.retain(|task| !Arc::ptr_eq(task, &self.task));
        }
    }
}
