// SPDX-License-Identifier: GPL-2.0

//! Some of the calls of `ec_diff` on the debug kernel, whose checkers find bugs that do not change
//! the outcomes.

use devscope_tests::{
    ec::{diff::assert_no_difference, Driver},
    effort,
};

#[test]
fn random_calls() {
    assert_no_difference(Driver::Devscope, effort::choose(200, 5000));
}
