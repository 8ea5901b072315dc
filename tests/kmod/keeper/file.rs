// SPDX-License-Identifier: GPL-2.0

//! An open file type for drivers in other modules.

use core::marker::PhantomData;
use devscope::prelude::*;
use kernel::prelude::*;

/// An open file of the driver `T`, which is in another module. Its `ioctl()` returns the command.
pub struct ElsewhereFile<T>(PhantomData<T>);

#[vtable]
impl<T: Send + Sync + 'static> FileOperations for ElsewhereFile<T> {
    type Device = CovariantForLt!(());

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self(PhantomData))
    }

    fn ioctl(_scope: Scope<'_, Self>, cmd: u32, _arg: usize) -> Result<isize> {
        Ok(cmd as isize)
    }
}
