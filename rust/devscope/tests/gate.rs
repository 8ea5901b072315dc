// SPDX-License-Identifier: GPL-2.0

//! The gate: who gets in, and what a drain waits for.

use super::{a_while, spawn};
use crate::gate::{Gate, Pass};
use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Full, Relaxed},
        Arc, //
    },
    time::{Instant, Monotonic}, //
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
    fn good_pass_enters() -> Result {
        let it = fixture()?;
        assert!(it.gate.enter(&it.pass).is_some());
        assert!(it.gate.enter(it.gate.pass()).is_some());
        Ok(())
    }

    #[test]
    fn cancelled_pass_is_refused_for_ever() -> Result {
        let it = fixture()?;
        it.pass.cancel();
        assert!(it.gate.enter(&it.pass).is_none());
        it.gate.drain();
        assert!(it.gate.enter(&it.pass).is_none());
        Ok(())
    }

    #[test]
    fn passes_are_independent() -> Result {
        let it = fixture()?;
        let other = Pass::new();
        it.pass.cancel();
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
        let start = Instant::<Monotonic>::now();
        for _ in 0..10 {
            it.gate.drain();
        }
        assert!(start.elapsed().as_millis() < 2000);
        Ok(())
    }

    #[test]
    fn refused_entry_does_not_hold_the_drain() -> Result {
        let it = fixture()?;
        it.pass.cancel();
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
            closer.pass.cancel();
            closer.gate.drain();
            let _ = closer.steps.cmpxchg(1, 2, Full);
        })?;
        a_while();
        // Had the drain not waited, it would have found a 0 here, and stayed with it.
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
                while let Some(_inside) = worker.gate.enter(&worker.pass) {
                    worker.steps.add(1, Relaxed);
                }
            })?;
            while it.steps.load(Relaxed) < 10 {
                core::hint::spin_loop();
            }
            it.pass.cancel();
            it.gate.drain();
            let seen = it.steps.load(Relaxed);
            worked.wait_for_completion();
            assert_eq!(it.steps.load(Relaxed), seen);
        }
        Ok(())
    }
}
