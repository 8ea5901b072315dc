// SPDX-License-Identifier: GPL-2.0

//! The two drivers of Documentation/sharing-resources.rst.

use crate::mydriver::{self, Regs, RegsData};
use devscope::prelude::*;
use kernel::prelude::*;

/// Called by the parent's `probe`.
fn parent<'bound>(binding: &mut Binding<'bound>, bar: pci::Bar<'bound>, index: &Index) -> Result {
    let regs = binding.share::<RegsData>(Ok(Regs { bar }))?;
    auxiliary::register(binding, c"mydriver", c"gpio", index.number(), regs)
}

struct Quieten;

impl callback::Handler for Quieten {
    type Device = CovariantForLt!(Gpio<'_>);

    fn run(scope: &mut ProcessScope<'_, Self::Device>) {
        let _bar = &scope.data().parent.bar;
    }
}

struct GpioDriver;

kernel::auxiliary_device_table!(
    AUX_TABLE,
    <GpioDriver as auxiliary::Driver>::IdInfo,
    [(auxiliary::DeviceId::new(c"mydriver", c"gpio"), ())]
);

struct Gpio<'bound> {
    parent: &'bound mydriver::Regs<'bound>,
}

impl auxiliary::Driver for GpioDriver {
    type IdInfo = ();
    const ID_TABLE: auxiliary::IdTable<Self::IdInfo> = &AUX_TABLE;

    fn probe<'bound>(
        adev: &'bound auxiliary::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        _info: &'bound Self::IdInfo,
    ) -> Result {
        let parent = auxiliary::parent_data::<mydriver::RegsData>(adev)?;
        let gpio = binding.share::<CovariantForLt!(Gpio<'_>)>(Ok(Gpio { parent }))?;
        action::register::<Quieten>(binding, gpio)
    }
}
