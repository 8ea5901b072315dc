// SPDX-License-Identifier: GPL-2.0

//! Revocable values: which callers can access one, and when it is dropped.

use super::{a_while, give_way, soon, spawn};
use crate::{
    revocable::{try_access_all, Revocable, RevocableGuard},
    scope::UNSCOPED, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Full, Relaxed},
        Arc,
        Completion,
        SetOnce, //
    },
};

/// The number of drops, which outlives the values.
pub(super) type Drops = Arc<Atomic<u32>>;

pub(super) fn drops() -> Result<Drops> {
    Ok(Arc::new(Atomic::new(0), GFP_KERNEL)?)
}

/// A value that counts how often it is dropped.
pub(super) struct Value {
    pub(super) number: u32,
    drops: Drops,
    is_slow: bool,
}

impl Value {
    pub(super) fn new(number: u32, drops: &Drops) -> Self {
        Self {
            number,
            drops: drops.clone(),
            is_slow: false,
        }
    }

    /// A value whose drop takes some time.
    fn slow(drops: &Drops) -> Self {
        Self {
            number: 0,
            drops: drops.clone(),
            is_slow: true,
        }
    }

    fn is_alive(&self) -> bool {
        self.drops.load(Relaxed) == 0
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        if self.is_slow {
            a_while();
        }
        self.drops.add(1, Relaxed);
    }
}

/// A value whose drop revokes it again.
struct Own {
    it: Arc<SetOnce<Arc<Revocable<Own>>>>,
    drops: Drops,
}

impl Drop for Own {
    fn drop(&mut self) {
        if (*self.it).as_ref().is_some_and(|it| !it.revoke()) {
            self.drops.add(1, Relaxed);
        }
    }
}

fn revocable(number: u32, drops: &Drops) -> Result<Arc<Revocable<Value>>> {
    Arc::pin_init(Revocable::new(Value::new(number, drops)), GFP_KERNEL)
}

/// A task that sleeps with a guard until [`Self::end`].
struct Holder {
    wake: Arc<Completion>,
    ended: Arc<Completion>,
}

impl Holder {
    /// `sleep` has to call its argument while it has the guard. Returns when this call has begun.
    fn start(sleep: impl FnOnce(&dyn Fn()) + Send + 'static) -> Result<Self> {
        let wake = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
        let inside = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
        let (woken, entered) = (wake.clone(), inside.clone());
        let ended = spawn(move || {
            sleep(&|| {
                entered.complete_all();
                woken.wait_for_completion();
            });
        })?;
        inside.wait_for_completion();
        Ok(Self { wake, ended })
    }

    fn end(self) {
        self.wake.complete_all();
        self.ended.wait_for_completion();
    }
}

/// Returns whether `end`, which ends `it`, waits for a guard while its holder sleeps.
pub(super) fn waits_for_a_guard<R: Clone + Send + 'static>(
    it: &R,
    drops: &Drops,
    access: fn(&R) -> Option<RevocableGuard<'_, Value>>,
    end: impl FnOnce() + Send + 'static,
) -> Result<bool> {
    let order = Arc::new(Atomic::<u32>::new(0), GFP_KERNEL)?;
    let (shared, first) = (it.clone(), order.clone());
    let holder = Holder::start(move |sleep| {
        let value = access(&shared);
        sleep();
        if value.is_some_and(|value| value.is_alive()) {
            first.store(1, Relaxed);
        }
    })?;
    let second = order.clone();
    let ended = spawn(move || {
        end();
        // If `end` had not waited, this would read 0, and not store 2.
        let _ = second.cmpxchg(1, 2, Full);
    })?;
    // The value is cut off at once, but not dropped yet.
    while access(it).is_some() {
        a_while();
    }
    let kept = drops.load(Relaxed) == 0;
    holder.end();
    ended.wait_for_completion();
    Ok(kept && order.load(Relaxed) == 2 && drops.load(Relaxed) == 1)
}

#[kunit_tests(devscope_revocable)]
mod tests {
    use super::*;

    #[test]
    fn holder_of_one_revokes_another() -> Result {
        let drops = drops()?;
        let (held, other) = (revocable(1, &drops)?, revocable(2, &drops)?);
        let guard = held.try_access(&UNSCOPED).ok_or(ENODEV)?;
        assert!(other.revoke());
        assert_eq!((guard.number, drops.load(Relaxed)), (1, 1));
        Ok(())
    }

    #[test]
    fn value_is_there_until_revoked() -> Result {
        let drops = drops()?;
        let it = revocable(7, &drops)?;
        assert_eq!(it.try_access(&UNSCOPED).map(|value| value.number), Some(7));
        assert!(it.revoke());
        assert_eq!(drops.load(Relaxed), 1);
        assert!(it.try_access(&UNSCOPED).is_none());
        Ok(())
    }

    #[test]
    fn value_is_dropped_once() -> Result {
        let drops = drops()?;
        let it = revocable(0, &drops)?;
        assert!(it.revoke());
        assert!(!it.revoke());
        drop(it);
        assert_eq!(drops.load(Relaxed), 1);
        drop(revocable(0, &drops)?);
        assert_eq!(drops.load(Relaxed), 2);
        Ok(())
    }

    #[test]
    fn revoking_in_the_drop_comes_back() -> Result {
        let (slot, drops) = (Arc::new(SetOnce::new(), GFP_KERNEL)?, drops()?);
        let own = Own {
            it: slot.clone(),
            drops: drops.clone(),
        };
        let it = Arc::pin_init(Revocable::new(own), GFP_KERNEL)?;
        slot.populate(it.clone());
        assert!(it.revoke());
        assert_eq!(drops.load(Relaxed), 1);
        Ok(())
    }

