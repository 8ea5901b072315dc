// SPDX-License-Identifier: GPL-2.0

//! Waiting: leave, sleep, come back in.

/// One who is inside, and can leave and come back.
pub(crate) trait Leave: Sized {
    /// The same one, outside.
    type Outside;

    fn leave(self) -> Self::Outside;

    /// Comes back in, or returns `None` where the pass is not live any more.
    fn reenter(outside: Self::Outside) -> Option<Self>;
}

/// A task that others can wake.
pub(crate) trait Sleep {
    /// Makes wake-ups reach the task: those for its condition, and those of the closer.
    fn enqueue(&self);

    /// Forgets earlier wake-ups.
    fn rearm(&self);

    /// Sleeps until there was a wake-up since [`Self::rearm`], or there is no time left.
    fn sleep(&self);
}

/// Waits until `look` returns a result, outside; `look` itself is called inside. Returns `None`
/// where the caller could not come back in.
///
/// No wake-up is lost: between it being forgotten and the sleep lies a look at all that it may
/// have been about, the pass and the condition. None is missed: the sleeper is enqueued before the
/// first look.
pub(crate) fn wait<L: Leave, R>(
    inside: L,
    sleeper: &impl Sleep,
    mut look: impl FnMut(L) -> Result<R, L>,
) -> Option<R> {
    sleeper.enqueue();
    let mut outside = inside.leave();
    loop {
        sleeper.rearm();
        let inside = L::reenter(outside)?;
        match look(inside) {
            Ok(result) => return Some(result),
            Err(inside) => outside = inside.leave(),
        }
        sleeper.sleep();
    }
}
