// SPDX-License-Identifier: GPL-2.0

//! Small numbers for device names: the 0 of `edu0`.

use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Full, Relaxed},
        Arc,
        Mutex, //
    }, //
};

/// The numbers 0 to 63, of which each is taken once at a time. May be used in any context.
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
    /// Creates a pool with every number in it.
    #[expect(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self {
            taken: Atomic::new(0),
        }
    }

    /// Takes the lowest number that is not taken. Errors: `ENOSPC`.
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
    /// The number.
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

/// The numbers from 0 on, as many as wanted, of which each is taken once at a time.
///
/// # Invariants
///
/// A bit of `taken` is set where the number is taken, or there is none.
#[pin_data]
pub(crate) struct Numbers {
    #[pin]
    taken: Mutex<KVVec<u64>>,
}

impl Numbers {
    /// `count` of them. May sleep. Errors: `ENOMEM`; `EINVAL` for 0.
    pub(crate) fn new(count: u32) -> Result<Arc<Self>> {
        let mut taken = KVVec::from_elem(0, count.div_ceil(u64::BITS) as usize, GFP_KERNEL)?;
        let last: &mut u64 = taken.last_mut().ok_or(EINVAL)?;
        if let used @ 1.. = count % u64::BITS {
            *last = u64::MAX << used;
        }
        let (name, key) = crate::lock_class!(c"devscope_numbers");
        Arc::pin_init(
            try_pin_init!(Self { taken <- Mutex::new(taken, name, key) }? Error),
            GFP_KERNEL,
        )
    }

    /// Takes the lowest number that nobody has. May sleep. Errors: `ENOSPC`.
    pub(crate) fn take(self: &Arc<Self>) -> Result<Number> {
        let mut taken = self.taken.lock();
        let mut words = taken.iter_mut().enumerate();
        let free = words.find(|(_, word)| **word != u64::MAX);
        let (place, word) = free.ok_or(ENOSPC)?;
        let bit = word.trailing_ones();
        *word |= 1 << bit;
        Ok(Number {
            numbers: self.clone(),
            // CAST: Below the count.
            number: place as u32 * u64::BITS + bit,
        })
    }
}

/// A number that is taken from [`Numbers`] until this is dropped.
pub(crate) struct Number {
    numbers: Arc<Numbers>,
    number: u32,
}

impl Number {
    /// The number.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        let mut taken = self.numbers.taken.lock();
        if let Some(word) = taken.get_mut((self.number / u64::BITS) as usize) {
            *word &= !(1 << (self.number % u64::BITS));
        }
    }
}
