// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the test macro's output.

//! Work, on each kind of queue.

use super::{peek, Level, Seen};
use crate::{
    binding::Binding,
    callback::{
        work::{self, Delayed, Flags, Item, Queue},
        Handler, //
    },
    new_item,
    new_wait_queue,
    scope::{AtomicScope, ProcessScope},
    tests::{a_while, millis, soon},
    wait::WaitQueue, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
    time::{delay::fsleep, msecs_to_jiffies, Delta},
    types::CovariantForLt, //
};

type Shape = CovariantForLt!(Data);

#[pin_data(PinnedDrop)]
struct Data {
    seen: Arc<Seen>,
    inside: Atomic<u32>,
    #[pin]
    queue: WaitQueue,
    #[pin]
    once: Item<Once>,
    #[pin]
    low: Item<Once, crate::scope::AtomicContext>,
    #[pin]
    again: Item<Again>,
    #[pin]
    waits: Item<Waits>,
    #[pin]
    alone: Item<Alone>,
    #[pin]
    alone_too: Item<Alone>,
    #[pin]
    later: Delayed<Later>,
}

impl Data {
    fn new(seen: &Arc<Seen>) -> impl PinInit<Self, Error> {
        let seen = seen.clone();
        try_pin_init!(Self {
            seen,
            inside: Atomic::new(0),
            queue <- new_wait_queue!("kunit work"),
            once <- new_item!("kunit once"),
            low <- new_item!("kunit low"),
            again <- new_item!("kunit again"),
            waits <- new_item!("kunit waits"),
            alone <- new_item!("kunit alone"),
            alone_too <- new_item!("kunit alone too"),
            later <- new_item!("kunit later"),
        })
    }
}

#[pinned_drop]
impl PinnedDrop for Data {
    fn drop(self: Pin<&mut Self>) {
        let started = self.once.queue()
            | self.low.queue()
            | self.again.queue()
            | self.waits.queue()
            | self.later.queue(0)
            | self.later.requeue(1);
        self.seen.data_dropped(started);
    }
}

struct Once;

impl Handler for Once {
    type Device = Shape;

    fn run(scope: &mut ProcessScope<'_, Shape>) {
        scope.data().seen.run(scope, Level::Sleepable);
    }
}

impl Handler<crate::scope::AtomicContext> for Once {
    type Device = Shape;

    fn run(scope: &mut AtomicScope<'_, Shape>) {
        scope.data().seen.run(scope, Level::Softirq);
        // Queues itself while it runs.
        scope.data().low.queue();
    }
}

struct Again;

impl Handler for Again {
    type Device = Shape;

    fn run(scope: &mut ProcessScope<'_, Shape>) {
        scope.data().seen.run(scope, Level::Sleepable);
        scope.data().again.queue();
    }
}

struct Waits;

impl Handler for Waits {
    type Device = Shape;

    fn run(scope: &mut ProcessScope<'_, Shape>) {
        scope.data().seen.run(scope, Level::Sleepable);
        let error = scope.wait(|data| &data.queue, |_| false).err();
        let seen = &scope.data().seen;
        seen.expect(error == Some(ENODEV) && scope.is_ending());
    }
}

/// Work for an ordered queue, which runs one item at a time.
struct Alone;

impl Handler for Alone {
    type Device = Shape;

    fn run(scope: &mut ProcessScope<'_, Shape>) {
        let data = scope.data();
        data.inside.add(1, Relaxed);
        fsleep(Delta::from_millis(20));
        data.seen.expect(data.inside.load(Relaxed) == 1);
        data.inside.add(!0, Relaxed);
        data.seen.run(scope, Level::Sleepable);
    }
}

struct Later;

impl Handler for Later {
    type Device = Shape;

    fn run(scope: &mut ProcessScope<'_, Shape>) {
        scope.data().seen.run(scope, Level::Sleepable);
        scope.data().later.queue(1);
    }
}

type QueueOf = for<'b> fn(&mut Binding<'b>) -> Result<Queue<'b>>;

const QUEUES: [QueueOf; 5] = [
    |_| Ok(Queue::system()),
    |_| Ok(Queue::system_unbound()),
    |binding| Queue::register(binding, c"kunit", Flags::UNBOUND),
    // A per-CPU queue. C warns if the flag is missing.
    |binding| Queue::register(binding, c"kunit", Flags::MEM_RECLAIM | Flags::FREEZABLE),
    |binding| Queue::register(binding, c"kunit", Flags::ORDERED),
];

#[kunit_tests(devscope_work)]
mod tests {
    use super::*;

    #[test]
    fn runs_on_each_queue() -> Result {
        for queue in QUEUES {
            let (seen, mut binding) = Seen::bound()?;
            let queue = queue(&mut binding)?;
            let data = binding.share::<Shape>(Data::new(&seen))?;
            assert!(!peek(data).once.queue());
            work::register(&mut binding, queue, data, |d| &d.once)?;
            assert!(peek(data).once.queue());
            assert!(soon(|| seen.runs() == 1));
            assert!(seen.ends_with(binding));
            assert_eq!(seen.runs(), 1);
        }
        Ok(())
    }

