// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of a wait queue entry.

//! Being called when a wait queue is woken: not a task that waits, but a function.
//!
//! C header: [`include/linux/wait.h`](srctree/include/linux/wait.h)

use super::held::Held;
use crate::{
    binding::{Attachment, Binding, DeviceData, Shared},
    scope::AtomicScope,
    wait::WaitQueue, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    container_of,
    prelude::*,
    types::{ForLt, Opaque}, //
};

/// A function that is called.
///
/// # Examples
///
/// ```
/// struct OnResult;
///
/// impl wakeup::Handler for OnResult {
///     type Device = CovariantForLt!(Edu<'_>);
///
///     fn woken(scope: &AtomicScope<'_, Self::Device>) {
///         scope.data().feed.queue();
///     }
/// }
/// # fn probe<'bound>(
/// #     binding: &mut Binding<'bound>,
/// #     results: Arc<WaitQueue>,
/// #     edu: Shared<'bound, CovariantForLt!(Edu<'_>)>,
/// # ) -> Result {
/// wakeup::register::<OnResult>(binding, results, edu)?;
/// # Ok(()) }
/// ```
pub trait Handler: 'static {
    /// The data that the driver shares.
    type Device: ForLt + 'static;

    /// The queue was woken. Called by the code that did it, with the queue's lock held and, but on
    /// a PREEMPT_RT kernel, interrupts disabled: may not sleep, and is short.
    ///
    /// It may not wake the same queue, which would take that lock again; lockdep reports it. It
    /// reports the same of another queue of the same lock class, that is one made by the same
    /// [`new_wait_queue!`](crate::new_wait_queue). What it wants done there, it leaves to work.
    fn woken(scope: &AtomicScope<'_, Self::Device>);
}

/// Has `H` called at each wake-up of `queue`, until unbind. It may be called before this returns.
/// `queue` is an `Arc`, or a reference that is good while the device is bound. May sleep.
///
/// # Errors
///
/// `ENOMEM`.
pub fn register<'bound, H: Handler>(
    binding: &mut Binding<'bound>,
    queue: impl Into<Held<'bound, WaitQueue>>,
    data: Shared<'bound, H::Device>,
) -> Result {
    // SAFETY: The binding drops the registration before `'bound` ends.
    let queue = unsafe { queue.into().unbounded() };
    binding
        .attach(Registration::<H>::new(queue, data.as_ptr()))
        .map(drop)
}

/// A place on a queue.
///
/// # Invariants
///
/// `entry` is on `queue` until this is dropped; `data` is there until then.
#[pin_data(PinnedDrop)]
struct Registration<H: Handler> {
    data: NonNull<DeviceData<H::Device>>,
    queue: Held<'static, WaitQueue>,
    #[pin]
    entry: Opaque<bindings::wait_queue_entry>,
}

// SAFETY: `DeviceData` and `WaitQueue` are `Send` and `Sync`; an entry may be taken off its queue
// by any thread.
unsafe impl<H: Handler> Send for Registration<H> {}
// SAFETY: `DeviceData` and `WaitQueue` are `Send` and `Sync`; an entry may be taken off its queue
// by any thread.
unsafe impl<H: Handler> Sync for Registration<H> {}

impl<H: Handler> Registration<H> {
    fn new(
        queue: Held<'static, WaitQueue>,
        data: NonNull<DeviceData<H::Device>>,
    ) -> impl PinInit<Self, Error> {
        let head = queue.as_raw();
        try_pin_init!(Self {
            data,
            queue,
            // INVARIANT: Added. The last field: the handler may be called at once.
            entry <- Opaque::ffi_init(move |entry: *mut bindings::wait_queue_entry| {
                let new = bindings::wait_queue_entry {
                    func: Some(Self::woken),
                    ..Default::default()
                };
                // SAFETY: `entry` is valid for writes. `queue` keeps the head; the entry stays
                // where it is until `drop` takes it off the queue.
                unsafe {
                    entry.write(new);
                    bindings::add_wait_queue(head, entry);
                }
            }),
        })
    }

    /// # Safety
    ///
    /// Called by a wake-up, for the entry of a registration.
    unsafe extern "C" fn woken(
        entry: *mut bindings::wait_queue_entry,
        _mode: c_uint,
        _flags: c_int,
        _key: *mut c_void,
    ) -> c_int {
        // SAFETY: By the safety requirement. Taking the entry off waits for the queue's lock, which
        // is held here, and the data is dropped after that.
        let data = unsafe {
            let this: *const Self = container_of!(Opaque::cast_from(entry), Self, entry);
            (*this).data.as_ref()
        };
        H::woken(&AtomicScope::new(data));
        // No task was woken: one that waits exclusively has the wake-up yet to come.
        0
    }
}

#[pinned_drop]
impl<H: Handler> PinnedDrop for Registration<H> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariant, the entry is on this queue.
        unsafe { bindings::remove_wait_queue(self.queue.as_raw(), self.entry.get()) };
    }
}

impl<H: Handler> Attachment for Registration<H> {}
