// SPDX-License-Identifier: GPL-2.0

//! Bugs of drivers that the kernel has to report.

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

    /// Code without a scope claims that it may sleep, which is wrong here.
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
        // Each call by itself is correct, and neither waits for the other here.
        drain_inside(&one, &other);
        drain_inside(&other, &one);
        Ok(())
    }
}
