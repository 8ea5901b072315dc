// SPDX-License-Identifier: GPL-2.0

//! Memory that arguments of calls point to. No Rust reference into it ever exists.

use crate::pages::PAGE;
use libc::c_void;
use rustix::{
    fd::OwnedFd,
    fs::{ftruncate, memfd_create, MemfdFlags},
    mm::{mmap, mmap_anonymous, MapFlags, ProtFlags},
};
use std::{ops::Range, ptr};

/// A place for the argument of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In two readable and writable pages, at this offset.
    Good(u16),
    /// This many bytes before the end of these two pages; a read-only page follows.
    BeforeReadOnly(u16),
    /// In the read-only page.
    ReadOnly,
    /// This many bytes before the end of a readable and writable page; nothing is mapped after it.
    BeforeWall(u16),
    /// Where nothing is mapped.
    Wall,
    /// Zero.
    Null,
    /// In the kernel's half of the address space.
    Kernel,
    /// Non-canonical: in neither half.
    NonCanonical,
    /// In the last page of the address space.
    Last,
}

impl Place {
    /// All places but `Good`, with `left` bytes before the bad page.
    pub fn bad(left: u16) -> [Self; 8] {
        [
            Self::BeforeReadOnly(left),
            Self::ReadOnly,
            Self::BeforeWall(left),
            Self::Wall,
            Self::Null,
            Self::Kernel,
            Self::NonCanonical,
            Self::Last,
        ]
    }
}

impl Place {
    /// How many bytes the kernel can write there.
    pub fn room(self) -> usize {
        match self {
            Self::Good(at) => READ_ONLY * PAGE - GOOD - usize::from(at),
            Self::BeforeReadOnly(left) | Self::BeforeWall(left) => left.into(),
            _ => 0,
        }
    }
}

/// The indices of the pages.
const READ_ONLY: usize = 2;
const WALLED: usize = 4;
const PAGES: usize = 6;
/// Where the good places start.
const GOOD: usize = 64;

/// The address of the first arena. It is the same for both drivers, since a driver may use an
/// address as a number, and below 4 GiB, so that 32-bit programs can point to it.
const BASE: usize = 0x2000_0000;
/// The distance between two arenas.
const APART: usize = 0x10_0000;

/// The bytes before and after a place that are compared.
const BEFORE: usize = 16;
const AFTER: usize = 1024;
/// The value of bytes that were not written.
pub const UNTOUCHED: u8 = 0xa5;

/// The memory. All of it can be written through a second mapping.
pub struct Arena {
    base: usize,
    back: usize,
    _file: OwnedFd,
}

impl Arena {
    /// Maps the arena with this number.
    ///
    /// # Panics
    ///
    /// If that fails, for example because it is mapped already.
    pub fn new(number: usize) -> Self {
        let file = memfd_create("arena", MemfdFlags::CLOEXEC).expect("memfd_create");
        ftruncate(&file, (PAGES * PAGE) as u64).expect("ftruncate");
        let low = MapFlags::PRIVATE | MapFlags::FIXED_NOREPLACE;
        let (none, both) = (ProtFlags::empty(), ProtFlags::READ | ProtFlags::WRITE);
        // SAFETY: The first mappings replace none, so no other code uses their memory; those at a
        // fixed address replace parts of the first, which this object owns.
        let (base, back) = unsafe {
            let base = ptr::without_provenance_mut(BASE + number * APART);
            let base = mmap_anonymous(base, PAGES * PAGE, none, low).expect("mmap");
            let fixed = MapFlags::SHARED | MapFlags::FIXED;
            for (page, protection) in [
                (0, both),
                (1, both),
                (READ_ONLY, ProtFlags::READ),
                (WALLED, both),
            ] {
                let at = base.cast::<u8>().add(page * PAGE).cast::<c_void>();
                mmap(at, PAGE, protection, fixed, &file, (page * PAGE) as u64).expect("mmap");
            }
            let back = mmap(
                ptr::null_mut(),
                PAGES * PAGE,
                both,
                MapFlags::SHARED,
                &file,
                0,
            );
            (base as usize, back.expect("mmap") as usize)
        };
        Self {
            base,
            back,
            _file: file,
        }
    }

