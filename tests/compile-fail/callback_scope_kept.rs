// SPDX-License-Identifier: GPL-2.0
//
// E0521: a handler's scope is kept for after the handler. In C: a flag "device is there" that is
// read without a lock.

struct Handler;

impl callback::Handler for Handler {
    type Device = CovariantForLt!(Echo);

    fn run(scope: &mut ProcessScope<'_, Self::Device>) {
        static DATA: kernel::sync::SetOnce<&'static Echo> = kernel::sync::SetOnce::new();
        DATA.populate(scope.data());
    }
}
