// SPDX-License-Identifier: GPL-2.0

//! An input handler that gives away a handle of its devres. The handle holds a reference to the
//! device of the connection until after the handler's module is unloaded.
//!
//! The device is freed by code of the driver core, not of the module.

use devscope::prelude::*;
use devscope_input::{Handle, Handler, Minor, Packet};
use kernel::prelude::*;

struct Giver;

impl Handler for Giver {
    type Device = CovariantForLt!(());
    const NAME: &'static CStr = c"input_kept_devres";

    fn connect<'bound>(
        _handle: &'bound Handle<Self>,
        _minor: Option<Minor>,
        binding: &mut Binding<'bound>,
    ) -> Result {
        let value = Devres::new(binding, Ok::<_, Error>(1))?;
        keeper::with(|shelf| shelf.ours = Some(value));
        Ok(())
    }

    fn events(_scope: &AtomicScope<'_, Self::Device>, _packet: &Packet<'_>) {}
}

devscope_input::module_input_handler! {
    type: Giver,
    name: "input_kept_devres",
    authors: ["The Devscope developers"],
    description: "Gives away a handle of its devres",
    license: "GPL v2",
}
