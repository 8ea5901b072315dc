// SPDX-License-Identifier: GPL-2.0

//! KUnit suites. They run when the module is loaded with KUnit enabled (`kunit.enable=1`), and
//! print KTAP on the console.

#[cfg(CONFIG_AUXILIARY_BUS)]
mod auxiliary;
mod devres;
mod gate;
mod registration;
mod revocable;
mod wait;

use kernel::{
    prelude::*,
    sync::{Arc, Completion},
    time::{delay::fsleep, Delta},
    workqueue, //
};

/// Runs `f` on a worker. Returns what is complete when it has ended.
fn spawn(f: impl FnOnce() + Send + 'static) -> Result<Arc<Completion>> {
    let done = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
    let ended = done.clone();
    workqueue::system_unbound().try_spawn(GFP_KERNEL, move || {
        f();
        ended.complete_all();
    })?;
    Ok(done)
}

/// Lets others run for long enough to see whether they wait.
fn a_while() {
    fsleep(Delta::from_millis(50));
}
