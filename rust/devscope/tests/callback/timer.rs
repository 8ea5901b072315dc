// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the test macro's output.

//! Timers.

use super::{peek, Level, Seen};
use crate::{
    callback::{self, Handler, Timer},
    new_item,
    scope::{AtomicContext, AtomicScope},
    tests::{a_while, soon}, //
};
use kernel::{
    prelude::*,
    sync::Arc,
    time::msecs_to_jiffies,
    types::CovariantForLt, //
};

type Shape = CovariantForLt!(Data);

#[pin_data(PinnedDrop)]
struct Data {
    seen: Arc<Seen>,
    #[pin]
    once: Timer<Once>,
    #[pin]
    again: Timer<Again>,
}

impl Data {
    fn new(seen: &Arc<Seen>) -> impl PinInit<Self, Error> {
        let seen = seen.clone();
        try_pin_init!(Self {
            seen,
            once <- new_item!("kunit once"),
            again <- new_item!("kunit again"),
        })
    }
}

#[pinned_drop]
impl PinnedDrop for Data {
    fn drop(self: Pin<&mut Self>) {
        self.seen
            .data_dropped(self.once.start(0) | self.again.start(0));
    }
}

struct Once;

impl Handler<AtomicContext> for Once {
    type Device = Shape;

    fn run(scope: &mut AtomicScope<'_, Shape>) {
        scope.data().seen.run(scope, Level::Softirq);
    }
}

struct Again;

impl Handler<AtomicContext> for Again {
    type Device = Shape;

    fn run(scope: &mut AtomicScope<'_, Shape>) {
        scope.data().seen.run(scope, Level::Softirq);
        scope.data().again.start(0);
    }
}

#[kunit_tests(devscope_timer)]
mod tests {
    use super::*;

    #[test]
    fn expires_in_softirq() -> Result {
        let (seen, mut binding, data) = Seen::with_data::<Shape, _>(Data::new)?;
        let once = &peek(data).once;
        assert!(!once.start(0) && !once.cancel());
        callback::register(&mut binding, data, |d| &d.once)?;
        let again = callback::register(&mut binding, data, |d| &d.once);
        assert_eq!(again, Err(EBUSY));
        assert!(once.start(msecs_to_jiffies(60_000)));
        a_while();
        assert_eq!(seen.runs(), 0);
        assert!(once.cancel() && !once.cancel());
        assert!(once.start(msecs_to_jiffies(60_000)));
        assert!(once.start(1));
        assert!(soon(|| seen.runs() == 1));
        assert!(seen.ends_with(binding));
        assert_eq!(seen.runs(), 1);
        Ok(())
    }

    #[test]
    fn ends_before_it_expires() -> Result {
        for start in [false, true] {
            let (seen, mut binding, data) = Seen::with_data::<Shape, _>(Data::new)?;
            callback::register(&mut binding, data, |d| &d.once)?;
            if start {
                peek(data).once.start(msecs_to_jiffies(20));
            }
            assert!(seen.ends_with(binding));
        }
        Ok(())
    }

    #[test]
    fn ends_though_it_starts_itself() -> Result {
        for _ in 0..5 {
            let (seen, mut binding, data) = Seen::with_data::<Shape, _>(Data::new)?;
            callback::register(&mut binding, data, |d| &d.again)?;
            peek(data).again.start(0);
            assert!(soon(|| seen.runs() > 5));
            assert!(seen.ends_with(binding));
        }
        Ok(())
    }
}
