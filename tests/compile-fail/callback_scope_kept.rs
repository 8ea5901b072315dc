// SPDX-License-Identifier: GPL-2.0
//
// E0521: a handler keeps data of its scope after it has returned. In C: a flag that says that the
// device is there, read without a lock.

struct Handler;

impl callback::Handler for Handler {
    type Device = CovariantForLt!(Echo);

    fn run(scope: &mut ProcessScope<'_, Self::Device>) {
        static DATA: kernel::sync::SetOnce<&'static Echo> = kernel::sync::SetOnce::new();
        DATA.populate(scope.data());
    }
}
