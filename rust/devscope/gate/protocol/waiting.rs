// SPDX-License-Identifier: GPL-2.0

//! Waiting: leave, sleep, come back in.

/// A caller that is inside, and can leave and come back.
pub(crate) trait Leave: Sized {
    /// The same one, outside.
    type Outside;

    fn leave(self) -> Self::Outside;

    /// Comes back in, or returns `None` where the pass is not live any more.
    fn reenter(outside: Self::Outside) -> Option<Self>;
}

/// A caller that stays where it is while it sleeps: a task that waits for it wakes it.
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

/// A task that others can wake.
pub(crate) trait Sleep {
    /// Makes wake-ups reach the task, those for its condition and those of the closer, and forgets
    /// earlier ones.
    fn prepare(&self);

    /// Sleeps until there was a wake-up since [`Self::prepare`], or there is no time left. After a
    /// wake-up, others need not reach the task.
    fn sleep(&self);
}

/// Waits until `look` returns a result, outside; `look` itself is called inside. Returns `None`
/// where the caller could not come back in.
///
/// No wake-up is lost: between it being forgotten and the sleep lies a look at all that it may
/// have been about, the pass and the condition. None is missed: the sleeper is reached before that
/// look.
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

/// Comes in for a look, and goes out again if that has no result.
fn glance<L: Leave, R>(
    outside: L::Outside,
    look: impl FnOnce(L) -> Result<R, L>,
) -> Result<Option<R>, L::Outside> {
    match L::reenter(outside) {
        Some(inside) => look(inside).map(Some).map_err(L::leave),
        None => Ok(None),
    }
}
