// SPDX-License-Identifier: GPL-2.0
//
// E0277: an interrupt handler accesses a resource in the way that may sleep. In C: a mutex in an
// interrupt handler.

struct Handler;

static VALUE: kernel::sync::SetOnce<Devres<u32>> = kernel::sync::SetOnce::new();

impl irq::Handler for Handler {
    type Device = CovariantForLt!(Echo);

    fn handle(scope: &AtomicScope<'_, Self::Device>) -> irq::IrqReturn {
        if let Some(value) = VALUE.as_ref() {
            value.try_access(scope);
        }
        irq::IrqReturn::Handled
    }
}
