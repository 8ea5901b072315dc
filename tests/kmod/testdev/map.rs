// SPDX-License-Identifier: GPL-2.0

//! `/dev/testdevN-map`: memory and registers to map. See `testdev.h`.

use crate::fifo::FifoData;
use core::ops::Range;
use devscope::prelude::*;
use kernel::{
    io::{io_project, Io},
    ioctl::_IO,
    page::PAGE_SIZE,
    prelude::*,
    sync::atomic::{Atomic, Relaxed}, //
};

/// The offsets of the status and of the pages in the file, and the number of pages.
const STATUS: usize = 1;
const PAGES: usize = 16;
const COUNT: usize = 4;

/// The first word of the status page.
const MAGIC: u32 = 0x7465_7374;

/// The memory that is mapped, besides registers.
pub(crate) struct Mapped {
    status: Pages,
    pages: Pages,
}

impl Mapped {
    pub(crate) fn new() -> Result<Self> {
        let status = Pages::new(1)?;
        let magic = &status;
        io_project!(magic, [panic: ..4]).copy_from_slice(&MAGIC.to_ne_bytes());
        Ok(Self {
            status,
            pages: Pages::new(COUNT)?,
        })
    }
}

/// The data of an open file.
pub(crate) struct MapFile {
    answer: Atomic<u32>,
}

const ANSWER: u32 = _IO(0xDE, 0x20);
const REVOKE: u32 = _IO(0xDE, 0x21);

const OTHER_CACHE: u32 = 1;
const ERROR: u32 = 2;
const READ_ONLY: u32 = 3;

/// The part of the pages that `len` bytes from `position` cover.
fn part(position: i64, len: usize) -> Result<Range<usize>> {
    let start = usize::try_from(position)?.min(COUNT * PAGE_SIZE);
    Ok(start..start.saturating_add(len).min(COUNT * PAGE_SIZE))
}

#[vtable]
impl FileOperations for MapFile {
    type Device = FifoData;

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self {
            answer: Atomic::new(0),
        })
    }

    fn mmap<'s>(scope: &'s Scope<'_, Self>, area: &Area) -> Result<Backing<'s>> {
        let fifo = scope.data();
        let mapped = &fifo.mapped;
        let Some(pages) = area.after(PAGES) else {
            return match area.after(STATUS) {
                Some(status) => Ok(status.backed_by(&mapped.status)?.read_only()),
                None => area.backed_by(fifo.bar(scope.device())?),
            };
        };
        match scope.file().answer.load(Relaxed) {
            OTHER_CACHE => pages.backed_by(fifo.bar(scope.device())?),
            ERROR => Err(EIO),
            READ_ONLY => Ok(pages.backed_by(&mapped.pages)?.read_only()),
            _ => pages.backed_by(&mapped.pages),
        }
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        match cmd {
            ANSWER => scope.file().answer.store(u32::try_from(arg)?, Relaxed),
            REVOKE => scope.revoke()?,
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }

    fn read_iter(scope: Scope<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        let part = part(user.position(), user.len())?;
        let mut bytes = KVec::from_elem(0, part.len(), GFP_KERNEL)?;
        let pages = &scope.data().mapped.pages;
        io_project!(pages, [panic: part.clone()]).copy_to_slice(&mut bytes);
        scope.copy_out(user, &bytes)?;
        user.set_position(part.end as i64);
        Ok(part.len())
    }

    fn write_iter(scope: Scope<'_, Self>, user: &mut UserSource<'_>) -> Result<usize> {
        let part = part(user.position(), user.len())?;
        let mut bytes = KVec::from_elem(0, part.len(), GFP_KERNEL)?;
        let scope = scope.copy_in(user, &mut bytes)?;
        let pages = &scope.data().mapped.pages;
        io_project!(pages, [panic: part.clone()]).copy_from_slice(&bytes);
        user.set_position(part.end as i64);
        Ok(part.len())
    }

    fn llseek(_scope: &Scope<'_, Self>, position: i64, offset: i64, whence: Whence) -> Result<i64> {
        whence.within(position, offset, (COUNT * PAGE_SIZE) as i64)
    }
}
