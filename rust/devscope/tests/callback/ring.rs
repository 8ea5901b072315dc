// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the test macro's output; a witness that looks into the data.

//! All kinds of callbacks together, which start each other in a ring.

use super::{peek, Level, Seen};
use crate::{
    binding::{Binding, DeviceData, Shared},
    callback::{
        self,
        kthread,
        notifier::{self, Chain, Reply},
        work::{self, Delayed, Flags, Item, Queue},
        Handler,
        HrTimer,
        IrqWork,
        Timer, //
    },
    new_chain,
    new_item,
    new_wait_queue,
    scope::{AtomicContext, AtomicScope, ProcessScope},
    tests::{soon, Log},
    wait::WaitQueue, //
};
use core::ptr::NonNull;
use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
    time::Delta,
    types::CovariantForLt, //
};

type Shape = CovariantForLt!(Data);

/// The stations of the ring, in order.
const TIMER: usize = 0;
const WORK: usize = 1;
const HRTIMER: usize = 2;
const BOTTOM_HALF: usize = 3;
const DELAYED: usize = 4;
const IRQ_WORK: usize = 5;
const NOTIFIER: usize = 6;
const KTHREAD: usize = 7;
const STATIONS: usize = 8;

#[pin_data(PinnedDrop)]
struct Data {
    seen: Arc<Seen>,
    passed: [Atomic<u32>; STATIONS],
    chain: Arc<Chain<(), AtomicContext>>,
    /// The condition of the thread.
    is_asked: Atomic<bool>,
    #[pin]
    thread: WaitQueue,
    #[pin]
    timer: Timer<Tick>,
    #[pin]
    work: Item<Step>,
    #[pin]
    hrtimer: HrTimer<FineTick>,
    #[pin]
    bottom_half: Item<BottomHalf, AtomicContext>,
    #[pin]
    delayed: Delayed<After>,
    #[pin]
    irq_work: IrqWork<Interrupt>,
}

impl Data {
    fn new(seen: &Arc<Seen>) -> impl PinInit<Self, Error> {
        let seen = seen.clone();
        try_pin_init!(Self {
            seen,
            passed: [const { Atomic::new(0) }; STATIONS],
            chain: Arc::pin_init(new_chain!("kunit ring chain"), GFP_KERNEL)?,
            is_asked: Atomic::new(false),
            thread <- new_wait_queue!("kunit ring thread"),
            timer <- new_item!("kunit ring timer"),
            work <- new_item!("kunit ring work"),
            hrtimer <- new_item!("kunit ring hrtimer"),
            bottom_half <- new_item!("kunit ring bottom half"),
            delayed <- new_item!("kunit ring delayed"),
            irq_work <- new_item!("kunit ring irq_work"),
        })
    }

    fn pass(&self, station: usize) {
        self.passed[station].add(1, Relaxed);
    }

    /// Starts all items. Returns whether one could be started.
    fn start(&self) -> bool {
        self.timer.start(0)
            | self.work.queue()
            | self.hrtimer.start(Delta::from_micros(50))
            | self.bottom_half.queue()
            | self.delayed.queue(1)
            | self.irq_work.queue()
    }
}

#[pinned_drop]
impl PinnedDrop for Data {
    fn drop(self: Pin<&mut Self>) {
        self.seen.data_dropped(self.start());
    }
}

struct Tick;

impl Handler<AtomicContext> for Tick {
    type Device = Shape;

    fn run(scope: &mut AtomicScope<'_, Shape>) {
        let data = scope.data();
        data.seen.run(scope, Level::Softirq);
        data.pass(TIMER);
        data.work.queue();
        data.timer.start(1);
    }
}

struct Step;

impl Handler for Step {
    type Device = Shape;

    fn run(scope: &mut ProcessScope<'_, Shape>) {
        let data = scope.data();
        data.seen.run(scope, Level::Sleepable);
        data.pass(WORK);
        data.hrtimer.start(Delta::from_micros(100));
        // Waits for a millisecond, or until the end.
        let _ = scope.wait_timeout(&data.thread, || false, 1);
        data.work.queue();
    }
}

struct FineTick;

impl Handler<AtomicContext> for FineTick {
    type Device = Shape;

    fn run(scope: &mut AtomicScope<'_, Shape>) {
        let data = scope.data();
        data.seen.run(scope, Level::Hardirq);
        data.pass(HRTIMER);
        data.bottom_half.queue();
        data.hrtimer.start(Delta::from_micros(500));
    }
}

struct BottomHalf;

impl Handler<AtomicContext> for BottomHalf {
    type Device = Shape;

    fn run(scope: &mut AtomicScope<'_, Shape>) {
        let data = scope.data();
        data.seen.run(scope, Level::Softirq);
        data.pass(BOTTOM_HALF);
        // A `requeue` would delay it without end: the timer is faster.
        data.delayed.queue(1);
    }
}

struct After;

impl Handler for After {
    type Device = Shape;

    fn run(scope: &mut ProcessScope<'_, Shape>) {
        let data = scope.data();
        data.seen.run(scope, Level::Sleepable);
        data.pass(DELAYED);
        data.irq_work.queue();
        data.chain.call(0, &());
    }
}

struct Interrupt;

impl Handler<AtomicContext> for Interrupt {
    type Device = Shape;

