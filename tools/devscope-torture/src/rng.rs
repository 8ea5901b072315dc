// SPDX-License-Identifier: GPL-2.0

//! Chance that comes again: the same seed and worker make the same choices.

/// A generator of numbers (SplitMix64).
pub struct Rng(u64);

impl Rng {
    /// The one of a worker.
    pub fn new(seed: u64, worker: u64) -> Self {
        let mut rng = Self(seed ^ worker.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        rng.next();
        rng
    }

    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Yes in one of `count` cases.
    pub fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    /// One of `list`, if it has any.
    pub fn one_of<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        (!list.is_empty()).then(|| &list[self.below(list.len())])
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn comes_again() {
        let of = |seed, worker| {
            let mut rng = Rng::new(seed, worker);
            [(); 4].map(|()| rng.next())
        };
        assert_eq!(of(1, 2), of(1, 2));
        assert_ne!(of(1, 2), of(1, 3));
        assert_ne!(of(1, 2), of(2, 2));
    }
}
