// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the test macro's output.

//! Kernel threads.

use super::{Level, Plain, Seen};
use crate::{
    callback::{kthread, Handler},
    scope::ProcessScope,
    tests::{a_while, millis, soon}, //
};
use kernel::{
    prelude::*,
    sync::atomic::Relaxed,
    types::CovariantForLt, //
};

type Shape = CovariantForLt!(Plain);

/// Waits for an event that never happens.
struct Waits;

impl Handler for Waits {
    type Device = Shape;

    fn run(scope: &mut ProcessScope<'_, Shape>) {
        scope.data().seen.run(scope, Level::Sleepable);
        let error = scope.wait(|data| &data.queue, |_| false).err();
        let data = scope.data();
        data.seen.expect(error == Some(ENODEV) && scope.is_ending());
        data.seen.others.add(1, Relaxed);
    }
}

/// Loops, and sleeps in each round.
struct Loops;

impl Handler for Loops {
    type Device = Shape;

    fn run(scope: &mut ProcessScope<'_, Shape>) {
        let data = scope.data();
        while scope.wait_timeout(&data.queue, || false, 1) == Err(ETIMEDOUT) {
            data.seen.run(scope, Level::Sleepable);
        }
        data.seen.others.add(1, Relaxed);
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
        scope.data().seen.others.add(1, Relaxed);
    }
}

/// Returns by itself.
struct Returns;

impl Handler for Returns {
    type Device = Shape;

    fn run(scope: &mut ProcessScope<'_, Shape>) {
        scope.data().seen.run(scope, Level::Sleepable);
        scope.data().seen.others.add(1, Relaxed);
    }
}

#[kunit_tests(devscope_kthread)]
mod tests {
    use super::*;

    #[test]
    fn threads_that_wait_stop_at_once() -> Result {
        let (seen, mut binding, data) = Seen::with_data::<Shape, _>(Plain::new)?;
        for _ in 0..3 {
            kthread::register::<Waits>(&mut binding, c"kunit-waits", data)?;
        }
        assert!(soon(|| seen.runs() == 3));
        a_while();
        assert_eq!(seen.others(), 0);
        assert!(millis(|| drop(binding)) < 1_000);
        assert_eq!(seen.others(), 3);
        assert!(seen.is_over());
        Ok(())
    }

    #[test]
    fn threads_that_work_stop() -> Result {
        let (seen, mut binding, data) = Seen::with_data::<Shape, _>(Plain::new)?;
        kthread::register::<Loops>(&mut binding, c"kunit-loops", data)?;
        kthread::register::<Spins>(&mut binding, c"kunit-spins", data)?;
        assert!(soon(|| seen.runs() > 5));
        assert_eq!(seen.others(), 0);
        assert!(millis(|| drop(binding)) < 3_000);
        assert_eq!(seen.others(), 2);
        assert!(seen.is_over());
        Ok(())
    }

    #[test]
    fn thread_may_end_by_itself() -> Result {
        let (seen, mut binding, data) = Seen::with_data::<Shape, _>(Plain::new)?;
        kthread::register::<Returns>(&mut binding, c"kunit-returns", data)?;
        assert!(soon(|| seen.others() == 1));
        // Long enough for it to return.
        a_while();
        assert!(millis(|| drop(binding)) < 1_000);
        assert!(seen.is_over());
        Ok(())
    }

    #[test]
    fn probe_that_fails_stops_it() -> Result {
        for _ in 0..10 {
            let (seen, mut binding, data) = Seen::with_data::<Shape, _>(Plain::new)?;
            kthread::register::<Waits>(&mut binding, c"kunit-waits", data)?;
            // Before it has started, or just then.
            assert!(millis(|| drop(binding)) < 1_000);
            assert_eq!(seen.others(), seen.runs());
            assert_eq!(seen.dropped.load(Relaxed), 1);
            assert_eq!(seen.wrong.load(Relaxed), 0);
        }
        Ok(())
    }
}
