// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the test macro's output.

//! Kernel threads.

use super::{Level, Seen};
use crate::{
    callback::{kthread, Handler},
    new_wait_queue,
    scope::ProcessScope,
    tests::{a_while, bind, device, millis, soon},
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

#[pin_data(PinnedDrop)]
struct Data {
    seen: Arc<Seen>,
    returned: Arc<Atomic<u32>>,
    #[pin]
    queue: WaitQueue,
}

impl Data {
    fn new(seen: &Arc<Seen>, returned: &Arc<Atomic<u32>>) -> impl PinInit<Self, Error> {
        let (seen, returned) = (seen.clone(), returned.clone());
        try_pin_init!(Self {
            seen,
            returned,
            queue <- new_wait_queue!("kunit kthread"),
        })
    }
}

#[pinned_drop]
impl PinnedDrop for Data {
    fn drop(self: Pin<&mut Self>) {
        self.seen.data_dropped(false);
    }
}

/// Waits for what never comes.
struct Waits;

impl Handler for Waits {
    type Device = Shape;

    fn run(scope: &mut ProcessScope<'_, Shape>) {
        scope.data().seen.run(scope, Level::Sleepable);
        let error = scope.wait(|data| &data.queue, |_| false).err();
        let data = scope.data();
        data.seen.expect(error == Some(ENODEV) && scope.is_ending());
        data.returned.add(1, Relaxed);
    }
}

/// Does one thing after the other.
struct Loops;

impl Handler for Loops {
    type Device = Shape;

    fn run(scope: &mut ProcessScope<'_, Shape>) {
        let data = scope.data();
        while scope.wait_timeout(&data.queue, || false, 1) == Err(ETIMEDOUT) {
            data.seen.run(scope, Level::Sleepable);
        }
        data.returned.add(1, Relaxed);
    }
}

/// Never sleeps.
struct Spins;

impl Handler for Spins {
    type Device = Shape;

    fn run(scope: &mut ProcessScope<'_, Shape>) {
        scope.data().seen.run(scope, Level::Sleepable);
        while !scope.is_ending() {
            kernel::task::might_sleep();
        }
        scope.data().returned.add(1, Relaxed);
    }
}

/// Has nothing more to do.
struct Returns;

impl Handler for Returns {
    type Device = Shape;

    fn run(scope: &mut ProcessScope<'_, Shape>) {
        scope.data().seen.run(scope, Level::Sleepable);
        scope.data().returned.add(1, Relaxed);
    }
}

#[kunit_tests(devscope_kthread)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_wait_stop_at_once() -> Result {
        let device = device()?;
        let (seen, returned) = (Seen::new(&device)?, Arc::new(Atomic::new(0), GFP_KERNEL)?);
        let mut binding = bind(&device);
        let data = binding.share::<Shape>(Data::new(&seen, &returned))?;
        for _ in 0..3 {
            kthread::register::<Waits>(&mut binding, c"kunit-waits", data)?;
        }
        assert!(soon(|| seen.runs() == 3));
        a_while();
        assert_eq!(returned.load(Relaxed), 0);
        assert!(millis(|| drop(binding)) < 1_000);
        assert_eq!(returned.load(Relaxed), 3);
        assert!(seen.is_over());
        Ok(())
    }

    #[test]
    fn threads_that_work_stop() -> Result {
        let device = device()?;
        let (seen, returned) = (Seen::new(&device)?, Arc::new(Atomic::new(0), GFP_KERNEL)?);
        let mut binding = bind(&device);
        let data = binding.share::<Shape>(Data::new(&seen, &returned))?;
        kthread::register::<Loops>(&mut binding, c"kunit-loops", data)?;
        kthread::register::<Spins>(&mut binding, c"kunit-spins", data)?;
        assert!(soon(|| seen.runs() > 5));
        assert_eq!(returned.load(Relaxed), 0);
        assert!(millis(|| drop(binding)) < 3_000);
        assert_eq!(returned.load(Relaxed), 2);
        assert!(seen.is_over());
        Ok(())
    }

    #[test]
    fn thread_may_end_by_itself() -> Result {
        let device = device()?;
        let (seen, returned) = (Seen::new(&device)?, Arc::new(Atomic::new(0), GFP_KERNEL)?);
        let mut binding = bind(&device);
        let data = binding.share::<Shape>(Data::new(&seen, &returned))?;
        kthread::register::<Returns>(&mut binding, c"kunit-returns", data)?;
        assert!(soon(|| returned.load(Relaxed) == 1));
        // Long enough for it to be gone.
        a_while();
        assert!(millis(|| drop(binding)) < 1_000);
        assert!(seen.is_over());
        Ok(())
    }

    #[test]
    fn probe_that_fails_stops_it() -> Result {
        for _ in 0..10 {
            let device = device()?;
            let (seen, returned) = (Seen::new(&device)?, Arc::new(Atomic::new(0), GFP_KERNEL)?);
            let mut binding = bind(&device);
            let data = binding.share::<Shape>(Data::new(&seen, &returned))?;
            kthread::register::<Waits>(&mut binding, c"kunit-waits", data)?;
            // Before it had the time to begin, or just then.
            assert!(millis(|| drop(binding)) < 1_000);
            assert_eq!(returned.load(Relaxed), seen.runs());
            assert_eq!(seen.dropped.load(Relaxed), 1);
            assert_eq!(seen.wrong.load(Relaxed), 0);
        }
        Ok(())
    }
}
