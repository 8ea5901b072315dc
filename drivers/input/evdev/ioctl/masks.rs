// SPDX-License-Identifier: GPL-2.0

//! The ioctls for event masks.

use super::{Argument, File, Reply};
use crate::{
    abi::Mask,
    mask::{codes, words_of}, //
};
use devscope::prelude::*;
use devscope_input::{Words, WORDS};
use kernel::prelude::*;

/// A mask that was never set.
static ALL_ONES: Words = [!0; WORDS];

/// Returns the address of the caller's mask, and its length in bytes.
fn user(mask: &Mask) -> (UserPtr, usize) {
    // CAST: An address has this width, and a length widens.
    (UserPtr::from_addr(mask.codes as usize), mask.size as usize)
}

impl Argument {
    /// Returns the mask of a type, and zeros for the rest of the caller's buffer.
    #[inline(never)]
    pub(super) fn mask(self, scope: File<'_>) -> Result<Reply> {
        let (scope, request) = scope.read_user::<Mask>(self.user)?;
        let (user, room) = user(&request);
        let codes = codes(request.kind);
        // In words of the kernel, also if those of the caller are shorter.
        let all = (words_of(request.kind) * size_of::<usize>()).min(room);
        let scope = scope.write_user_with(user, |scope| match scope.file().mask(request.kind) {
            Some(mask) => Bytes::from(mask).first(self.bits_len(codes - 1).min(all)),
            None => Bytes::from(ALL_ONES.as_bytes()).first(all),
        })?;
        scope.clear_user(user.wrapping_byte_add(all), room - all)?;
        Ok(0)
    }

    /// Sets the mask of a type. Ignores types that cannot be masked: later versions may mask them.
    #[inline(never)]
    pub(super) fn set_mask(self, scope: File<'_>) -> Result<Reply> {
        let (scope, request) = scope.read_user::<Mask>(self.user)?;
        let (user, len) = user(&request);
        let codes = codes(request.kind);
        if codes == 0 {
            return Ok(0);
        }
        if len % self.word() != 0 {
            return Err(EINVAL);
        }
        let mut words = Words::default();
        let len = self.bits_len(codes - 1).min(len);
        let bytes = words.as_mut_bytes().get_mut(..len).ok_or(EINVAL)?;
        let scope = scope.read_user_slice(user, bytes)?;
        scope.file().set_mask(&scope, request.kind, &words)?;
        Ok(0)
    }
}
