// SPDX-License-Identifier: GPL-2.0
// UNSAFE: takes and gives back device numbers.

//! Device numbers.

use kernel::{
    bindings,
    error::to_result,
    prelude::*,
    sync::{Arc, Mutex}, //
};

/// How many numbers a major has.
const MINORS: u32 = 1 << 20;

/// A device number, major and minor, that belongs to its holder: nobody else registers a device
/// with it until the value is dropped.
///
/// # Safety
///
/// [`Self::devt`] returns such a number, always the same.
pub unsafe trait Number: Send + Sync + 'static {
    /// The number, as `MKDEV()` makes it.
    fn devt(&self) -> u32;
}

/// A number that is given out on demand, under a major of its own.
///
/// # Invariants
///
/// `0` is a region of one number.
pub struct Dynamic(u32);

impl Dynamic {
    /// Takes a number. `name` is what `/proc/devices` has for it. May sleep.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: no major is left.
    /// - `ENOMEM`.
    pub fn new(name: &'static CStr) -> Result<Self> {
        // INVARIANT: Just allocated.
        allocate(name, 1).map(Self)
    }
}

// SAFETY: By the type invariant.
unsafe impl Number for Dynamic {
    fn devt(&self) -> u32 {
        self.0
    }
}

impl Drop for Dynamic {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::unregister_chrdev_region(self.0, 1) };
    }
}

/// The numbers of many devices, under a major of their own, each of which is taken once at a time.
///
/// # Invariants
///
/// `first` is the first number of a region of `size`. A bit of `taken` is set where the number is
/// taken, or there is none.
#[pin_data(PinnedDrop)]
pub(super) struct Region {
    first: u32,
    size: u32,
    #[pin]
    taken: Mutex<KVVec<u64>>,
}

impl Region {
    /// Takes `size` numbers. May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `size` is 0, or more than a major has minors.
    /// - `EBUSY`: no major is left.
    /// - `ENOMEM`.
    pub(super) fn new(name: &'static CStr, size: u32) -> Result<Arc<Self>> {
        if !(1..=MINORS).contains(&size) {
            return Err(EINVAL);
        }
        let mut taken = KVVec::from_elem(0, size.div_ceil(u64::BITS) as usize, GFP_KERNEL)?;
        if let (Some(last), used @ 1..) = (taken.last_mut(), size % u64::BITS) {
            *last = u64::MAX << used;
        }
        let (lock, key) = crate::lock_class!(c"devscope_minors");
        Arc::pin_init(
            try_pin_init!(Self {
                taken <- Mutex::new(taken, lock, key),
                // INVARIANT: Just allocated.
                first: allocate(name, size)?,
                size,
            }? Error),
            GFP_KERNEL,
        )
    }

    /// Takes the lowest number that nobody has. May sleep. Errors: `ENOSPC`.
    pub(super) fn take(self: &Arc<Self>) -> Result<Minor> {
        let mut taken = self.taken.lock();
        let mut words = taken.iter_mut().enumerate();
        let free = words.find(|(_, word)| **word != u64::MAX);
        let (place, word) = free.ok_or(ENOSPC)?;
        let bit = word.trailing_ones();
        *word |= 1 << bit;
        Ok(Minor {
            region: self.clone(),
            // CAST: Below `size`.
            minor: place as u32 * u64::BITS + bit,
        })
    }
}

#[pinned_drop]
impl PinnedDrop for Region {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariant.
        unsafe { bindings::unregister_chrdev_region(self.first, self.size) };
    }
}

/// A number that is taken from a [`Region`] until this is dropped.
pub(super) struct Minor {
    region: Arc<Region>,
    minor: u32,
}

impl Minor {
    /// Counted from the region's first.
    pub(super) fn minor(&self) -> u32 {
        self.minor
    }

    /// As `MKDEV()` makes it.
    pub(super) fn devt(&self) -> u32 {
        self.region.first + self.minor
    }
}

impl Drop for Minor {
    fn drop(&mut self) {
        let mut taken = self.region.taken.lock();
        if let Some(word) = taken.get_mut((self.minor / u64::BITS) as usize) {
            *word &= !(1 << (self.minor % u64::BITS));
        }
    }
}

/// Allocates a region. Errors: those of `alloc_chrdev_region()`.
fn allocate(name: &'static CStr, size: u32) -> Result<u32> {
    let mut devt = 0;
    // SAFETY: `devt` is valid for writes; C copies the name.
    to_result(unsafe { bindings::alloc_chrdev_region(&mut devt, 0, size, name.as_char_ptr()) })?;
    Ok(devt)
}
