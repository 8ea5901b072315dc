// SPDX-License-Identifier: GPL-2.0

//! A linear fit.

/// A line through points: `at_none + each * number`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// The value at 0.
    pub at_none: f64,
    /// The slope.
    pub each: f64,
    /// The coefficient of determination, from 0 to 1.
    pub explained: f64,
}

/// The least-squares line through points (number, value), or none if all have the same number.
pub fn linear(points: &[(f64, f64)]) -> Option<Fit> {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let sum =
        |of: &dyn Fn(f64, f64) -> f64| points.iter().map(|p| of(p.0 - x, p.1 - y)).sum::<f64>();
    let (xx, xy, yy) = (sum(&|x, _| x * x), sum(&|x, y| x * y), sum(&|_, y| y * y));
    let each = xy / xx;
    let explained = if yy == 0.0 { 1.0 } else { xy * xy / (xx * yy) };
    (xx > 0.0).then_some(Fit {
        at_none: y - each * x,
        each,
        explained,
    })
}

#[cfg(test)]
mod tests {
    use super::linear;

    #[test]
    fn a_line_is_found() {
        let fit = linear(&[(0.0, 5.0), (10.0, 25.0), (100.0, 205.0)]).expect("a line");
        assert!((fit.at_none - 5.0).abs() < 1e-9, "{fit:?}");
        assert!((fit.each - 2.0).abs() < 1e-9, "{fit:?}");
        assert!((fit.explained - 1.0).abs() < 1e-9, "{fit:?}");
    }

    #[test]
    fn what_is_no_line_is_explained_less() {
        let fit = linear(&[(0.0, 0.0), (1.0, 9.0), (2.0, 0.0)]).expect("a line");
        assert!(fit.explained < 0.1, "{fit:?}");
    }

    #[test]
    fn one_number_is_no_line() {
        assert_eq!(linear(&[(3.0, 1.0), (3.0, 2.0)]), None);
    }
}
