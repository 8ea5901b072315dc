// SPDX-License-Identifier: GPL-2.0
//
// E0599: an interrupt handler waits. In C: `wait_event()` in an interrupt handler: scheduling while
// atomic.

struct Handler;

impl irq::Handler for Handler {
    type Device = CovariantForLt!(Echo);

    fn handle(scope: &AtomicScope<'_, Self::Device>) -> irq::IrqReturn {
        let _ = scope.wait(|echo| &echo.queue, |_| true);
        irq::IrqReturn::Handled
    }
}
