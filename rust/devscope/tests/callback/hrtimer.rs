// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the test macro's output.

//! High-resolution timers.

use super::{peek, Level, Seen};
use crate::{
    callback::{self, Handler, HrTimer},
    ffi::GracePeriod,
    new_item,
    scope::{AtomicContext, AtomicScope},
    tests::{a_while, soon}, //
};
use kernel::{
    prelude::*,
    sync::Arc,
    time::Delta,
    types::CovariantForLt, //
};

type Shape = CovariantForLt!(Data);

#[pin_data(PinnedDrop)]
struct Data {
    seen: Arc<Seen>,
    #[pin]
    once: HrTimer<Once>,
    #[pin]
    again: HrTimer<Again>,
    #[pin]
    many: [HrTimer<Once>; MANY],
}

const MANY: usize = 20;

impl Data {
    fn new(seen: &Arc<Seen>) -> impl PinInit<Self, Error> {
        let seen = seen.clone();
        try_pin_init!(Self {
            seen,
            once <- new_item!("kunit once"),
            again <- new_item!("kunit again"),
            many <- pin_init::pin_init_array_from_fn(|_| new_item!("kunit many")),
        })
    }
}

#[pinned_drop]
impl PinnedDrop for Data {
    fn drop(self: Pin<&mut Self>) {
        self.seen
            .data_dropped(self.once.start(SHORT) | self.again.start(SHORT));
        self.seen
            .expect(!self.many.iter().any(|timer| timer.start(SHORT)));
    }
}

const LONG: Delta = Delta::from_secs(60);
const SHORT: Delta = Delta::from_micros(200);

struct Once;

impl Handler<AtomicContext> for Once {
    type Device = Shape;

    fn run(scope: &mut AtomicScope<'_, Shape>) {
        scope.data().seen.run(scope, Level::Hardirq);
    }
}

struct Again;

impl Handler<AtomicContext> for Again {
    type Device = Shape;

    fn run(scope: &mut AtomicScope<'_, Shape>) {
        scope.data().seen.run(scope, Level::Hardirq);
        // The later start replaces the earlier one.
        scope.data().again.start(LONG);
        scope.data().again.start(SHORT);
    }
}

#[kunit_tests(devscope_hrtimer)]
mod tests {
    use super::*;

    #[test]
    fn expires_in_hardirq() -> Result {
        let (seen, mut binding, data) = Seen::with_data::<Shape, _>(Data::new)?;
        let once = &peek(data).once;
        assert!(!once.start(SHORT) && !once.cancel());
        callback::register(&mut binding, data, |d| &d.once)?;
        let again = callback::register(&mut binding, data, |d| &d.once);
        assert_eq!(again, Err(EBUSY));
        assert!(once.start(LONG));
        a_while();
        assert_eq!(seen.runs(), 0);
        assert!(once.cancel() && !once.cancel());
        assert!(once.start(LONG) && once.start(SHORT));
        assert!(soon(|| seen.runs() == 1));
        // A time in the past expires at once.
        assert!(once.start(Delta::from_secs(-1)));
        assert!(soon(|| seen.runs() == 2));
        assert!(seen.ends_with(binding));
        assert_eq!(seen.runs(), 2);
        Ok(())
    }

    #[test]
    fn ends_before_it_expires() -> Result {
        for start in [false, true] {
            let (seen, mut binding, data) = Seen::with_data::<Shape, _>(Data::new)?;
            callback::register(&mut binding, data, |d| &d.once)?;
            if start {
                peek(data).once.start(Delta::from_millis(20));
            }
            assert!(seen.ends_with(binding));
        }
        Ok(())
    }

    #[test]
    fn many_wait_for_one_grace_period() -> Result {
        let (seen, mut binding, data) = Seen::with_data::<Shape, _>(Data::new)?;
        for at in 0..MANY {
            callback::register(&mut binding, data, |d| &d.many[at])?;
            assert!(peek(data).many[at].start(LONG));
        }
        let (before, after) = (GracePeriod::new(), GracePeriod::new());
        before.begin();
        drop(binding);
        after.begin();
        let over = after.since(&before);
        // Other code may have caused some grace periods meanwhile.
        assert!(over < MANY / 2);
        // Tiny RCU, on one CPU, needs none.
        assert!(over > 0 || cfg!(CONFIG_TINY_RCU));
        assert!(seen.is_over());
        Ok(())
    }

    #[test]
    fn ends_though_it_restarts() -> Result {
        for _ in 0..5 {
            let (seen, mut binding, data) = Seen::with_data::<Shape, _>(Data::new)?;
            callback::register(&mut binding, data, |d| &d.again)?;
            peek(data).again.start(SHORT);
            assert!(soon(|| seen.runs() > 20));
            assert!(seen.ends_with(binding));
        }
        Ok(())
    }
}
