// SPDX-License-Identifier: GPL-2.0

//! For QEMU's `pvpanic-pci`: `/dev/bench-kernel`, a misc device with empty methods on the kernel
//! crate's `MiscDevice`. `bench_gate.rs` has the same on this framework, and the difference is the
//! cost of the gate. More nodes are in `access.rs`, `late.rs` and `mapping.rs`.

mod access;
mod late;
mod mapping;

use access::{AccessFile, Values};
use devscope::prelude::*;
use kernel::{
    fs::Kiocb,
    iov::IovIterDest,
    miscdevice::{MiscDevice, MiscDeviceOptions, MiscDeviceRegistration},
    prelude::*,
    sync::Arc, //
};
use late::{Late, LateFile};
use mapping::{MapFile, Memory};

struct Ungated;

#[vtable]
impl MiscDevice for Ungated {
    type Ptr = Arc<Self>;

    fn open(_file: &File, _misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr> {
        Ok(Arc::new(Self, GFP_KERNEL)?)
    }

    fn read_iter(_kiocb: Kiocb<'_, Self::Ptr>, _iov: &mut IovIterDest<'_>) -> Result<usize> {
        Ok(0)
    }

    fn ioctl(
        _device: kernel::sync::ArcBorrow<'_, Self>,
        _file: &File,
        _cmd: u32,
        _arg: usize,
    ) -> Result<isize> {
        Ok(0)
    }
}

struct BenchDriver;

kernel::pci_device_table!(
    PCI_TABLE,
    <BenchDriver as pci::Driver>::IdInfo,
    [(pci::DeviceId::from_id(pci::Vendor::REDHAT, 0x11), ())]
);

impl pci::Driver for BenchDriver {
    type IdInfo = ();
    const ID_TABLE: pci::IdTable<Self::IdInfo> = &PCI_TABLE;

    fn probe<'bound>(
        pdev: &'bound pci::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> Result {
        let options = MiscDeviceOptions {
            name: c"bench-kernel",
        };
        binding.keep(MiscDeviceRegistration::<Ungated>::register(options))?;

        let values = Values::new(binding)?;
        let values = binding.share(values)?;
        let options = miscdevice_sync::Options::new(c"bench-access");
        miscdevice_sync::register::<AccessFile>(binding, options, values)?;

        let memory = binding.share(Memory::new(pdev.as_ref()))?;
        let options = miscdevice_sync::Options::new(c"bench-map");
        miscdevice_sync::register::<MapFile>(binding, options, memory)?;

        let late = binding.share(Late::new())?;
        callback::register(binding, late, |late: &Late| &late.enabled)?;
        let options = miscdevice_sync::Options::new(c"bench-late");
        miscdevice_sync::register::<LateFile>(binding, options, late)
    }
}

devscope::module_pci_driver! {
    type: BenchDriver,
    name: "bench",
    authors: ["The Devscope developers"],
    description: "What the gate costs",
    license: "GPL v2",
}
