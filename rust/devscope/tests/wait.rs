// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the test macro's output, and calls of C.

//! The sleeper: no wake-up is lost, and no entry stays on a queue.

use super::{a_while, millis, spawn};
use crate::{
    gate::protocol::Sleep,
    new_wait_queue,
    wait::{Mode, Sleeper, WaitQueue}, //
};
use kernel::{
    prelude::*,
    sync::Arc,
    time::msecs_to_jiffies, //
};

fn queue() -> Result<Arc<WaitQueue>> {
    Arc::pin_init(new_wait_queue!("kunit"), GFP_KERNEL)
}

/// Ten seconds, in jiffies.
fn long() -> c_long {
    msecs_to_jiffies(10_000) as c_long
}

/// Prepares a sleeper, runs `between`, and sleeps. Returns how long it slept, in ms, and whether
/// `timeout` expired.
fn sleep(a: &WaitQueue, b: &WaitQueue, timeout: c_long, between: impl FnOnce()) -> (i64, bool) {
    pin_init::stack_pin_init!(let sleeper = Sleeper::new(a, Some(b), Mode::Killable, timeout));
    let sleeper: Pin<&Sleeper<'_>> = sleeper.as_ref();
    sleeper.prepare();
    between();
    let ms = millis(|| sleeper.sleep());
    (ms, sleeper.is_over())
}

#[kunit_tests(devscope_wait)]
mod tests {
    use super::*;

    #[test]
    fn wake_up_before_the_sleep_is_not_lost() -> Result {
        let (a, b) = (queue()?, queue()?);
        let (ms, over) = sleep(&a, &b, long(), || a.wake_all());
        assert!(ms < 5_000 && !over);
        let (ms, over) = sleep(&a, &b, long(), || b.wake_all());
        assert!(ms < 5_000 && !over);
        Ok(())
    }

    #[test]
    fn each_queue_wakes() -> Result {
        for which in 0..2 {
            let queues = [queue()?, queue()?];
            let waker = queues[which].clone();
            let mut done = None;
            let (ms, over) = sleep(&queues[0], &queues[1], long(), || {
                done = spawn(move || {
                    a_while();
                    waker.wake_all();
                })
                .ok();
            });
            assert!(!over && ms < 9_000);
            if let Some(done) = done {
                done.wait_for_completion();
            }
        }
        Ok(())
    }

    #[test]
    fn time_out() -> Result {
        let (a, b) = (queue()?, queue()?);
        let (ms, over) = sleep(&a, &b, msecs_to_jiffies(120) as c_long, || ());
        assert!(over);
        // If jiffies are behind at the start, the sleep is shorter.
        assert!(ms >= 60);
        Ok(())
    }

    #[test]
    fn each_wake_up_reaches_it() -> Result {
        let (a, b) = (queue()?, queue()?);
        let sleeper = Sleeper::new(&a, Some(&b), Mode::Killable, long());
        pin_init::stack_pin_init!(let sleeper = sleeper);
        let sleeper: Pin<&Sleeper<'_>> = sleeper.as_ref();
        for queue in [&a, &a, &b, &a] {
            sleeper.prepare();
            let waker = queue.clone();
            let done = spawn(move || {
                a_while();
                waker.wake_all();
            });
            sleeper.sleep();
            assert!(!sleeper.is_over());
            done?.wait_for_completion();
        }
        Ok(())
    }

    #[test]
    fn prepare_forgets() -> Result {
        let (a, b) = (queue()?, queue()?);
        pin_init::stack_pin_init!(let sleeper = Sleeper::new(&a, Some(&b), Mode::Killable, 2));
        let sleeper: Pin<&Sleeper<'_>> = sleeper.as_ref();
        sleeper.prepare();
        a.wake_all();
        sleeper.prepare();
        sleeper.sleep();
        assert!(sleeper.is_over());
        Ok(())
    }

    #[test]
    fn nothing_stays_on_a_queue() -> Result {
        let (a, b) = (queue()?, queue()?);
        sleep(&a, &b, 1, || ());
        for queue in [&a, &b] {
            let head = queue.as_raw();
            // SAFETY: The head is valid, and no other task uses the queue.
            let empty = unsafe { (*head).head.next == &raw mut (*head).head };
            assert!(empty);
        }
        Ok(())
    }
}
