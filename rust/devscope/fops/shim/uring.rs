// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of commands.

//! Commands of io_uring.

use super::Shim;
use crate::fops::{
    uring::{Issue, Issued},
    Caller,
    FileOperations,
    Scope,
    UringCmd, //
};
use kernel::{bindings, prelude::*};

impl<T: FileOperations> Shim<T> {
    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    pub(super) unsafe extern "C" fn uring_cmd(
        cmd: *mut bindings::io_uring_cmd,
        issue_flags: c_uint,
    ) -> c_int {
        // SAFETY: io_uring has passed these arguments of the operation, which returns what `settle`
        // does.
        let Some(mut issue) = (unsafe { Issue::begin(cmd, issue_flags) }) else {
            return 0;
        };
        if issue.wants_more() {
            return issue.settle(Err(EOPNOTSUPP));
        }
        let file = issue.file();
        let caller = match issue.is_inline() {
            true => Caller::Inline,
            false => Caller::File(file),
        };
        let call = |scope: Scope<'_, T>| {
            T::uring_cmd(scope, UringCmd::new(&mut issue)).map(Issued::outcome)
        };
        // SAFETY: `Self::open` has opened the file. The request holds on to it, and is this call's
        // until `settle`.
        let outcome = unsafe { Self::inside(file, caller, call) };
        issue.settle(outcome.unwrap_or(Err(ENODEV)))
    }
}
