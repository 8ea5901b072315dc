// SPDX-License-Identifier: GPL-2.0
//
// E0277: a work item takes its scope into a section without a scope, and sleeps there with the
// resource of another provider. In C: `wait_event()` between `srcu_read_lock()` and unlock in a
// work item: the provider's remove() waits for the event.

static VALUE: kernel::sync::SetOnce<Devres<u32>> = kernel::sync::SetOnce::new();

struct Handler;

impl callback::Handler for Handler {
    type Device = CovariantForLt!(Echo);

    fn run(scope: &mut ProcessScope<'_, Self::Device>) {
        unscoped(|context| {
            if let Some(guard) = VALUE.as_ref().and_then(|value| value.try_access(context)) {
                let _ = scope.wait(|echo| &echo.queue, |_| *guard == 0);
            }
        });
    }
}
