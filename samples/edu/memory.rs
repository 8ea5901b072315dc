// SPDX-License-Identifier: GPL-2.0

//! `/dev/eduN-ram`: the device's own memory, which its DMA engine reads and writes.

use crate::{engine::SIZE, Edu};
use core::ops::Range;
use devscope::prelude::*;
use kernel::{
    ioctl::_IOW,
    prelude::*,
    sync::Arc, //
};

/// `struct edu_range`.
#[derive(FromBytes, IntoBytes, Immutable)]
#[repr(C)]
struct Span {
    offset: u32,
    length: u32,
}

impl Span {
    fn part(&self) -> Result<Range<usize>> {
        let start = self.offset as usize;
        let end = start + self.length as usize;
        match self.length > 0 && end <= SIZE {
            true => Ok(start..end),
            false => Err(EINVAL),
        }
    }
}

const EDU_IOC_FETCH: u32 = _IOW::<Span>(0xED, 0x02);

/// The data of an open file.
pub(crate) struct RamFile {
    changed: Arc<WaitQueue>,
}

/// Returns the part of the memory that `len` bytes from `position` on cover.
fn part(position: i64, len: usize) -> Result<Range<usize>> {
    let start = usize::try_from(position)?.min(SIZE);
    Ok(start..start.saturating_add(len).min(SIZE))
}

/// Takes the engine, calls `start`, and waits for the end of the transfer. On success, the caller
/// has the engine.
fn transfer<'a>(
    scope: Scope<'a, RamFile>,
    start: impl FnOnce(&Edu<'_>),
) -> Result<Scope<'a, RamFile>> {
    let scope = scope.wait_interruptible(|f| &f.changed, |s| s.data().take_engine())?;
    start(scope.data());
    match scope.wait_killable(|f| &f.changed, |s| !s.data().engine_runs()) {
        // The caller was killed, and the device is bound. The next caller waits until the engine
        // stops.
        Err(ScopeError::Short(scope, error)) => {
            scope.data().give_engine_back();
            Err(error)
        }
        result => Ok(result?),
    }
}

#[vtable]
impl FileOperations for RamFile {
    type Device = CovariantForLt!(Edu<'_>);

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self {
            changed: scope.data().engine.changed.clone(),
        })
    }

    fn read_iter(scope: Scope<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        let part = part(user.position(), user.len())?;
        if part.is_empty() {
            return Ok(0);
        }
        let mut bytes = KVec::from_elem(0, part.len(), GFP_KERNEL)?;
        let scope = transfer(scope, |edu| edu.start_read(&part))?;
        scope.data().finish_read(&mut bytes);
        scope.data().give_engine_back();

        scope.copy_out(user, &bytes)?;
        user.set_position(part.end as i64);
        Ok(part.len())
    }

    fn write_iter(scope: Scope<'_, Self>, user: &mut UserSource<'_>) -> Result<usize> {
        let part = part(user.position(), user.len())?;
        if user.is_empty() {
            return Ok(0);
        }
        if part.is_empty() {
            return Err(ENOSPC);
        }
        let mut bytes = KVec::from_elem(0, part.len(), GFP_KERNEL)?;
        // First, since a page fault on the caller's memory may never end.
        let scope = scope.copy_in(user, &mut bytes)?;
        let scope = transfer(scope, |edu| edu.start_write(part.start, &bytes))?;
        scope.data().give_engine_back();

        user.set_position(part.end as i64);
        Ok(part.len())
    }

    fn mmap<'s>(scope: &'s Scope<'_, Self>, area: &Area) -> Result<Backing<'s>> {
        Ok(area.backed_by(&scope.data().engine.buffer)?.read_only())
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        if cmd != EDU_IOC_FETCH {
            return Err(ENOTTY);
        }
        let (scope, span) = scope.read_user::<Span>(UserPtr::from_addr(arg))?;
        let part = span.part()?;
        let scope = transfer(scope, |edu| edu.start_read(&part))?;
        scope.data().give_engine_back();
        Ok(0)
    }

    fn llseek(_scope: &Scope<'_, Self>, position: i64, offset: i64, whence: Whence) -> Result<i64> {
        whence.within(position, offset, SIZE as i64)
    }
}