    /// The address of a place, for a 64-bit or a 32-bit program.
    pub fn address(&self, place: Place, compat: bool) -> usize {
        match (self.offset(place), place) {
            (Some(offset), _) => self.base + offset,
            (_, Place::Null) => 0,
            (_, Place::Wall) => self.base + (READ_ONLY + 1) * PAGE,
            (_, Place::Kernel) if !compat => 0xffff_8880_0010_0000,
            (_, Place::NonCanonical) if !compat => 0x4141_4141_4141_4140,
            (_, Place::Last) if !compat => usize::MAX - 0xfff,
            (_, Place::Last) => u32::MAX as usize - 0xfff,
            _ => 0xc000_0000,
        }
    }

    /// The offset of a place that is readable.
    fn offset(&self, place: Place) -> Option<usize> {
        match place {
            Place::Good(at) => Some(GOOD + usize::from(at)),
            Place::BeforeReadOnly(left) => Some(READ_ONLY * PAGE - usize::from(left)),
            Place::ReadOnly => Some(READ_ONLY * PAGE + 32),
            Place::BeforeWall(left) => Some((WALLED + 1) * PAGE - usize::from(left)),
            _ => None,
        }
    }

    /// The bytes around `place` that are compared.
    fn window(&self, place: Place) -> Option<Range<usize>> {
        let at = self.offset(place)?;
        Some(at - BEFORE..(at + AFTER).min(PAGES * PAGE))
    }

    fn bytes(&self, range: &Range<usize>) -> *mut u8 {
        assert!(range.end <= PAGES * PAGE, "outside of the arena");
        (self.back + range.start) as *mut u8
    }

    /// Stores `bytes` at `place`, as far as they fit, and known values around them.
    pub fn prepare(&self, place: Place, bytes: &[u8]) {
        let Some(window) = self.window(place) else {
            return;
        };
        let len = bytes.len().min(window.len() - BEFORE);
        let start = self.bytes(&window);
        // SAFETY: In the mapping, to which no reference exists.
        unsafe {
            start.write_bytes(UNTOUCHED, window.len());
            start
                .add(BEFORE)
                .copy_from_nonoverlapping(bytes.as_ptr(), len);
        }
    }

    /// Stores `bytes` at `place`, as far as there are pages.
    pub fn put(&self, place: Place, bytes: &[u8]) {
        let Some(at) = self.offset(place) else {
            return;
        };
        let range = at..(at + bytes.len()).min(PAGES * PAGE);
        // SAFETY: In the mapping, to which no reference exists.
        unsafe {
            self.bytes(&range)
                .copy_from_nonoverlapping(bytes.as_ptr(), range.len())
        };
    }

    /// The bytes at `place`, at most `len`.
    pub fn get(&self, place: Place, len: usize) -> Vec<u8> {
        let Some(at) = self.offset(place) else {
            return Vec::new();
        };
        self.copy(at..at.saturating_add(len).min(PAGES * PAGE))
    }

    fn copy(&self, range: Range<usize>) -> Vec<u8> {
        let mut bytes = vec![0; range.len()];
        // SAFETY: In the mapping, to which no reference exists.
        unsafe {
            bytes
                .as_mut_ptr()
                .copy_from_nonoverlapping(self.bytes(&range), range.len())
        };
        bytes
    }

    /// The changes around `place` since it was prepared with `bytes`.
    pub fn changes(&self, place: Place, bytes: &[u8]) -> String {
        let Some(window) = self.window(place) else {
            return String::new();
        };
        let now = self.copy(window);
        let differs = |(i, byte): (usize, &u8)| {
            let inside = i.checked_sub(BEFORE).and_then(|i| bytes.get(i));
            *byte != *inside.unwrap_or(&UNTOUCHED)
        };
        let Some(first) = now.iter().enumerate().position(differs) else {
            return String::new();
        };
        let last = now.iter().enumerate().rposition(differs).unwrap_or(first);
        let bytes: String = now[first..=last]
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        format!(" [{}]={bytes}", first as isize - BEFORE as isize)
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        for base in [self.base, self.back] {
            // SAFETY: This object owns the mapping, and no reference into it exists.
            let _ = unsafe { rustix::mm::munmap(base as *mut c_void, PAGES * PAGE) };
        }
    }
}
