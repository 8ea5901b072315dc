// SPDX-License-Identifier: GPL-2.0

//! Waiting: leave, sleep, enter again.

/// A caller that is inside, and can leave and enter again.
pub(crate) trait Leave: Sized {
    /// The same caller, outside.
    type Outside;

    fn leave(self) -> Self::Outside;

    /// Enters again, or returns `None` if the pass is not live any more.
    fn reenter(outside: Self::Outside) -> Option<Self>;
}

/// A caller that stays inside while it sleeps: the task that waits for it also wakes it.
pub(crate) struct StaysInside;

impl Leave for StaysInside {
    type Outside = Self;

    fn leave(self) -> Self {
        self
    }

    fn reenter(outside: Self) -> Option<Self> {
        Some(outside)
    }
}

/// A task that other code can wake.
pub(crate) trait Sleep {
    /// Enables wake-ups of the task, for its condition and by the closer, and forgets earlier ones.
    fn prepare(&self);

    /// Sleeps until a wake-up since [`Self::prepare`], or a timeout. After a wake-up, further
    /// wake-ups may be disabled.
    fn sleep(&self);
}

/// Waits outside until `look` returns a result; `look` is called inside. Returns `None` if the
/// caller could not enter again.
///
/// No wake-up is lost: after earlier wake-ups are forgotten and before the sleep, the pass and the
/// condition are tested. And wake-ups are enabled before this test.
pub(crate) fn wait<L: Leave, R>(
    inside: L,
    sleeper: &impl Sleep,
    mut look: impl FnMut(L) -> Result<R, L>,
) -> Option<R> {
    let mut outside = inside.leave();
    loop {
        sleeper.prepare();
        outside = match glance(outside, &mut look) {
            Ok(result) => return result,
            Err(outside) => outside,
        };
        sleeper.sleep();
        // Most often the wake-up was about the condition, and there is no more to prepare.
        outside = match glance(outside, &mut look) {
            Ok(result) => return result,
            Err(outside) => outside,
        };
    }
}

/// Enters for a test, and leaves again if there is no result.
fn glance<L: Leave, R>(
    outside: L::Outside,
    look: impl FnOnce(L) -> Result<R, L>,
) -> Result<Option<R>, L::Outside> {
    match L::reenter(outside) {
        Some(inside) => look(inside).map(Some).map_err(L::leave),
        None => Ok(None),
    }
}
