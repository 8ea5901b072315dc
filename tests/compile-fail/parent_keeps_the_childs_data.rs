// SPDX-License-Identifier: GPL-2.0
//
// E0521 or lifetime may not live long enough: a child driver stores a reference to its own data in
// its parent's data, which outlives it. In C: a module registers a callback with another one, and
// never unregisters it.

#[pin_data]
struct Hub<'a> {
    #[pin]
    slot: Mutex<Option<&'a u32>>,
}

fn misuse<'bound>(adev: &'bound auxiliary::Device<Bound>, own: &'bound u32) -> Result {
    auxiliary::with_parent_data::<ForLt!(Hub<'_>), _>(adev, |hub| {
        *hub.slot.lock() = Some(own);
    })
}
