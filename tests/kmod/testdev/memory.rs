// SPDX-License-Identifier: GPL-2.0

//! `/dev/testdevN-mem`: memory with a file position.

use core::ops::RangeInclusive;
use devscope::prelude::*;
use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Mutex, //
    }, //
};

const SIZE: i64 = 4096;

#[pin_data]
pub(crate) struct Memory {
    #[pin]
    bytes: Mutex<[u8; SIZE as usize]>,
}

impl Memory {
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            bytes <- kernel::new_mutex!([0; SIZE as usize]),
        })
    }
}

/// The part of `0..SIZE` that `len` bytes from `position` cover.
fn span(position: i64, len: usize) -> Result<core::ops::Range<usize>> {
    let start = usize::try_from(position.min(SIZE))?;
    Ok(start..start.saturating_add(len).min(SIZE as usize))
}

/// The data of an open file.
pub(crate) struct MemoryFile {
    /// The file position after the last operation.
    end: Atomic<i64>,
    flushes: Atomic<u64>,
    syncs: Atomic<u64>,
    /// The last `fsync()`: its range, and whether it was for the data only.
    synced: [Atomic<i64>; 3],
}

/// The value of the first byte that makes `fsync()` and `close()` fail.
const BROKEN: u8 = 0xff;

fn reach_the_medium(memory: &Memory) -> Result {
    match memory.bytes.lock()[0] {
        BROKEN => Err(EIO),
        _ => Ok(()),
    }
}

#[vtable]
impl FileOperations for MemoryFile {
    type Device = CovariantForLt!(Memory);
    const NOWAIT: bool = true;

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self {
            end: Atomic::new(0),
            flushes: Atomic::new(0),
            syncs: Atomic::new(0),
            synced: [const { Atomic::new(0) }; 3],
        })
    }

    fn read_iter(scope: Scope<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        let start = user.position();
        let mut chunk = [0; 256];
        let mut scope = scope;
        loop {
            let position = user.position();
            let span = span(position, chunk.len().min(user.len()))?;
            if span.is_empty() {
                return Ok(user.copied());
            }
            let chunk = &mut chunk[..span.len()];
            chunk.copy_from_slice(&scope.data().bytes.lock()[span]);
            scope = match scope.copy_out(user, chunk) {
                Err(_) if position > start => return Ok((position - start) as usize),
                result => result?,
            };
            user.set_position(position + chunk.len() as i64);
            scope.file().end.store(user.position(), Relaxed);
        }
    }

    fn write_iter(scope: Scope<'_, Self>, user: &mut UserSource<'_>) -> Result<usize> {
        let start = user.position();
        let mut chunk = [0; 256];
        let mut scope = scope;
        loop {
            let position = user.position();
            let span = span(position, chunk.len().min(user.len()))?;
            if user.is_empty() {
                return Ok(user.copied());
            }
            if span.is_empty() {
                return if user.copied() > 0 {
                    Ok(user.copied())
                } else {
                    Err(ENOSPC)
                };
            }
            let chunk = &mut chunk[..span.len()];
            scope = match scope.copy_in(user, chunk) {
                Err(_) if position > start => return Ok((position - start) as usize),
                result => result?,
            };
            scope.data().bytes.lock()[span].copy_from_slice(chunk);
            user.set_position(position + chunk.len() as i64);
            scope.file().end.store(user.position(), Relaxed);
        }
    }

    fn llseek(scope: &Scope<'_, Self>, position: i64, offset: i64, whence: Whence) -> Result<i64> {
        let position = whence.within(position, offset, SIZE)?;
        scope.file().end.store(position, Relaxed);
        Ok(position)
    }

    fn flush(scope: &Scope<'_, Self>) -> Result {
        scope.file().flushes.add(1, Relaxed);
        reach_the_medium(scope.data())
    }

    fn fsync(scope: Scope<'_, Self>, range: RangeInclusive<i64>, datasync: bool) -> Result {
        let file = scope.file();
        file.syncs.add(1, Relaxed);
        let last = [*range.start(), *range.end(), datasync.into()];
        file.synced
            .iter()
            .zip(last)
            .for_each(|(place, value)| place.store(value, Relaxed));
        reach_the_medium(scope.data())
    }

    fn show_fdinfo(scope: &Scope<'_, Self>, m: &SeqFile) {
        let file = scope.file();
        let [start, end, datasync] = file.synced.each_ref().map(|value| value.load(Relaxed));
        seq_print!(m, "testdev-mem-pos:\t{}\n", file.end.load(Relaxed));
        seq_print!(m, "testdev-mem-flushes:\t{}\n", file.flushes.load(Relaxed));
        let syncs = file.syncs.load(Relaxed);
        seq_print!(m, "testdev-mem-syncs:\t{syncs} {start} {end} {datasync}\n");
    }
}
