// SPDX-License-Identifier: GPL-2.0
//
// E0507: poll() sleeps. In C: a poll method blocks its caller, which polls other files, too.

fn misuse(scope: &Scope<'_, EchoFile>, _table: &mut PollTable<'_, EchoFile>) -> Events {
    Events::IN.when(scope.wait_killable(|f| &f.queue, |_| true).is_ok())
}
