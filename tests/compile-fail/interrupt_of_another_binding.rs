// SPDX-License-Identifier: GPL-2.0
//
// lifetime may not live long enough: a handler is registered for the interrupt of another device,
// which may be freed first. In C: the same.

struct Handler;

impl irq::Handler for Handler {
    type Device = CovariantForLt!(Echo);

    fn handle(_scope: &AtomicScope<'_, Self::Device>) -> irq::IrqReturn {
        irq::IrqReturn::Handled
    }
}

fn misuse<'one, 'other>(
    binding: &mut Binding<'one>,
    echo: Shared<'one, CovariantForLt!(Echo)>,
    request: kernel::irq::IrqRequest<'other>,
) -> Result {
    irq::register::<Handler>(binding, request, irq::Flags::SHARED, c"echo", echo)
}
