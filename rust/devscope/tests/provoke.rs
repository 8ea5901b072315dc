// SPDX-License-Identifier: GPL-2.0

//! What the kernel has to report of drivers that are wrong.

use crate::{gate::Gate, scope::unscoped};
use kernel::{
    prelude::*,
    sync::{rcu, Arc}, //
};

fn gate(name: &'static CStr) -> Result<Arc<Gate>> {
    Arc::pin_init(Gate::named(name), GFP_KERNEL)
}

fn drain_inside(outer: &Gate, inner: &Gate) {
    let inside = outer.enter(outer.pass());
    assert!(inside.is_some());
    inner.drain();
}

#[kunit_tests(provoke_sleep)]
mod sleep {
    use super::*;

    /// Whoever has no scope says that it may sleep, and may not here.
    #[test]
    fn there_is_no_scope_in_atomic_context() {
        let _reader = rcu::read_lock();
        unscoped(|_| ());
    }
}

/// Two tasks that drain gates crosswise wait for each other.
#[kunit_tests(provoke_lockdep)]
mod lockdep {
    use super::*;

    #[test]
    fn gates_are_drained_crosswise() -> Result {
        let (one, other) = (gate(c"provoke_one")?, gate(c"provoke_other")?);
        // Each by itself is good, and nobody waits for the other here.
        drain_inside(&one, &other);
        drain_inside(&other, &one);
        Ok(())
    }
}
