// SPDX-License-Identifier: GPL-2.0

//! Turns: work that only one caller may do at a time.

use super::{Scope, ScopeError};
use crate::{
    fops::FileOperations,
    gate::protocol::turns::{self as line, Told, Turns as _, Who},
    lock::turns::{me, Turns},
    wait::{Mode, FOR_EVER}, //
};
use kernel::error::Result;

impl<'a, T: FileOperations> Scope<'a, T> {
    /// Waits for a turn and runs `work` in it, inside the gate. `work` may sleep for bounded time;
    /// unbind waits for it. Suspend does not freeze tasks in the line, and waits for all turns.
    /// Turns are given in the order of arrival, except that a caller that arrives while no caller
    /// has a turn may get one before the first in the line, once.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device is gone, or the turns were [closed](Turns::close), before the caller
    ///   got a turn.
    /// - `ERESTARTSYS`: a fatal signal is pending.
    /// - `ENOMEM`.
    #[inline]
    pub fn in_turn<R>(
        self,
        turns: impl for<'f> FnOnce(&'f T) -> &'f Turns,
        work: impl FnOnce(&Self) -> R,
    ) -> Result<(Self, R), ScopeError<Self>> {
        // Call `turns` once, so that the same turn is taken and ended. The data outlives the
        // operation.
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
