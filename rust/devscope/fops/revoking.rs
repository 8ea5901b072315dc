// SPDX-License-Identifier: GPL-2.0

//! Revoking files while their device stays bound: the steps, in the order of the protocol.

use super::{CharDevice, FileOperations, OpenFile, Scope};
use crate::gate::{
    protocol::{self, Round},
    Inside, //
};
use kernel::prelude::*;

impl<T: FileOperations> OpenFile<T> {
    /// Ends the pass of this file, for a caller that is inside by it. If this returns true, the
    /// caller continues with [`Self::finish_revoke`]; otherwise another caller has ended the pass.
    pub(crate) fn begin_revoke(&self) -> bool {
        protocol::begin_revoke(self)
    }

    /// Waits for all other callers, and enters again by the gate's own pass. Then the caller calls
    /// [`Self::disconnect_revoked`]. Sleeps.
    pub(crate) fn finish_revoke<'a>(&'a self, inside: Inside<'a>) -> Option<Inside<'a>> {
        let char_device = self.char_device();
        let mut inside = Some(inside);
        char_device.bring_out(|| {
            let gate = char_device.gate();
            inside = inside
                .take()
                .and_then(|it| protocol::finish_revoke(gate, it, self, gate.pass()));
        });
        inside
    }

    /// Disconnects a revoked file, for the caller inside that has revoked it.
    pub(crate) fn disconnect_revoked(&self, scope: &Scope<'_, T>) {
        // The closer takes files off the list after the drain, so this file is still on it.
        drop(self.char_device().remove(self));
        self.turn_fasync_off(None);
        T::disconnect(scope);
    }

    /// Ends the passes of all other files of the device, for a caller that is inside by this one.
    pub(crate) fn begin_revoke_others(&self) -> Round {
        protocol::begin_revoke_all(self.char_device(), Some(self))
    }

    /// Waits for all other callers, disconnects the files of `round`, and enters again by the pass
    /// of this file. Sleeps.
    pub(crate) fn finish_revoke_others<'a>(
        &'a self,
        inside: Inside<'a>,
        round: &Round,
    ) -> Option<Inside<'a>> {
        let char_device = self.char_device();
        let mut inside = Some(inside);
        char_device.bring_out(|| {
            let (gate, own) = (char_device.gate(), self.pass());
            inside = inside
                .take()
                .and_then(|it| protocol::finish_revoke_others(char_device, gate, it, round, own));
        });
        inside
    }
}

/// For a caller that is not inside.
impl<T: FileOperations> CharDevice<T> {
    /// Ends the passes of all files. Errors: `ENODEV` where the device is being unplugged.
    pub(super) fn begin_revoke_all(&self) -> Result<Round> {
        let _inside = self.gate().enter(self.gate().pass()).ok_or(ENODEV)?;
        Ok(protocol::begin_revoke_all(self, None))
    }

    /// Waits for all callers that are inside, and disconnects the files of `round`. Sleeps. Errors:
    /// as above.
    pub(super) fn finish_revoke_all(&self, round: &Round) -> Result {
        let mut result = Err(ENODEV);
        self.bring_out(|| {
            let inside = protocol::finish_revoke_all(self, self.gate(), None, round);
            result = inside.map(drop).ok_or(ENODEV);
        });
        result
    }
}
