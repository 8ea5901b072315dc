// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of a kernel thread.

//! Kernel threads.
//!
//! C header: [`include/linux/kthread.h`](srctree/include/linux/kthread.h)

use super::Handler;
use crate::{
    binding::{Attachment, Binding, DeviceData, Shared},
    scope::ProcessScope, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    error::from_err_ptr,
    prelude::*,
    sync::aref::ARef,
    task::Task, //
};

/// Starts a thread, which unbind stops. It may run before this returns. May sleep.
///
/// The thread runs `H` and exits when `H` returns. Unbind waits for this, and `H` may return
/// earlier. So `H` needs a point where it stops: a [wait](ProcessScope::wait) that fails with
/// `ENODEV`, or a test of [`is_ending`](crate::scope::CallbackScope::is_ending). Once unbind has
/// begun, all waits fail at once: a loop that goes on after a failed wait never sleeps again.
///
/// # Errors
///
/// - `EINTR`: the caller was killed.
/// - `ENOMEM`.
///
/// # Examples
///
/// ```
/// # struct Sensor<'bound> {
/// #     bar: pci::Bar<'bound>,
/// #     queue: Arc<WaitQueue>,
/// # }
/// # impl Sensor<'_> {
/// #     fn is_asked(&self) -> bool { true }
/// #     fn read(&self) {}
/// # }
/// struct Poller;
///
/// impl callback::Handler for Poller {
///     type Device = CovariantForLt!(Sensor<'_>);
///
///     fn run(scope: &mut ProcessScope<'_, Self::Device>) {
///         let sensor = scope.data();
///         loop {
///             match scope.wait_timeout(&sensor.queue, || sensor.is_asked(), 100) {
///                 Ok(()) | Err(ETIMEDOUT) => sensor.read(),
///                 Err(_) => return,
///             }
///         }
///     }
/// }
/// # fn probe<'bound>(
/// #     binding: &mut Binding<'bound>,
/// #     sensor: Shared<'bound, CovariantForLt!(Sensor<'_>)>,
/// # ) -> Result {
/// kthread::register::<Poller>(binding, c"sensor", sensor)?;
/// # Ok(()) }
/// ```
pub fn register<'bound, H: Handler>(
    binding: &mut Binding<'bound>,
    name: &'static CStr,
    data: Shared<'bound, H::Device>,
) -> Result {
    let data = data.as_ptr();
    binding
        .attach(try_init!(Thread {
            task: Thread::start::<H>(name, data)?,
        }))
        .map(drop)
}

/// A thread that runs or has exited.
///
/// # Invariants
///
/// `task` was created by `kthread_create_on_node()`, and no other code stops it.
struct Thread {
    task: ARef<Task>,
}

impl Thread {
    fn start<H: Handler>(
        name: &'static CStr,
        data: NonNull<DeviceData<H::Device>>,
    ) -> Result<ARef<Task>> {
        // SAFETY: The format takes one string. The thread is stopped before the data is dropped.
        let task = from_err_ptr(unsafe {
            bindings::kthread_create_on_node(
                Some(run::<H>),
                data.as_ptr().cast(),
                bindings::NUMA_NO_NODE,
                c"%s".as_char_ptr(),
                name.as_char_ptr(),
            )
        })?;
        // SAFETY: Valid, since it has not run yet. `Task` is a transparent wrapper. The reference
        // that is counted keeps it after the thread has ended by itself.
        let task = ARef::from(unsafe { &*task.cast::<Task>() });
        task.wake_up();
        Ok(task)
    }
}

/// The function of the thread.
///
/// # Safety
///
/// `data` is a `DeviceData<H::Device>`, which is valid until the thread exits.
unsafe extern "C" fn run<H: Handler>(data: *mut c_void) -> c_int {
    // SAFETY: `Thread::start` has passed a `DeviceData<H::Device>`, and the thread is stopped
    // before that is dropped.
    let data = unsafe { &*data.cast::<DeviceData<H::Device>>() };
    H::run(&mut ProcessScope::new(data));
    0
}

impl Drop for Thread {
    fn drop(&mut self) {
        // This waits for its exit: no code of the driver's module runs in the thread after this.
        // SAFETY: By the type invariant.
        unsafe { bindings::kthread_stop(self.task.as_ptr()) };
    }
}

impl Attachment for Thread {}
