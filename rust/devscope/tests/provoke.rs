// SPDX-License-Identifier: GPL-2.0

//! What lockdep has to report: two tasks that drain gates crosswise wait for each other.

use crate::gate::Gate;
use kernel::{prelude::*, sync::Arc};

fn gate(name: &'static CStr) -> Result<Arc<Gate>> {
    Arc::pin_init(Gate::named(name), GFP_KERNEL)
}

fn drain_inside(outer: &Gate, inner: &Gate) {
    let inside = outer.enter(outer.pass());
    assert!(inside.is_some());
    inner.drain();
}

#[kunit_tests(provoke_lockdep)]
mod tests {
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
