// SPDX-License-Identifier: GPL-2.0

//! The places of the fence of C drivers: the same steps as in rust/cfence/cfence.h and inside.c, in
//! functions of the same names. There is one CPU with one place, and one more place for a caller
//! that finds the first one taken.

use crate::data::Data;
use crate::task::{self, RUNNING, SLEEPING};
use loom::sync::Mutex;
use loom::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{AcqRel, Acquire, Relaxed, SeqCst},
    fence,
};
use loom::thread;
use std::sync::Arc;

/// `DEVSCOPE_INTERRUPTED`; a task is a multiple of four.
const INTERRUPTED: usize = 2;
const NOBODY: usize = 0;

fn smp_mb() {
    fence(SeqCst);
}

/// `cmpxchg()`: a full barrier before it, and after it if it succeeds.
fn cmpxchg(word: &AtomicUsize, old: usize, new: usize) -> bool {
    smp_mb();
    let done = word.compare_exchange(old, new, AcqRel, Relaxed).is_ok();
    if done {
        smp_mb();
    }
    done
}

/// A task that calls, by its number.
pub struct Caller {
    number: usize,
    /// `TIF_NOTIFY_SIGNAL`
    notify: AtomicBool,
    task: task::Task,
}

impl Caller {
    /// The current thread.
    pub fn current(number: usize) -> Arc<Self> {
        Arc::new(Self {
            number: 4 * number,
            notify: AtomicBool::new(false),
            task: task::Task::current(),
        })
    }

    /// `signal_pending()`
    pub fn signal_pending(&self) -> bool {
        self.notify.load(Relaxed)
    }

    /// `wait_event_interruptible()` for an event that never happens.
    pub fn sleep(&self) {
        loop {
            self.task.set_current_state(SLEEPING);
            if self.signal_pending() {
                break;
            }
            self.task.schedule();
        }
        self.task.set_current_state(RUNNING);
    }
}

/// `struct devscope_fence`, and the driver's data.
pub struct Fence {
    place: AtomicUsize,
    more_place: AtomicUsize,
    more: AtomicUsize,
    ended: AtomicBool,
    interrupting: Mutex<()>,
    pub data: Data,
}

/// The place that a caller has taken.
pub type Place<'a> = &'a AtomicUsize;

impl Fence {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            place: AtomicUsize::new(NOBODY),
            more_place: AtomicUsize::new(NOBODY),
            more: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
            interrupting: Mutex::new(()),
            data: Data::new(),
        })
    }

    fn join(&self, caller: &Caller) -> Place<'_> {
        if cmpxchg(&self.place, NOBODY, caller.number) {
            return &self.place;
        }
        self.join_elsewhere(caller)
    }

    /// No other caller gets here: tests have two callers at most.
    fn join_elsewhere(&self, caller: &Caller) -> Place<'_> {
        if self.more.load(Acquire) == 1 {
            assert!(cmpxchg(&self.more_place, NOBODY, caller.number));
        } else {
            // A new place, which nobody else sees yet.
            self.more_place.store(caller.number, Relaxed);
            assert!(cmpxchg(&self.more, 0, 1));
        }
        &self.more_place
    }

    pub fn enter(&self, caller: &Caller) -> Option<Place<'_>> {
        let place = self.join(caller);
        if !self.ended.load(Relaxed) {
            return Some(place);
        }
        self.quit(caller, place);
        None
    }

    pub fn quit(&self, caller: &Caller, place: Place<'_>) {
        smp_mb();
        let old = place.swap(NOBODY, AcqRel);
        smp_mb();
        if old & INTERRUPTED != 0 {
            self.interrupted(caller);
        }
    }

    fn interrupted(&self, caller: &Caller) {
        drop(self.interrupting.lock().unwrap());
        caller.notify.store(false, Relaxed);
    }

    /// Ends the registration, and waits for the callers that are inside, all of them in `callers`.
    pub fn deregister(&self, callers: &[Arc<Caller>]) {
        self.ended.store(true, Relaxed);
        smp_mb();
        self.wait_for_place(&self.place, callers);
        if self.more.load(Acquire) == 1 {
            self.wait_for_place(&self.more_place, callers);
        }
        self.data.remove();
    }

    fn wait_for_place(&self, place: Place<'_>, callers: &[Arc<Caller>]) {
        while place.load(Acquire) != NOBODY {
            self.visit_all(callers);
            thread::yield_now();
        }
    }

    fn visit_all(&self, callers: &[Arc<Caller>]) {
        self.interrupt(&self.place, callers);
        if self.more.load(Acquire) == 1 {
            self.interrupt(&self.more_place, callers);
        }
    }

    fn interrupt(&self, place: Place<'_>, callers: &[Arc<Caller>]) {
        let old = place.load(Relaxed);
        let Some(caller) = callers.iter().find(|it| it.number == old & !INTERRUPTED) else {
            return;
        };
        let _interrupting = self.interrupting.lock().unwrap();
        if cmpxchg(place, old, old | INTERRUPTED) {
            caller.notify.store(true, Relaxed);
            smp_mb();
            caller.task.try_to_wake_up();
        }
    }
}
