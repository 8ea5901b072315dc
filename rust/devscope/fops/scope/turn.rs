// SPDX-License-Identifier: GPL-2.0

//! Work in a turn of the caller's own.

use super::{Scope, ScopeError};
use crate::{
    fops::FileOperations,
    gate::protocol::turns::{self as line, Told, Turns as _, Who},
    lock::turns::{me, Turns},
    wait::{Mode, FOR_EVER}, //
};
use kernel::error::Result;

impl<'a, T: FileOperations> Scope<'a, T> {
    /// Waits for a turn and does `work` in it, inside the gate. The work may sleep for bounded
    /// time; unbind waits for it. Suspend freezes nobody in the line, and waits for all turns. They
    /// are given in the order of arrival, but a caller that comes while it is nobody's turn may
    /// have one before the first of the line, once.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device went before it was the caller's turn, or there are
    ///   [no turns](Turns::close) any more.
    /// - `ERESTARTSYS`: the caller is being killed.
    /// - `ENOMEM`.
    #[inline]
    pub fn in_turn<R>(
        self,
        turns: impl for<'f> FnOnce(&'f T) -> &'f Turns,
        work: impl FnOnce(&Self) -> R,
    ) -> Result<(Self, R), ScopeError<Self>> {
        // Asked once, so that what ends is what was taken. The data outlives the operation.
        let turns = turns(self.section.open().data());
        let who = me();
        let scope = match turns.word().take(who) {
            true => self,
            false => self.in_line(turns, who)?,
        };
        let result = work(&scope);
        line::end(turns, who);
        Ok((scope, result))
    }

    #[cold]
    fn in_line(self, turns: &'static Turns, who: Who) -> Result<Self, ScopeError<Self>> {
        let ticket = match line::join(turns) {
            Ok(ticket) => ticket,
            Err(error) => return Err(ScopeError::Short(self, error)),
        };
        let mut told = Told::Wait;
        let waited = self.wait(
            |_| turns.ended(),
            |_| {
                told = line::ask(turns, who, ticket);
                told != Told::Wait
            },
            Mode::InLine,
            FOR_EVER,
        );
        if told != Told::Yours {
            line::give_up(turns, ticket);
        }
        match told {
            Told::Closed => Err(ScopeError::Gone),
            _ => waited,
        }
    }
}
