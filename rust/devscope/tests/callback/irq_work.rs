// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the test macro's output.

//! irq_work: work in a separate interrupt.

use super::{peek, Level, Seen};
use crate::{
    callback::{self, Handler, IrqWork},
    new_item,
    scope::{AtomicContext, AtomicScope},
    tests::soon, //
};
use kernel::{
    prelude::*,
    sync::Arc,
    types::CovariantForLt, //
};

type Shape = CovariantForLt!(Data);

#[pin_data(PinnedDrop)]
struct Data {
    seen: Arc<Seen>,
    #[pin]
    once: IrqWork<Once>,
}

impl Data {
    fn new(seen: &Arc<Seen>) -> impl PinInit<Self, Error> {
        let seen = seen.clone();
        try_pin_init!(Self {
            seen,
            once <- new_item!("kunit once"),
        })
    }
}

#[pinned_drop]
impl PinnedDrop for Data {
    fn drop(self: Pin<&mut Self>) {
        self.seen.data_dropped(self.once.queue());
    }
}

struct Once;

impl Handler<AtomicContext> for Once {
    type Device = Shape;

    fn run(scope: &mut AtomicScope<'_, Shape>) {
        scope.data().seen.run(scope, Level::Hardirq);
    }
}

#[kunit_tests(devscope_irq_work)]
mod tests {
    use super::*;

    #[test]
    fn runs_in_hardirq() -> Result {
        let (seen, mut binding, data) = Seen::with_data::<Shape, _>(Data::new)?;
        let once = &peek(data).once;
        assert!(!once.queue());
        callback::register(&mut binding, data, |d| &d.once)?;
        let again = callback::register(&mut binding, data, |d| &d.once);
        assert_eq!(again, Err(EBUSY));
        for round in 1..4 {
            assert!(once.queue());
            assert!(soon(|| seen.runs() == round));
        }
        assert!(seen.ends_with(binding));
        assert_eq!(seen.runs(), 3);
        Ok(())
    }

    #[test]
    fn ends_at_once() -> Result {
        for queue in [false, true] {
            let (seen, mut binding, data) = Seen::with_data::<Shape, _>(Data::new)?;
            callback::register(&mut binding, data, |d| &d.once)?;
            if queue {
                peek(data).once.queue();
            }
            assert!(seen.ends_with(binding));
        }
        Ok(())
    }
}
