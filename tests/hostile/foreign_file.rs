// SPDX-License-Identifier: GPL-2.0

//! Registers a file type of another module, so that open files might pin only that module.
//!
//! They pin this one: the code of the file operations, and so their `owner`, belongs to the module
//! that registers them.

use devscope::prelude::*;
use keeper::ElsewhereFile;
use kernel::prelude::*;

struct Foreign;

kernel::pci_device_table!(PCI_TABLE, <Foreign as pci::Driver>::IdInfo, []);

impl pci::Driver for Foreign {
    type IdInfo = ();
    const ID_TABLE: pci::IdTable<Self::IdInfo> = &PCI_TABLE;

    fn probe<'bound>(
        _pdev: &'bound pci::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> Result {
        let data = binding.share::<CovariantForLt!(())>(Ok(()))?;
        let options = miscdevice_sync::Options::new(c"foreign_file");
        miscdevice_sync::register::<ElsewhereFile<Self>>(binding, options, data)?;
        let number = chardev::Dynamic::new(c"foreign_file")?;
        let options = chardev::Options::new(c"foreign_file-node");
        chardev::register::<ElsewhereFile<Self>, _>(binding, options, number, data)
    }
}

devscope::module_pci_driver! {
    type: Foreign,
    name: "foreign_file",
    authors: ["The Devscope developers"],
    description: "Registers files of another module",
    license: "GPL v2",
}
