// SPDX-License-Identifier: GPL-2.0
// UNSAFE: wraps a wait queue head.

//! Wait queues for the sleepers of a scope and for pollers.
//!
//! C header: [`include/linux/wait.h`](srctree/include/linux/wait.h)

mod events;
mod sleeper;

pub use events::Events;
pub(crate) use sleeper::{Mode, Sleeper, FOR_EVER};

use crate::ffi::helpers;
use kernel::{
    bindings,
    prelude::*,
    sync::LockClassKey,
    types::Opaque, //
};

/// A queue of tasks and pollers that wait for an event.
///
/// A sleeper is on the queue while it is outside of the gate, and an epoll registration for as long
/// as the file is open; both may last longer than the binding. So a queue is reached through the
/// data of the open file, which outlives them: it is a field of this data, or an `Arc<WaitQueue>`
/// in it that is shared with the data of the device.
///
/// Create one with [`new_wait_queue!`](crate::new_wait_queue).
///
/// # Examples
///
/// ```
/// #[pin_data]
/// struct Client {
///     #[pin]
///     queue: WaitQueue,
/// }
/// # fn f() -> impl PinInit<Client> {
/// pin_init!(Client { queue <- new_wait_queue!() })
/// # }
/// ```
///
/// # Invariants
///
/// Holds an initialised `wait_queue_head_t`.
#[pin_data]
#[repr(transparent)]
pub struct WaitQueue {
    #[pin]
    head: Opaque<bindings::wait_queue_head>,
}

impl WaitQueue {
    /// Creates an empty queue. Drivers use [`new_wait_queue!`](crate::new_wait_queue).
    #[doc(hidden)]
    pub fn new(name: &'static CStr, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        pin_init!(Self {
            // INVARIANT: The C function initialises the head.
            head <- Opaque::ffi_init(|slot: *mut bindings::wait_queue_head| {
                // SAFETY: `slot` is valid for writes; `name` and `key` live for ever.
                unsafe {
                    bindings::__init_waitqueue_head(slot, name.as_char_ptr(), key.as_ptr())
                }
            }),
        })
    }

    /// Wakes all sleepers and pollers on the queue. In any context but NMI; on a PREEMPT_RT kernel,
    /// it takes a sleeping lock, so not in hard interrupt context.
    ///
    /// Make their condition true first, since they test it again. This also wakes all exclusive
    /// pollers (`EPOLLEXCLUSIVE`).
    pub fn wake_all(&self) {
        // SAFETY: By the type invariant, the head is initialised.
        if unsafe { helpers::devscope_wq_has_sleeper(self.as_raw()) } {
            self.wake_sleepers(Events::NONE, 0);
        }
    }

    /// As [`Self::wake_all`], but a poller that did not ask for any of `events` is not woken. With
    /// [`Events::NONE`], all pollers are woken. Of exclusive pollers, it wakes one.
    #[inline]
    pub fn wake(&self, events: Events) {
        // Has a full barrier: a task that gets onto the queue after this test sees the condition
        // that was made true before.
        // SAFETY: By the type invariant, the head is initialised.
        if unsafe { helpers::devscope_wq_has_sleeper(self.as_raw()) } {
            self.wake_sleepers(events, 1);
        }
    }

    #[inline]
    fn wake_sleepers(&self, events: Events, exclusive: c_int) {
        // CAST: `poll_to_key()` does the same.
        let key = events.mask() as usize as *mut c_void;
        // SAFETY: By the type invariant, the head is initialised.
        unsafe { bindings::__wake_up(self.as_raw(), bindings::TASK_NORMAL, exclusive, key) };
    }

    pub(crate) fn as_raw(&self) -> *mut bindings::wait_queue_head {
        self.head.get()
    }
}

// SAFETY: A wait queue is made for use by many threads.
unsafe impl Send for WaitQueue {}
// SAFETY: A wait queue is made for use by many threads.
unsafe impl Sync for WaitQueue {}

/// Creates an initialiser for a [`WaitQueue`](crate::wait::WaitQueue) with a lock class of its own.
#[macro_export]
macro_rules! new_wait_queue {
    ($($name:literal)?) => {
        $crate::wait::WaitQueue::new(
            ::kernel::optional_name!($($name)?), ::kernel::static_lock_class!()
        )
    };
}
