// SPDX-License-Identifier: GPL-2.0
// UNSAFE: makes a binding to a device of its own.

//! KUnit suites. They run when the module is loaded with KUnit enabled (`kunit.enable=1`), and
//! print KTAP on the console. The kernel reports bugs of `provoke_*`, which run in a separate guest
//! (`tools/vm/src/provoke.rs`).

#[cfg(CONFIG_AUXILIARY_BUS)]
mod auxiliary;
mod callback;
mod chardev;
mod devres;
mod gate;
mod mapping;
mod opened;
mod platform;
mod provoke;
mod registration;
mod revocable;
mod turns;
mod wait;
mod worker;

use crate::binding::Binding;
use kernel::{
    device::{Bound, Device},
    faux,
    new_mutex,
    prelude::*,
    str::CString,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc,
        Completion,
        Mutex, //
    },
    time::{delay::fsleep, Delta, Instant, Monotonic},
    workqueue, //
};

/// A bound device, and a log of events in their order.
#[pin_data]
struct Log {
    device: faux::Registration,
    #[pin]
    events: Mutex<KVec<&'static str>>,
}

impl Log {
    /// Binds a device. The log has to outlive the binding.
    fn bound() -> Result<(Arc<Self>, Binding<'static>)> {
        let device = device()?;
        let log = pin_init!(Self { device, events <- new_mutex!(KVec::new()) });
        let log = Arc::pin_init(log, GFP_KERNEL)?;
        let binding = bind(&log.device);
        Ok((log, binding))
    }

    fn add(&self, event: &'static str) {
        let _ = self.events.lock().push(event, GFP_KERNEL);
    }

    fn is(&self, events: &[&'static str]) -> bool {
        self.events.lock().as_slice() == events
    }
}

/// A device that is bound as long as it exists. Its name is unique, since a test that fails leaves
/// its device behind.
fn device() -> Result<faux::Registration> {
    static NUMBER: Atomic<u32> = Atomic::new(0);
    let number = NUMBER.fetch_add(1, Relaxed);
    let name = CString::try_from_fmt(fmt!("devscope-kunit-{number}"))?;
    faux::Registration::new(&name, None)
}

/// A binding to the device, which has to outlive it.
fn bind<'a>(device: &faux::Registration) -> Binding<'a> {
    let device = core::ptr::from_ref(bound(device));
    // SAFETY: The tests drop the binding before the device; their registrations borrow nothing.
    unsafe { Binding::new(&*device) }
}

fn bound(device: &faux::Registration) -> &Device<Bound> {
    let device: &faux::Device<Bound> = device.as_ref();
    device.as_ref()
}

/// Runs `f` on a worker. Returns a completion, which is completed when `f` has returned.
fn spawn(f: impl FnOnce() + Send + 'static) -> Result<Arc<Completion>> {
    let done = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
    let ended = done.clone();
    workqueue::system_unbound().try_spawn(GFP_KERNEL, move || {
        f();
        ended.complete_all();
    })?;
    Ok(done)
}

/// Sleeps long enough to observe whether other tasks wait.
fn a_while() {
    fsleep(Delta::from_millis(50));
}

/// For an endless loop, in its round `count`: sleeps in some rounds. On one CPU without preemption,
/// other tasks only run then.
fn give_way(count: u32) {
    if count % 64 == 0 {
        fsleep(Delta::from_millis(1));
    }
}

/// Waits until `condition` holds, for at most ten seconds. Returns whether it does.
fn soon(mut condition: impl FnMut() -> bool) -> bool {
    let start = Instant::<Monotonic>::now();
    while !condition() {
        if start.elapsed().as_millis() > 10_000 {
            return false;
        }
        fsleep(Delta::from_millis(1));
    }
    true
}

/// How many milliseconds `f` takes.
fn millis(f: impl FnOnce()) -> i64 {
    let start = Instant::<Monotonic>::now();
    f();
    start.elapsed().as_millis()
}
