// SPDX-License-Identifier: GPL-2.0

//! The gate: which callers can enter, and what a drain waits for.

use super::{a_while, give_way, millis, soon, spawn};
use crate::gate::{Gate, Pass};
use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Full, Relaxed},
        Arc, //
    }, //
};

/// A gate, and the pass of one file.
#[pin_data]
struct Fixture {
    #[pin]
    gate: Gate,
    pass: Pass,
    /// Steps that were taken, in order.
    steps: Atomic<u32>,
}

fn fixture() -> Result<Arc<Fixture>> {
    Arc::pin_init(
        try_pin_init!(Fixture {
            gate <- Gate::new(),
            pass: Pass::new(),
            steps: Atomic::new(0),
        }),
        GFP_KERNEL,
    )
}

#[kunit_tests(devscope_gate)]
mod tests {
    use super::*;

    #[test]
    fn live_pass_enters() -> Result {
        let it = fixture()?;
        assert!(it.gate.enter(&it.pass).is_some());
        assert!(it.gate.enter(it.gate.pass()).is_some());
        Ok(())
    }

    #[test]
    fn unplugged_pass_is_refused_for_ever() -> Result {
        let it = fixture()?;
        it.pass.unplug();
        assert!(it.gate.enter(&it.pass).is_none());
        it.gate.drain();
        assert!(it.gate.enter(&it.pass).is_none());
        Ok(())
    }

    #[test]
    fn revoked_pass_is_refused_for_ever() -> Result {
        let it = fixture()?;
        assert!(it.pass.revoke());
        assert!(it.gate.enter(&it.pass).is_none());
        // Only the first of two revocations succeeds.
        assert!(!it.pass.revoke());
        assert!(!it.pass.is_unplugged());
        it.pass.unplug();
        assert!(it.pass.is_unplugged());
        assert!(it.gate.enter(&it.pass).is_none());
        assert!(!it.pass.revoke());
        Ok(())
    }

    #[test]
    fn unplug_wins_over_revoke() -> Result {
        let it = fixture()?;
        it.pass.unplug();
        assert!(!it.pass.revoke());
        assert!(it.pass.is_unplugged());
        assert!(it.gate.enter(&it.pass).is_none());
        Ok(())
    }

    #[test]
    fn passes_are_independent() -> Result {
        let it = fixture()?;
        let other = Pass::new();
        it.pass.unplug();
        assert!(it.gate.enter(&other).is_some());
        assert!(it.gate.enter(it.gate.pass()).is_some());
        Ok(())
    }

    #[test]
    fn entries_nest() -> Result {
        let it = fixture()?;
        let outer = it.gate.enter(&it.pass);
        let inner = it.gate.enter(&it.pass);
        assert!(outer.is_some() && inner.is_some());
        drop(outer);
        drop(inner);
        it.gate.drain();
        Ok(())
    }

    #[test]
    fn drain_of_an_empty_gate_is_short() -> Result {
        let it = fixture()?;
        assert!(millis(|| (0..10).for_each(|_| it.gate.drain())) < 2000);
        Ok(())
    }

    #[test]
    fn refused_entry_does_not_hold_the_drain() -> Result {
        let it = fixture()?;
        it.pass.unplug();
        let refused = it.gate.enter(&it.pass);
        assert!(refused.is_none());
        it.gate.drain();
        Ok(())
    }

    #[test]
    fn drain_waits_for_who_is_inside() -> Result {
        let it = fixture()?;
        let inside = it.gate.enter(&it.pass);
        assert!(inside.is_some());

        let closer = it.clone();
        let drained = spawn(move || {
            closer.pass.unplug();
            closer.gate.drain();
            let _ = closer.steps.cmpxchg(1, 2, Full);
        })?;
        a_while();
        // If the drain had not waited, the closer would have read 0, and not stored 2.
        assert_eq!(it.steps.cmpxchg(0, 1, Full), Ok(0));
        drop(inside);
        drained.wait_for_completion();
        assert_eq!(it.steps.load(Relaxed), 2);
        Ok(())
    }

