// SPDX-License-Identifier: GPL-2.0

//! Accesses a value of an earlier binding with the cookie of a later binding of the same device.
//!
//! [`Devres::access`] returns `ENODEV`. The kernel crate's compares only the device, and returns a
//! reference to freed memory, which this driver does not read.

use devscope::prelude::*;
use kernel::{devres, ioctl::_IO, prelude::*, str::CString};

/// Accesses the framework's devres.
const OURS: u32 = _IO(0xDE, 1);
/// Accesses the kernel crate's devres.
const THEIRS: u32 = _IO(0xDE, 2);

struct StaleFile;

#[vtable]
impl FileOperations for StaleFile {
    type Device = CovariantForLt!(());

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self)
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, _arg: usize) -> Result<isize> {
        keeper::with(|shelf| match (cmd, &shelf.ours, &shelf.theirs) {
            (OURS, Some(ours), _) => ours.access(scope.device()).map(|_| 0),
            (THEIRS, _, Some(theirs)) => theirs.access(scope.device()).map(|_| 0),
            _ => Err(ENOTTY),
        })
    }
}

struct Stale;

kernel::pci_device_table!(PCI_TABLE, <Stale as pci::Driver>::IdInfo, []);
static INDICES: IndexPool = IndexPool::new();

impl pci::Driver for Stale {
    type IdInfo = ();
    const ID_TABLE: pci::IdTable<Self::IdInfo> = &PCI_TABLE;

    fn probe<'bound>(
        _pdev: &'bound pci::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> Result {
        keeper::with(|shelf| -> Result {
            if shelf.ours.is_none() {
                shelf.ours = Some(Devres::new(binding, Ok::<_, Error>(1))?);
                let theirs = devres::Devres::new(binding.device(), Ok::<_, Error>(1))?;
                shelf.theirs = Some(theirs);
            }
            Ok(())
        })?;
        let index = INDICES.take()?;
        let name = CString::try_from_fmt(fmt!("stale_devres{index}"))?;
        binding.keep(Ok(index))?;
        let data = binding.share::<CovariantForLt!(())>(Ok(()))?;
        miscdevice_sync::register::<StaleFile>(binding, miscdevice_sync::Options::new(&name), data)
    }
}

devscope::module_pci_driver! {
    type: Stale,
    name: "stale_devres",
    authors: ["The Devscope developers"],
    description: "Uses a value of an earlier binding",
    license: "GPL v2",
}
