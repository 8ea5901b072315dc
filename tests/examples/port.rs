// SPDX-License-Identifier: GPL-2.0

//! Resources that examples use without a scope, and those of Documentation/sharing-resources.rst.

use devscope::prelude::*;
use kernel::prelude::*;

pub(crate) struct Port;

impl Port {
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        Ok(Self)
    }

    pub(crate) fn reset(&self) {}

    pub(crate) fn set_rate(&self, _rate: u32) {}

    pub(crate) fn flush_and_sleep(&self) -> Result {
        Ok(())
    }
}

pub(crate) struct Clock;

impl Clock {
    pub(crate) fn rate(&self) -> u32 {
        0
    }
}

/// The data of a device.
struct Data<'bound> {
    port: BoundDevres<'bound, Port>,
}

fn share<'bound>(binding: &mut Binding<'bound>) -> Result<Data<'bound>> {
    let port = BoundDevres::new(binding, Port::new())?;
    let anywhere = port.handle();
    unscoped(|context| {
        let port = anywhere.try_access(context).ok_or(ENODEV)?;
        port.flush_and_sleep()
    })?;
    Ok(Data { port })
}