    #[test]
    fn bottom_half_runs_in_softirq() -> Result {
        let (seen, mut binding, data) = Seen::with_data::<Shape, _>(Data::new)?;
        work::register(&mut binding, Queue::bottom_half(), data, |d| &d.low)?;
        peek(data).low.queue();
        assert!(soon(|| seen.runs() > 20));
        assert!(seen.ends_with(binding));
        Ok(())
    }

    #[test]
    fn is_registered_once() -> Result {
        let (seen, mut binding, data) = Seen::with_data::<Shape, _>(Data::new)?;
        let queue = Queue::system();
        work::register(&mut binding, queue, data, |d| &d.once)?;
        let again = work::register(&mut binding, queue, data, |d| &d.once);
        assert_eq!(again, Err(EBUSY));
        work::register(&mut binding, queue, data, |d| &d.later)?;
        let again = work::register(&mut binding, queue, data, |d| &d.later);
        assert_eq!(again, Err(EBUSY));
        // The existing item is not affected.
        assert!(peek(data).once.queue());
        assert!(soon(|| seen.runs() == 1));
        drop(binding);
        assert!(seen.is_over());
        Ok(())
    }

    #[test]
    fn what_was_never_queued_ends() -> Result {
        let (seen, mut binding) = Seen::bound()?;
        let queue = Queue::register(&mut binding, c"kunit", Flags::UNBOUND)?;
        let data = binding.share::<Shape>(Data::new(&seen))?;
        work::register(&mut binding, queue, data, |d| &d.once)?;
        work::register(&mut binding, queue, data, |d| &d.later)?;
        let low = Queue::bottom_half();
        work::register(&mut binding, low, data, |d| &d.low)?;
        assert!(seen.ends_with(binding));
        assert_eq!(seen.runs(), 0);
        Ok(())
    }

    #[test]
    fn ends_though_it_queues_itself() -> Result {
        for queue in QUEUES {
            let (seen, mut binding) = Seen::bound()?;
            let queue = queue(&mut binding)?;
            let data = binding.share::<Shape>(Data::new(&seen))?;
            work::register(&mut binding, queue, data, |d| &d.again)?;
            assert!(peek(data).again.queue());
            assert!(soon(|| seen.runs() > 20));
            assert!(seen.ends_with(binding));
        }
        Ok(())
    }

    #[test]
    fn one_that_waits_is_let_go() -> Result {
        for queue in QUEUES {
            let (seen, mut binding) = Seen::bound()?;
            let queue = queue(&mut binding)?;
            let data = binding.share::<Shape>(Data::new(&seen))?;
            work::register(&mut binding, queue, data, |d| &d.waits)?;
            peek(data).waits.queue();
            assert!(soon(|| seen.runs() == 1));
            a_while();
            assert!(millis(|| drop(binding)) < 1_000);
            assert!(seen.is_over());
        }
        Ok(())
    }

    #[test]
    fn ordered_queue_does_one_at_a_time() -> Result {
        let (seen, mut binding) = Seen::bound()?;
        let queue = Queue::register(&mut binding, c"kunit", Flags::ORDERED)?;
        let data = binding.share::<Shape>(Data::new(&seen))?;
        work::register(&mut binding, queue, data, |d| &d.alone)?;
        work::register(&mut binding, queue, data, |d| &d.alone_too)?;
        for round in 1..4 {
            assert!(peek(data).alone.queue());
            assert!(peek(data).alone_too.queue());
            assert!(soon(|| seen.runs() == 2 * round));
        }
        drop(binding);
        assert!(seen.is_over());
        Ok(())
    }

    #[test]
    fn delayed_runs_after_its_delay() -> Result {
        let (seen, mut binding, data) = Seen::with_data::<Shape, _>(Data::new)?;
        let later = &peek(data).later;
        assert!(!later.queue(1) && !later.requeue(1));
        work::register(&mut binding, Queue::system(), data, |d| &d.later)?;
        assert!(later.queue(msecs_to_jiffies(60_000)));
        assert!(!later.queue(1));
        a_while();
        assert_eq!(seen.runs(), 0);
        assert!(later.requeue(1));
        // It queues itself from then on.
        assert!(soon(|| seen.runs() > 5));
        assert!(seen.ends_with(binding));
        Ok(())
    }

    #[test]
    fn delayed_ends_before_its_delay() -> Result {
        let (seen, mut binding, data) = Seen::with_data::<Shape, _>(Data::new)?;
        let queue = Queue::system_unbound();
        work::register(&mut binding, queue, data, |d| &d.later)?;
        assert!(peek(data).later.queue(msecs_to_jiffies(60_000)));
        assert!(seen.ends_with(binding));
        assert_eq!(seen.runs(), 0);
        Ok(())
    }
}
