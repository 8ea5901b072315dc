// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the test macro's output.

//! Functions that are called when a queue is woken.

use super::{ends_soon, Level, Seen};
use crate::{
    callback::wakeup,
    new_wait_queue,
    scope::AtomicScope,
    tests::{bind, device, give_way, soon, spawn},
    wait::WaitQueue, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
    types::CovariantForLt, //
};

type Shape = CovariantForLt!(Data);

struct Data(Arc<Seen>);

impl Drop for Data {
    fn drop(&mut self) {
        self.0.data_dropped(false);
    }
}

struct Woken;

impl wakeup::Handler for Woken {
    type Device = Shape;

    fn woken(scope: &AtomicScope<'_, Shape>) {
        scope.data().0.run(scope, Level::Task);
    }
}

fn queue() -> Result<Arc<WaitQueue>> {
    Arc::pin_init(new_wait_queue!("kunit wakeup"), GFP_KERNEL)
}

#[kunit_tests(devscope_wakeup)]
mod tests {
    use super::*;

    #[test]
    fn is_called_at_each_wake_up() -> Result {
        let (device, queue) = (device()?, queue()?);
        let seen = Seen::new(&device)?;
        let mut binding = bind(&device);
        let data = binding.share::<Shape>(Ok(Data(seen.clone())))?;
        queue.wake_all();
        wakeup::register::<Woken>(&mut binding, queue.clone(), data)?;
        assert_eq!(seen.runs(), 0);
        queue.wake_all();
        queue.wake_all();
        assert_eq!(seen.runs(), 2);
        // Each registration is a call of its own.
        wakeup::register::<Woken>(&mut binding, queue.clone(), data)?;
        queue.wake_all();
        assert_eq!(seen.runs(), 4);
        assert!(ends_soon(binding));
        queue.wake_all();
        assert_eq!(seen.runs(), 4);
        assert!(seen.is_over());
        Ok(())
    }

    #[test]
    fn registration_keeps_the_queue() -> Result {
        let (device, queue) = (device()?, queue()?);
        let seen = Seen::new(&device)?;
        let mut binding = bind(&device);
        let data = binding.share::<Shape>(Ok(Data(seen.clone())))?;
        wakeup::register::<Woken>(&mut binding, queue, data)?;
        assert!(ends_soon(binding));
        assert!(seen.is_over());
        Ok(())
    }

    #[test]
    fn ends_while_the_queue_is_woken() -> Result {
        let (device, queue) = (device()?, queue()?);
        let stop = Arc::new(Atomic::new(false), GFP_KERNEL)?;
        let (woken, stopped) = (queue.clone(), stop.clone());
        let waker = spawn(move || {
            for count in 0.. {
                if stopped.load(Relaxed) {
                    break;
                }
                woken.wake_all();
                give_way(count);
            }
        })?;
        for _ in 0..20 {
            let seen = Seen::new(&device)?;
            let mut binding = bind(&device);
            let data = binding.share::<Shape>(Ok(Data(seen.clone())))?;
            wakeup::register::<Woken>(&mut binding, queue.clone(), data)?;
            assert!(soon(|| seen.runs() > 10));
            assert!(ends_soon(binding));
            let runs = seen.runs();
            assert_eq!(seen.dropped.load(Relaxed), 1);
            assert_eq!(seen.wrong.load(Relaxed), 0);
            kernel::time::delay::fsleep(kernel::time::Delta::from_millis(2));
            assert_eq!(seen.runs(), runs);
        }
        stop.store(true, Relaxed);
        waker.wait_for_completion();
        Ok(())
    }
}