    #[test]
    fn value_that_fails_is_not_dropped() -> Result {
        let failed =
            Arc::pin_init::<Error>(Revocable::<Value>::new(Err::<Value, _>(EIO)), GFP_KERNEL);
        assert_eq!(failed.err(), Some(EIO));
        Ok(())
    }

    #[test]
    fn guards_nest() -> Result {
        let drops = drops()?;
        let it = revocable(0, &drops)?;
        let outer = it.try_access(&UNSCOPED);
        let inner = it.try_access(&UNSCOPED);
        assert!(outer.is_some() && inner.is_some());
        drop(outer);
        assert!(inner.is_some_and(|value| value.is_alive()));
        assert!(it.revoke());
        Ok(())
    }

    #[test]
    fn revoke_waits_for_a_guard_that_sleeps() -> Result {
        let drops = drops()?;
        let it = revocable(0, &drops)?;
        let shared = it.clone();
        let end = move || _ = shared.revoke();
        let waits = waits_for_a_guard(&it, &drops, |it| it.try_access(&UNSCOPED), end)?;
        assert!(waits);
        Ok(())
    }

    #[test]
    fn every_revoke_returns_after_the_drop() -> Result {
        let drops = drops()?;
        let it = Arc::pin_init(Revocable::new(Value::slow(&drops)), GFP_KERNEL)?;
        let results = Arc::new([const { Atomic::<u32>::new(0) }; 3], GFP_KERNEL)?;
        let mut threads = KVec::new();
        for _ in 0..4 {
            let (it, drops, results) = (it.clone(), drops.clone(), results.clone());
            let thread = spawn(move || {
                let did = it.revoke();
                let [dids, others, early] = &*results;
                if did { dids } else { others }.add(1, Relaxed);
                if drops.load(Relaxed) != 1 {
                    early.add(1, Relaxed);
                }
            })?;
            threads.push(thread, GFP_KERNEL)?;
        }
        threads
            .iter()
            .for_each(|thread| thread.wait_for_completion());
        assert!(results.iter().map(|n| n.load(Relaxed)).eq([1, 3, 0]));
        Ok(())
    }

    #[test]
    fn nobody_sees_a_dropped_value() -> Result {
        for _ in 0..20 {
            let drops = drops()?;
            let it = revocable(0, &drops)?;
            let seen = Arc::new([const { Atomic::<u32>::new(0) }; 2], GFP_KERNEL)?;
            let (shared, counts) = (it.clone(), seen.clone());
            let user = spawn(move || {
                let [alive, dead] = &*counts;
                while let Some(value) = shared.try_access(&UNSCOPED) {
                    if value.is_alive() { alive } else { dead }.add(1, Relaxed);
                    drop(value);
                    give_way(alive.load(Relaxed));
                }
            })?;
            assert!(soon(|| seen[0].load(Relaxed) >= 10));
            it.revoke();
            user.wait_for_completion();
            assert_eq!(seen[1].load(Relaxed), 0);
        }
        Ok(())
    }

    #[test]
    fn all_are_reached_together() -> Result {
        let drops = drops()?;
        let (a, b) = (revocable(1, &drops)?, revocable(2, &drops)?);
        let (c, d) = (revocable(3, &drops)?, revocable(4, &drops)?);
        let two = try_access_all(&UNSCOPED, (&*a, &*b)).ok_or(ENODEV)?;
        let three = try_access_all(&UNSCOPED, (&*a, &*b, &*c)).ok_or(ENODEV)?;
        let four = try_access_all(&UNSCOPED, (&*a, &*b, &*c, &*d)).ok_or(ENODEV)?;
        let (x, y) = two;
        assert_eq!([x, y].map(|value| value.number), [1, 2]);
        let (x, y, z) = three;
        assert_eq!([x, y, z].map(|value| value.number), [1, 2, 3]);
        let (w, x, y, z) = four;
        assert_eq!([w, x, y, z].map(|value| value.number), [1, 2, 3, 4]);
        Ok(())
    }

    #[test]
    fn all_or_nothing() -> Result {
        for gone in 0..3 {
            let drops = drops()?;
            let values = [
                revocable(0, &drops)?,
                revocable(1, &drops)?,
                revocable(2, &drops)?,
            ];
            let [a, b, c] = &values;
            values[gone].revoke();
            let all = try_access_all(&UNSCOPED, (&**a, &**b, &**c));
            assert!(all.is_none());
            // No guards are held: these calls return, although `all` still exists.
            let revoked: usize = values.iter().map(|value| usize::from(value.revoke())).sum();
            assert_eq!(revoked, 2);
            drop(all);
            assert_eq!(drops.load(Relaxed), 3);
        }
        Ok(())
    }

    #[test]
    fn each_of_all_is_waited_for() -> Result {
        let drops = drops()?;
        let (a, b) = (revocable(1, &drops)?, revocable(2, &drops)?);
        let pair = (a.clone(), b.clone());
        let holder = Holder::start(move |sleep| {
            let guard = try_access_all(&UNSCOPED, (&*pair.0, &*pair.1));
            sleep();
            drop(guard);
        })?;
        let mut threads = KVec::new();
        for it in [a, b] {
            let thread = spawn(move || {
                it.revoke();
            })?;
            threads.push(thread, GFP_KERNEL)?;
        }
        a_while();
        assert_eq!(drops.load(Relaxed), 0);
        holder.end();
        threads
            .iter()
            .for_each(|thread| thread.wait_for_completion());
        assert_eq!(drops.load(Relaxed), 2);
        Ok(())
    }
}
