// SPDX-License-Identifier: GPL-2.0
//
// E0502: a work item waits without bound between the two steps, and all files stay half revoked. In
// C: wait_event() before the list is emptied.

struct Handler;

impl callback::Handler for Handler {
    type Device = CovariantForLt!(Echo);

    fn run(scope: &mut ProcessScope<'_, Self::Device>) {
        let files = OpenFiles::<EchoFile>::new();
        let revoking = files.begin_revoke_all(scope);
        let _ = scope.wait(|echo| &echo.queue, |_| false);
        drop(revoking);
    }
}
