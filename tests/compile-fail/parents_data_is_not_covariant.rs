// SPDX-License-Identifier: GPL-2.0
//
// E0277: a child driver asks for a plain reference to data that has a lock around a reference, and
// could store its own in it. In C: a module registers a callback with another one, and never
// unregisters it.

#[pin_data]
struct Hub<'a> {
    #[pin]
    slot: Mutex<Option<&'a u32>>,
}

fn misuse<'bound>(adev: &'bound auxiliary::Device<Bound>, own: &'bound u32) -> Result {
    let hub = auxiliary::parent_data::<ForLt!(Hub<'_>)>(adev)?;
    *hub.slot.lock() = Some(own);
    Ok(())
}
