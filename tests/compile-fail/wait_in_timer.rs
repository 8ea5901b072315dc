// SPDX-License-Identifier: GPL-2.0
//
// E0599: a timer's handler waits. In C: `wait_event_timeout()` in a timer: scheduling while atomic.

struct Handler;

impl callback::Handler<AtomicContext> for Handler {
    type Device = CovariantForLt!(Echo);

    fn run(scope: &mut AtomicScope<'_, Self::Device>) {
        let echo = scope.data();
        let _ = scope.wait_timeout(&echo.queue, || true, 10);
    }
}
