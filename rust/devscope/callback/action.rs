// SPDX-License-Identifier: GPL-2.0
// UNSAFE: stands for the data in a registration.

//! Functions that unbind calls.

use super::Handler;
use crate::{
    binding::{Attachment, Binding, DeviceData, Shared},
    scope::ProcessScope, //
};
use core::ptr::NonNull;
use kernel::prelude::*;

/// Registers `H`, which runs at unbind or when probe fails: after all later registrations have
/// ended, and while all earlier ones still work. May sleep.
///
/// Use it to quiesce the device, for example. `H` may sleep for bounded time, since unbind waits
/// for it. The device may be physically gone, so a wait for the device needs a time limit. Unbind
/// has begun: a [wait](ProcessScope::wait) of the scope returns `ENODEV` at once.
///
/// # Errors
///
/// `ENOMEM`. `H` has run in this case, as with `devm_add_action_or_reset()`.
///
/// # Examples
///
/// ```
/// struct Quieten;
///
/// impl callback::Handler for Quieten {
///     type Device = CovariantForLt!(Edu<'_>);
///
///     fn run(scope: &mut ProcessScope<'_, Self::Device>) {
///         scope.data().disable_interrupts();
///     }
/// }
/// # fn probe<'bound>(
/// #     binding: &mut Binding<'bound>,
/// #     vector: IrqRequest<'bound>,
/// #     edu: Shared<'bound, CovariantForLt!(Edu<'_>)>,
/// # ) -> Result {
/// irq::register::<Interrupt>(binding, vector, irq::Flags::TRIGGER_NONE, c"edu", edu)?;
/// action::register::<Quieten>(binding, edu)?;
/// # Ok(()) }
/// ```
pub fn register<'bound, H: Handler>(
    binding: &mut Binding<'bound>,
    data: Shared<'bound, H::Device>,
) -> Result {
    // INVARIANT: The binding drops the action first.
    binding.attach(Ok(Action::<H>(data.as_ptr()))).map(drop)
}

/// # Invariants
///
/// The data is valid until the action is dropped.
struct Action<H: Handler>(NonNull<DeviceData<H::Device>>);

// SAFETY: `DeviceData` is `Send` and `Sync`.
unsafe impl<H: Handler> Send for Action<H> {}
// SAFETY: `DeviceData` is `Send` and `Sync`.
unsafe impl<H: Handler> Sync for Action<H> {}

impl<H: Handler> Attachment for Action<H> {}

impl<H: Handler> Drop for Action<H> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        H::run(&mut ProcessScope::new(unsafe { self.0.as_ref() }));
    }
}
