// SPDX-License-Identifier: GPL-2.0

//! Has another module keep references to the devices that the framework creates for a driver, until
//! after the driver's module is unloaded.
//!
//! All of them are freed by code of the driver core, not of the driver's module.

use devscope::prelude::*;
use kernel::{ioctl::_IO, prelude::*};

/// Keeps the device of a character device.
const NODE: u32 = _IO(0xDE, 1);
/// Keeps the device of a misc device.
const MISC: u32 = _IO(0xDE, 2);
/// Keeps an auxiliary device.
const AUXILIARY: u32 = _IO(0xDE, 3);

struct KeptFile;

#[vtable]
impl FileOperations for KeptFile {
    type Device = CovariantForLt!(());

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self)
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, _arg: usize) -> Result<isize> {
        let name = match cmd {
            NODE => c"kept_children-node",
            MISC => c"kept_children",
            AUXILIARY => c"kept_children.child.0",
            _ => return Err(ENOTTY),
        };
        keeper::with(|shelf| shelf.keep_child(scope.device(), name)).map(|()| 0)
    }
}

struct Kept;

kernel::pci_device_table!(PCI_TABLE, <Kept as pci::Driver>::IdInfo, []);

impl pci::Driver for Kept {
    type IdInfo = ();
    const ID_TABLE: pci::IdTable<Self::IdInfo> = &PCI_TABLE;

    fn probe<'bound>(
        _pdev: &'bound pci::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> Result {
        let data = binding.share::<CovariantForLt!(())>(Ok(()))?;
        let number = chardev::Dynamic::new(c"kept_children")?;
        let options = chardev::Options::new(c"kept_children-node");
        chardev::register::<KeptFile, _>(binding, options, number, data)?;
        auxiliary::register(binding, c"kept_children", c"child", 0, data)?;
        let options = miscdevice_sync::Options::new(c"kept_children");
        miscdevice_sync::register::<KeptFile>(binding, options, data)
    }
}

devscope::module_pci_driver! {
    type: Kept,
    name: "kept_children",
    authors: ["The Devscope developers"],
    description: "Has its devices outlive it",
    license: "GPL v2",
}
