// SPDX-License-Identifier: GPL-2.0

//! Numbers for device names, such as the 0 of `edu0`.

use kernel::{
    id_pool::IdPool,
    prelude::*,
    sync::{
        atomic::{Atomic, Full, Relaxed},
        Arc,
        Mutex, //
    }, //
};

/// A pool of the numbers 0 to 63. May be used in any context.
///
/// # Examples
///
/// ```
/// static INDICES: IndexPool = IndexPool::new();
///
/// # fn f() -> Result {
/// let index = INDICES.take()?; // Keep it in the device's data: dropping it gives it back.
/// let name = CString::try_from_fmt(fmt!("edu{index}"))?;
/// # Ok(()) }
/// ```
pub struct IndexPool {
    taken: Atomic<u64>,
}

impl IndexPool {
    /// Creates a pool with all numbers free.
    #[expect(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self {
            taken: Atomic::new(0),
        }
    }

    /// Takes the lowest free number. Errors: `ENOSPC`.
    pub fn take(&'static self) -> Result<Index> {
        let mut taken = self.taken.load(Relaxed);
        loop {
            let number = taken.trailing_ones();
            let bit = 1u64.checked_shl(number).ok_or(ENOSPC)?;
            match self.taken.cmpxchg(taken, taken | bit, Full) {
                Ok(_) => return Ok(Index { pool: self, number }),
                Err(changed) => taken = changed,
            }
        }
    }

    fn give_back(&self, number: u32) {
        let mut taken = self.taken.load(Relaxed);
        while let Err(changed) = self.taken.cmpxchg(taken, taken & !(1 << number), Full) {
            taken = changed;
        }
    }
}

/// A number that is taken from an [`IndexPool`] until this is dropped.
pub struct Index {
    pool: &'static IndexPool,
    number: u32,
}

impl Index {
    /// Returns the number.
    pub fn number(&self) -> u32 {
        self.number
    }
}

impl kernel::fmt::Display for Index {
    fn fmt(&self, f: &mut kernel::fmt::Formatter<'_>) -> kernel::fmt::Result {
        kernel::fmt::Display::fmt(&self.number, f)
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.pool.give_back(self.number);
    }
}

/// A pool of the numbers below `count`.
#[pin_data]
pub(crate) struct Numbers {
    count: u32,
    #[pin]
    taken: Mutex<IdPool>,
}

impl Numbers {
    /// Creates a pool of `count` numbers. May sleep. Errors: `ENOMEM`; `EINVAL` for 0.
    pub(crate) fn new(count: u32) -> Result<Arc<Self>> {
        if count == 0 {
            return Err(EINVAL);
        }
        // CAST: Widens.
        let taken = IdPool::with_capacity(count as usize, GFP_KERNEL)?;
        let (name, key) = crate::lock_class!(c"devscope_numbers");
        Arc::pin_init(
            try_pin_init!(Self { count, taken <- Mutex::new(taken, name, key) }? Error),
            GFP_KERNEL,
        )
    }

    /// Takes the lowest free number. May sleep. Errors: `ENOSPC`.
    pub(crate) fn take(self: &Arc<Self>) -> Result<Number> {
        let mut taken = self.taken.lock();
        // The pool may have more numbers than `count`.
        let free = taken.find_unused_id(0);
        let free = free.filter(|id| id.as_u32() < self.count).ok_or(ENOSPC)?;
        Ok(Number {
            numbers: self.clone(),
            // CAST: Below the count.
            number: free.acquire() as u32,
        })
    }
}

/// A number that is taken from [`Numbers`] until this is dropped.
pub(crate) struct Number {
    numbers: Arc<Numbers>,
    number: u32,
}

impl Number {
    /// Returns the number.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        // CAST: Widens.
        self.numbers.taken.lock().release_id(self.number as usize);
    }
}