    #[test]
    fn drain_sees_what_was_done_inside() -> Result {
        for _ in 0..20 {
            let it = fixture()?;
            let worker = it.clone();
            let worked = spawn(move || {
                while let Some(inside) = worker.gate.enter(&worker.pass) {
                    worker.steps.add(1, Relaxed);
                    drop(inside);
                    give_way(worker.steps.load(Relaxed));
                }
            })?;
            assert!(soon(|| it.steps.load(Relaxed) >= 10));
            it.pass.unplug();
            it.gate.drain();
            let seen = it.steps.load(Relaxed);
            worked.wait_for_completion();
            assert_eq!(it.steps.load(Relaxed), seen);
        }
        Ok(())
    }

    #[test]
    fn one_inside_drains_the_others() -> Result {
        let it = fixture()?;
        let mine = it.gate.enter(&it.pass).ok_or(ENODEV)?;
        let worker = it.clone();
        let worked = spawn(move || {
            let inside = worker.gate.enter(&worker.pass);
            let _ = worker.steps.cmpxchg(0, 1, Full);
            a_while();
            let _ = worker.steps.cmpxchg(1, 2, Full);
            drop(inside);
        })?;
        assert!(soon(|| it.steps.load(Relaxed) != 0));
        assert!(it.pass.revoke());
        // It cannot enter again by its own pass, but by the gate's.
        assert!(it.gate.drain_others(mine, &it.pass).is_none());
        assert_eq!(it.steps.load(Relaxed), 2);
        let mine = it.gate.enter(it.gate.pass()).ok_or(ENODEV)?;
        assert!(it.gate.drain_others(mine, it.gate.pass()).is_some());
        worked.wait_for_completion();
        Ok(())
    }

    #[test]
    fn drain_waits_for_who_has_come_back() -> Result {
        let it = fixture()?;
        let mine = it.gate.enter(&it.pass).ok_or(ENODEV)?;
        assert!(it.pass.revoke());
        let mine = it.gate.drain_others(mine, it.gate.pass());
        assert!(mine.is_some());

        let closer = it.clone();
        let drained = spawn(move || {
            closer.gate.pass().unplug();
            closer.gate.drain();
            let _ = closer.steps.cmpxchg(1, 2, Full);
        })?;
        a_while();
        assert_eq!(it.steps.cmpxchg(0, 1, Full), Ok(0));
        drop(mine);
        drained.wait_for_completion();
        assert_eq!(it.steps.load(Relaxed), 2);
        assert!(it.gate.enter(it.gate.pass()).is_none());
        Ok(())
    }

    #[test]
    fn one_inside_drains_another_gate() -> Result {
        // Lockdep must distinguish the two gates.
        let (it, other) = (fixture()?, fixture()?);
        let inside = it.gate.enter(&it.pass);
        assert!(inside.is_some());
        other.pass.unplug();
        other.gate.drain();
        Ok(())
    }

    #[test]
    fn gates_are_more_than_lockdep_has_classes_for() -> Result {
        let mut gates = KVec::new();
        for _ in 0..300 {
            gates.push(fixture()?, GFP_KERNEL)?;
        }
        let [.., it, other] = gates.as_slice() else {
            return Err(EINVAL);
        };
        for (inner, outer) in [(it, other), (other, it)] {
            // Lockdep records no order of these two.
            let inside = outer.gate.enter(&outer.pass);
            assert!(inside.is_some());
            inner.gate.drain();
        }
        for it in &gates {
            assert!(it.gate.enter(&it.pass).is_some());
        }
        Ok(())
    }

    #[test]
    fn two_who_drain_each_other_return() -> Result {
        let it = fixture()?;
        let mine = it.gate.enter(&it.pass).ok_or(ENODEV)?;
        let other = it.clone();
        let ended = spawn(move || {
            let Some(inside) = other.gate.enter(&other.pass) else {
                return;
            };
            let _ = other.steps.cmpxchg(0, 1, Full);
            if other.gate.drain_others(inside, &other.pass).is_some() {
                let _ = other.steps.cmpxchg(1, 2, Full);
            }
        })?;
        // Now both are inside, and the other one drains, or is about to.
        assert!(soon(|| it.steps.load(Relaxed) != 0));
        assert!(it.gate.drain_others(mine, &it.pass).is_some());
        ended.wait_for_completion();
        assert_eq!(it.steps.load(Relaxed), 2);
        Ok(())
    }
}
