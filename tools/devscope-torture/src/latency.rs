// SPDX-License-Identifier: GPL-2.0

//! How long acts took.

use serde::Serialize;
use std::time::Duration;

/// All of them.
#[derive(Default)]
pub struct Latencies(Vec<Duration>);

/// What is said of them, in microseconds.
#[derive(Serialize)]
pub struct Summary {
    /// How many there were.
    pub count: usize,
    /// The shortest.
    pub min: u64,
    /// Half of them took no longer.
    pub p50: u64,
    /// 99 of 100 took no longer.
    pub p99: u64,
    /// The longest.
    pub max: u64,
    /// How many took at most that long, and longer than what the line before says.
    pub histogram: Vec<Bar>,
}

/// A line of the histogram.
#[derive(Serialize)]
pub struct Bar {
    /// The upper end.
    pub up_to: u64,
    /// How many.
    pub count: usize,
}

impl Latencies {
    /// Takes in another one.
    pub fn add(&mut self, took: Duration) {
        self.0.push(took);
    }

    /// What is said of them, if there are any.
    pub fn summary(&self) -> Option<Summary> {
        let mut all: Vec<u64> = self.0.iter().map(|it| it.as_micros() as u64).collect();
        all.sort_unstable();
        let (&min, &max) = (all.first()?, all.last()?);
        // Of 100 values, the 50th and the 99th.
        let at = |percent: usize| all[(all.len() * percent).div_ceil(100).max(1) - 1];
        let mut histogram = Vec::new();
        let (mut from, mut up_to) = (0, 1u64);
        while from < all.len() {
            let end = all.partition_point(|&it| it <= up_to);
            if end > from || !histogram.is_empty() {
                let count = end - from;
                histogram.push(Bar { up_to, count });
            }
            (from, up_to) = (end, up_to * 2);
        }
        Some(Summary {
            count: all.len(),
            min,
            p50: at(50),
            p99: at(99),
            max,
            histogram,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Latencies;
    use std::time::Duration;

    #[test]
    fn of_a_hundred() {
        let mut latencies = Latencies::default();
        assert!(latencies.summary().is_none());
        (1..=100).for_each(|it| latencies.add(Duration::from_micros(it)));
        let said = latencies.summary().unwrap();
        assert_eq!((said.min, said.p50, said.p99, said.max), (1, 50, 99, 100));
        let bars: Vec<_> = said
            .histogram
            .iter()
            .map(|it| (it.up_to, it.count))
            .collect();
        let expected = [
            (1, 1),
            (2, 1),
            (4, 2),
            (8, 4),
            (16, 8),
            (32, 16),
            (64, 32),
            (128, 36),
        ];
        assert_eq!(bars, expected);
    }
}
