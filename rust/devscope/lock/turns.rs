// SPDX-License-Identifier: GPL-2.0

//! Turns: long work that only one caller may do at a time.

use crate::{
    gate::protocol::{
        self,
        turns::{Line, Tickets, Who, Word}, //
    },
    wait::{Mode, Sleeper, WaitQueue, FOR_EVER}, //
};
use kernel::{
    prelude::*,
    sync::{LockClassKey, Mutex, MutexGuard},
    task::Task, //
};

/// Turns at work that takes long, and that only one caller may do at a time: a slow command on a
/// bus that carries one at a time, for example.
///
/// With a lock, all callers would wait inside the gate, and unbind would wait for all of them, one
/// after the other. A caller waits for its turn outside of the gate, so unbind waits only for the
/// one that has a turn.
///
/// It is reached through the data of the file, like a [`WaitQueue`]: by an `Arc` there, and one in
/// the data of the device. Create one with [`new_turns!`](crate::new_turns).
///
/// # Examples
///
/// ```
/// # use card::CardFile;
/// # fn f<'a>(scope: Scope<'a, CardFile>, request: &u32) -> Result<Scope<'a, CardFile>> {
/// let (scope, answer) = scope.in_turn(|f| &f.turns, |s| s.data().command(request))?;
/// # Ok(scope) }
/// ```
#[pin_data]
pub struct Turns {
    word: Word,
    #[pin]
    line: Mutex<Line<KVec<u64>>>,
    #[pin]
    ended: WaitQueue,
}

impl Turns {
    /// Creates it with no turn taken. Drivers use [`new_turns!`](crate::new_turns).
    #[doc(hidden)]
    pub fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        let (line_name, line_key) = crate::lock_class!(c"devscope_turns");
        pin_init!(Self {
            word: Word::new(),
            line <- Mutex::new(Line::default(), line_name, line_key),
            ended <- WaitQueue::new(name, key),
        })
    }

    /// The queue that is woken when a turn ends.
    pub(crate) fn ended(&self) -> &WaitQueue {
        &self.ended
    }

    /// Closes the turns permanently: no caller gets a turn any more. Waits for the caller that has
    /// one. Call it in [`FileOperations::wake`](crate::fops::FileOperations::wake), when no caller
    /// can enter the gate for a turn any more. May sleep.
    ///
    /// Unbind waits for the work in any case. Without this call, it polls for the end of the work;
    /// with it, it is woken.
    ///
    /// Several callers may call it, also more than once: each returns when the last turn has ended.
    /// A caller that has a turn does not wait for itself: its turn is the last one.
    pub fn close(&self) {
        let sleeper = Sleeper::new(&self.ended, None, Mode::Idle, FOR_EVER);
        pin_init::stack_pin_init!(let sleeper = sleeper);
        protocol::turns::close(self, me(), &sleeper.as_ref());
    }
}

/// Returns the current task.
#[inline(always)]
pub(crate) fn me() -> Who {
    Who::new(Task::current_raw().addr())
}

impl protocol::turns::Turns for Turns {
    type Tickets = KVec<u64>;
    type Line<'a> = MutexGuard<'a, Line<KVec<u64>>>;

    #[inline(always)]
    fn word(&self) -> &Word {
        &self.word
    }

    fn line(&self) -> Self::Line<'_> {
        self.line.lock()
    }

    fn wake(&self) {
        self.ended.wake_all();
    }
}

impl Tickets for KVec<u64> {
    type Error = Error;

    fn push(&mut self, ticket: u64) -> Result {
        Ok(KVec::push(self, ticket, GFP_KERNEL)?)
    }

    fn first(&self) -> Option<u64> {
        <[u64]>::first(self).copied()
    }

    fn remove(&mut self, ticket: u64) {
        self.retain(|other| *other != ticket);
    }
}

/// Creates an initialiser for [`Turns`](crate::lock::Turns) with a lock class of its own.
#[macro_export]
macro_rules! new_turns {
    ($($name:literal)?) => {
        $crate::lock::Turns::new(
            ::kernel::optional_name!($($name)?), ::kernel::static_lock_class!()
        )
    };
}
