// SPDX-License-Identifier: GPL-2.0

//! The cost of opening and closing an event node, and the times of the calls that may wait for a
//! grace period.

use super::{ioctls, Subject, LIMIT};
use crate::{
    clock::{now, of_five, own_cost},
    table::{Line, Table},
};

/// How often a call that may sleep is made in a row.
pub const SLEEPING: u64 = 100;

/// The caller's own instructions.
pub fn instructions(it: &Subject) -> Table {
    let (first, further) = both(it, |call| own_cost(SLEEPING, call));
    let lines = vec![
        Line::new("the first client", first),
        Line::new("a further client", further),
    ];
    let title = "Instructions of open and close, the caller's own; a client has room for 64 events";
    Table::new(title, 1, lines).limit(LIMIT)
}

/// The times from call to return.
pub fn times(it: &Subject) -> Table {
    let (first, further) = both(it, |call| time(call));
    let client = it.client();
    let lines = vec![
        Line::new("open and close: the first client", first),
        Line::new("open and close: a further client", further),
        Line::new("EVIOCGRAB 1, EVIOCGRAB 0", time(|| ioctls::grab(&client))),
        Line::new(
            "open, EVIOCREVOKE, close",
            time(|| ioctls::revoke(&it.client())),
        ),
    ];
    Table::new("Time of calls, in ms (median of 5 times 20)", 3, lines)
}

/// Measures open and close, of the first client and of a further one.
fn both(it: &Subject, measure: impl Fn(&mut dyn FnMut()) -> f64) -> (f64, f64) {
    let first = measure(&mut || drop(it.client()));
    let _other = it.client();
    (first, measure(&mut || drop(it.client())))
}

/// The milliseconds of a call.
fn time(mut call: impl FnMut()) -> f64 {
    const CALLS: u64 = 20;
    of_five(|| {
        let start = now();
        (0..CALLS).for_each(|_| call());
        (now() - start) as f64 / CALLS as f64 / 1e6
    })
}