    fn run(scope: &mut AtomicScope<'_, Shape>) {
        let data = scope.data();
        data.seen.run(scope, Level::Hardirq);
        data.pass(IRQ_WORK);
        data.timer.start(0);
    }
}

impl notifier::Handler<AtomicContext> for Step {
    type Device = Shape;
    type Event = ();

    fn notify(scope: &mut AtomicScope<'_, Shape>, _action: usize, _event: &()) -> Reply {
        let data = scope.data();
        data.seen.run(scope, Level::Task);
        data.pass(NOTIFIER);
        data.is_asked.store(true, Relaxed);
        data.thread.wake_all();
        Reply::Ok
    }
}

struct Thread;

impl Handler for Thread {
    type Device = Shape;

    fn run(scope: &mut ProcessScope<'_, Shape>) {
        while scope
            .wait(|data| &data.thread, |s| s.data().is_asked.load(Relaxed))
            .is_ok()
        {
            let data = scope.data();
            data.is_asked.store(false, Relaxed);
            data.seen.run(scope, Level::Sleepable);
            data.pass(KTHREAD);
            data.timer.start(0);
            data.delayed.requeue(1);
        }
    }
}

fn register<'b>(
    binding: &mut Binding<'b>,
    queue: Queue<'b>,
    data: Shared<'b, Shape>,
    station: usize,
) -> Result {
    match station {
        TIMER => callback::register(binding, data, |d| &d.timer),
        WORK => work::register(binding, queue, data, |d| &d.work),
        HRTIMER => callback::register(binding, data, |d| &d.hrtimer),
        BOTTOM_HALF => work::register(binding, Queue::bottom_half(), data, |d| &d.bottom_half),
        DELAYED => work::register(binding, queue, data, |d| &d.delayed),
        IRQ_WORK => callback::register(binding, data, |d| &d.irq_work),
        NOTIFIER => notifier::register::<Step, _>(binding, peek(data).chain.clone(), 0, data),
        _ => kthread::register::<Thread>(binding, c"kunit-ring", data),
    }
}

/// When it is dropped, logs which items can still be started.
struct Witness {
    data: NonNull<DeviceData<Shape>>,
    log: Arc<Log>,
}

// SAFETY: `DeviceData` is `Send` and `Sync`.
unsafe impl Send for Witness {}
// SAFETY: `DeviceData` is `Send` and `Sync`.
unsafe impl Sync for Witness {}

impl Drop for Witness {
    fn drop(&mut self) {
        // SAFETY: The data is attached before its witnesses, and so dropped after them.
        let data = unsafe { self.data.as_ref() }.data();
        let long = Delta::from_secs(60);
        // These two do not depend on whether they were started before.
        self.log
            .add(match (data.timer.start(60_000), data.hrtimer.start(long)) {
                (true, true) => "both",
                (true, false) => "timer",
                (false, true) => "hrtimer",
                (false, false) => "none",
            });
    }
}

#[kunit_tests(devscope_ring)]
mod tests {
    use super::*;

    /// Offsets and strides that generate the numbers below eight, in several orders.
    const STRIDES: [(usize, usize); 6] = [(0, 1), (7, 7), (3, 3), (5, 5), (1, 7), (4, 5)];

    #[test]
    fn ends_in_any_order() -> Result {
        for (first, stride) in STRIDES {
            let (seen, mut binding) = Seen::bound()?;
            let queue = Queue::register(&mut binding, c"kunit-ring", Flags::UNBOUND)?;
            let data = binding.share::<Shape>(Data::new(&seen))?;
            for n in 0..STATIONS {
                register(&mut binding, queue, data, (first + n * stride) % STATIONS)?;
                peek(data).start();
            }
            let all = || peek(data).passed.iter().all(|n| n.load(Relaxed) > 10);
            assert!(soon(all));
            assert!(seen.ends_with(binding));
        }
        Ok(())
    }

    #[test]
    fn probe_may_fail_at_any_point() -> Result {
        for (first, stride) in [STRIDES[0], STRIDES[2]] {
            for last in 0..STATIONS {
                let (seen, mut binding) = Seen::bound()?;
                let queue = Queue::system_unbound();
                let data = binding.share::<Shape>(Data::new(&seen))?;
                for n in 0..last {
                    register(&mut binding, queue, data, (first + n * stride) % STATIONS)?;
                }
                // Every other time, no item is started.
                if last % 2 == 0 {
                    peek(data).start();
                }
                assert!(seen.ends_with(binding));
            }
        }
        Ok(())
    }

    #[test]
    fn what_came_last_ends_first() -> Result {
        let (log, _other) = Log::bound()?;
        let (seen, mut binding, data) = Seen::with_data::<Shape, _>(Data::new)?;
        let witness = || Witness {
            data: data.as_ptr(),
            log: log.clone(),
        };
        binding.keep(Ok(witness()))?;
        callback::register(&mut binding, data, |d| &d.timer)?;
        binding.keep(Ok(witness()))?;
        callback::register(&mut binding, data, |d| &d.hrtimer)?;
        binding.keep(Ok(witness()))?;
        drop(binding);
        assert!(log.is(&["both", "timer", "none"]));
        assert!(seen.is_over());
        Ok(())
    }
}
