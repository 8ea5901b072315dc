// SPDX-License-Identifier: GPL-2.0

//! An input handler that gives away a handle to its devres, and with it a reference to the device of
//! its connection, which lasts until the handler's module is gone.
//!
//! The device is freed by code of the kernel, and not of that module.

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
