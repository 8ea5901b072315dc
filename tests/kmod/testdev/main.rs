// SPDX-License-Identifier: GPL-2.0

//! The driver that the user-space tests use, for QEMU's `pci-testdev`. See `testdev.h`.
//!
//! `testchild`, the driver of its auxiliary device, uses [`Fifo`].

mod commands;
mod fifo;
mod inbox;
mod map;
mod memory;
mod ring;
mod stats;

pub use commands::Commands;
pub use fifo::{Fifo, FifoData};

use devscope::prelude::*;
use fifo::FifoFile;
use inbox::{BoxData, BoxFile, Boxes};
use kernel::{prelude::*, str::CString};
use map::MapFile;
use memory::{Memory, MemoryFile};
use miscdevice_sync::Options;

static INDICES: IndexPool = IndexPool::new();

struct TestDriver;

kernel::pci_device_table!(
    PCI_TABLE,
    <TestDriver as pci::Driver>::IdInfo,
    [(pci::DeviceId::from_id(pci::Vendor::REDHAT, 0x5), ())]
);

/// Fails at the step that the module parameter names.
fn step(number: i32) -> Result {
    if module_parameters::fail_step.value() == number {
        return Err(EIO);
    }
    Ok(())
}

impl pci::Driver for TestDriver {
    type IdInfo = ();
    const ID_TABLE: pci::IdTable<Self::IdInfo> = &PCI_TABLE;

    fn probe<'bound>(
        pdev: &'bound pci::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> Result {
        step(1)?;
        pci::enable_device_mem(binding, pdev)?;
        let bar = pdev.iomap_region_sized(0, c"testdev")?.into_devres()?;
        let index = INDICES.take()?;
        let fifo = CString::try_from_fmt(fmt!("testdev{index}"))?;
        let memory = CString::try_from_fmt(fmt!("testdev{index}-mem"))?;
        let map = CString::try_from_fmt(fmt!("testdev{index}-map"))?;
        let inbox = CString::try_from_fmt(fmt!("testdev{index}-box"))?;
        let id = index.number();
        // Kept here, the index is freed after all nodes are removed.
        binding.keep(Ok(index))?;

        step(2)?;
        let fifo_data = binding.share(Fifo::new(bar))?;
        Commands::register(binding, fifo_data)?;
        work::register(binding, work::Queue::system(), fifo_data, |it| &it.sweep)?;
        miscdevice_sync::register::<FifoFile>(binding, Options::new(&fifo), fifo_data)?;
        miscdevice_sync::register::<MapFile>(binding, Options::new(&map), fifo_data)?;

        step(3)?;
        let data = binding.share(Memory::new())?;
        let options = Options::new(&memory).mode(0o640);
        miscdevice_sync::register::<MemoryFile>(binding, options, data)?;
        let boxes = binding.share::<BoxData>(Boxes::new())?;
        work::register(binding, work::Queue::system(), boxes, |boxes| boxes.sweep())?;
        miscdevice_sync::register::<BoxFile>(binding, Options::new(&inbox), boxes)?;
        auxiliary::register(binding, c"testdev", c"child", id, fifo_data)?;

        step(4)
    }
}

devscope::module_pci_driver! {
    type: TestDriver,
    name: "testdev",
    authors: ["The Devscope developers"],
    description: "The driver under Devscope's user-space tests",
    license: "GPL v2",
    params: {
        fail_step: i32 {
            default: 0,
            description: "Step of probe that fails with EIO, 1 to 4",
        },
    },
}
