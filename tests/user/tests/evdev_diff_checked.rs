// SPDX-License-Identifier: GPL-2.0

//! Some of the calls of `evdev_diff` on the debug kernel, whose checkers find bugs that do not
//! change the outcomes.

use devscope_tests::{effort, evdev::diff::assert_no_difference};

#[test]
fn random_calls() {
    assert_no_difference(effort::choose(200, 10_000));
}
