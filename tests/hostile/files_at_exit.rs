// SPDX-License-Identifier: GPL-2.0

//! Looks up a descriptor in each method: also when a process exits, which has freed its descriptor
//! table before it closes its files.
//!
//! The lookup then uses the table of a kernel worker, in which no descriptor is open.

use devscope::prelude::*;
use kernel::{
    fs::LocalFile,
    prelude::*, //
};

struct Curious;

/// Looks up a descriptor.
fn look() {
    let _ = LocalFile::fget(0);
}

impl Drop for Curious {
    fn drop(&mut self) {
        look();
    }
}

#[vtable]
impl FileOperations for Curious {
    type Device = CovariantForLt!(());

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        look();
        Ok(Self)
    }

    fn ioctl(_scope: Scope<'_, Self>, _cmd: u32, _arg: usize) -> Result<isize> {
        look();
        Ok(0)
    }

    fn flush(_scope: &Scope<'_, Self>) -> Result {
        look();
        Ok(())
    }

    fn wake(_device: &()) {
        look();
    }

    fn disconnect(_scope: &Scope<'_, Self>) {
        look();
    }
}

struct AtExit;

kernel::pci_device_table!(PCI_TABLE, <AtExit as pci::Driver>::IdInfo, []);

impl pci::Driver for AtExit {
    type IdInfo = ();
    const ID_TABLE: pci::IdTable<Self::IdInfo> = &PCI_TABLE;

    fn probe<'bound>(
        _pdev: &'bound pci::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> Result {
        let data = binding.share::<CovariantForLt!(())>(Ok::<_, Error>(()))?;
        let options = miscdevice_sync::Options::new(c"files_at_exit");
        miscdevice_sync::register::<Curious>(binding, options, data)
    }
}

devscope::module_pci_driver! {
    type: AtExit,
    name: "files_at_exit",
    authors: ["The Devscope developers"],
    description: "Looks for files where a process has none any more",
    license: "GPL v2",
}
