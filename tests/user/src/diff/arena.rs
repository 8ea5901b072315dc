// SPDX-License-Identifier: GPL-2.0

//! Memory to point to. No reference into it ever exists.

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
    /// Two pages that can be read and written, this far from their start.
    Good(u16),
    /// These many bytes of those two pages are left; a page that can only be read follows.
    BeforeReadOnly(u16),
    /// In the page that can only be read.
    ReadOnly,
    /// These many bytes are left of a page that can be read and written; nothing follows.
    BeforeWall(u16),
    /// Where nothing is.
    Wall,
    /// Zero.
    Null,
    /// In the half of the addresses that is the kernel's.
    Kernel,
    /// In neither half.
    NonCanonical,
    /// The last page of all.
    Last,
}

impl Place {
    /// Every kind of place that is not good, with `left` bytes before what is bad.
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
    /// How many bytes of it the kernel can write.
    pub fn room(self) -> usize {
        match self {
            Self::Good(at) => READ_ONLY * PAGE - GOOD - usize::from(at),
            Self::BeforeReadOnly(left) | Self::BeforeWall(left) => left.into(),
            _ => 0,
        }
    }
}

/// Which pages there are.
const READ_ONLY: usize = 2;
const WALLED: usize = 4;
const PAGES: usize = 6;
/// Where the good places start.
const GOOD: usize = 64;

/// Where the first is: the same for both drivers, since an address may be taken for a number. Below
/// 4 GiB, where 32-bit programs can point to.
const BASE: usize = 0x2000_0000;
/// How far apart two are.
const APART: usize = 0x10_0000;

/// How much around a place is looked at.
const BEFORE: usize = 16;
const AFTER: usize = 1024;
/// What a byte is that was not written.
pub const UNTOUCHED: u8 = 0xa5;

/// The memory. All of it can be written through a second mapping.
pub struct Arena {
    base: usize,
    back: usize,
    _file: OwnedFd,
}

impl Arena {
    /// Maps the one with a number.
    ///
    /// # Panics
    ///
    /// If that fails, such as when it is mapped.
    pub fn new(number: usize) -> Self {
        let file = memfd_create("arena", MemfdFlags::CLOEXEC).expect("memfd_create");
        ftruncate(&file, (PAGES * PAGE) as u64).expect("ftruncate");
        let low = MapFlags::PRIVATE | MapFlags::FIXED_NOREPLACE;
        let (none, both) = (ProtFlags::empty(), ProtFlags::READ | ProtFlags::WRITE);
        // SAFETY: New mappings where there was none are nobody else's memory; those at a fixed
        // place replace parts of the first, which is this object's.
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

    /// Where a place is, for a program of 64 or of 32 bits.
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

    /// The offset of a place that can at least be read.
    fn offset(&self, place: Place) -> Option<usize> {
        match place {
            Place::Good(at) => Some(GOOD + usize::from(at)),
            Place::BeforeReadOnly(left) => Some(READ_ONLY * PAGE - usize::from(left)),
            Place::ReadOnly => Some(READ_ONLY * PAGE + 32),
            Place::BeforeWall(left) => Some((WALLED + 1) * PAGE - usize::from(left)),
            _ => None,
        }
    }

    /// What is looked at around `place`.
    fn window(&self, place: Place) -> Option<Range<usize>> {
        let at = self.offset(place)?;
        Some(at - BEFORE..(at + AFTER).min(PAGES * PAGE))
    }

    fn bytes(&self, range: &Range<usize>) -> *mut u8 {
        assert!(range.end <= PAGES * PAGE, "outside of the arena");
        (self.back + range.start) as *mut u8
    }

    /// Has `bytes` be at `place`, as many as there is room for, and around them what is known.
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

    /// Has `bytes` be at `place`, as many as there are pages for.
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

    /// What is at `place`, up to `len` bytes of it.
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

    /// What has changed around `place` since it was prepared with `bytes`.
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
            // SAFETY: The mapping is this object's, and no reference into it exists.
            let _ = unsafe { rustix::mm::munmap(base as *mut c_void, PAGES * PAGE) };
        }
    }
}
