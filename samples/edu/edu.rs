// SPDX-License-Identifier: GPL-2.0

//! A driver for QEMU's `edu` PCI device, which computes factorials, and has memory that only its
//! DMA engine can access: `/dev/edu0` and `/dev/edu0-ram`, `/dev/edu1` and so on.
//!
//! The interface is in `include/uapi/devscope/edu.h`. `Documentation/writing-a-driver.rst` explains
//! this driver step by step.

mod engine;
mod factorial;
mod memory;
mod regs;
mod results;

use devscope::prelude::*;
use engine::Engine;
use factorial::{Feed, Numbers, Watchdog};
use irq::IrqReturn;
use kernel::{
    device::Bound,
    dma::DmaMask,
    io::Io,
    new_mutex,
    prelude::*,
    str::CString,
    sync::{Arc, Mutex}, //
};
use memory::RamFile;
use miscdevice_sync::Options;
use results::EduFile;

/// The shared data of the binding. Files, interrupt, work and timer all reach it.
#[pin_data]
struct Edu<'bound> {
    pdev: &'bound pci::Device<Bound>,
    bar: pci::Bar<'bound, { regs::END }>,
    /// Held from a write to the liveness register until the result is read.
    #[pin]
    liveness: Mutex<()>,
    #[pin]
    numbers: Mutex<Numbers>,
    #[pin]
    feed: work::Item<Feed>,
    #[pin]
    watchdog: HrTimer<Watchdog>,
    /// Woken when there is a new outcome or room for numbers. Every open file has a reference.
    changed: Arc<WaitQueue>,
    #[pin]
    engine: Engine,
    _index: Index,
}

impl Edu<'_> {
    fn answer(&self, pattern: u32) -> u32 {
        let _liveness = self.liveness.lock();
        self.bar
            .write_reg(regs::LIVENESS::zeroed().with_pattern(pattern));
        self.bar.read(regs::LIVENESS).pattern().into()
    }
}

/// The interrupt at the end of a computation or a DMA transfer.
struct Interrupt;

impl irq::Handler for Interrupt {
    type Device = CovariantForLt!(Edu<'_>);

    fn handle(scope: &AtomicScope<'_, Self::Device>) -> IrqReturn {
        let edu = scope.data();
        let raised = edu.bar.read(regs::IRQ_STATUS);
        if raised.into_raw() == 0 {
            return IrqReturn::None;
        }
        edu.bar
            .write_reg(regs::IRQ_ACK::zeroed().with_raised(raised.into_raw()));
        if raised.factorial() {
            edu.feed.queue();
        }
        if raised.transfer() {
            edu.engine.changed.wake_all();
        }
        IrqReturn::Handled
    }
}

/// Quiesces the device, before its interrupt and the memory that it writes to are freed.
struct Quieten;

impl callback::Handler for Quieten {
    type Device = CovariantForLt!(Edu<'_>);

    fn run(scope: &mut ProcessScope<'_, Self::Device>) {
        let edu = scope.data();
        edu.bar.write_reg(regs::STATUS::zeroed());
        if edu.wait_for_engine().is_err() {
            dev_warn!(edu.pdev, "the DMA engine does not end\n");
        }
    }
}

static INDICES: IndexPool = IndexPool::new();

struct EduDriver;

kernel::pci_device_table!(
    PCI_TABLE,
    <EduDriver as pci::Driver>::IdInfo,
    [(pci::device_id(0x1234, 0x11e8), ())]
);

impl pci::Driver for EduDriver {
    type IdInfo = ();
    const ID_TABLE: pci::IdTable<Self::IdInfo> = &PCI_TABLE;

    fn probe<'bound>(
        pdev: &'bound pci::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> Result {
        binding.set_dma_mask(pdev, DmaMask::new::<{ regs::DMA_BITS }>())?;
        // Before the device is enabled: for a device without MSI, that searches the ACPI tables for
        // the interrupt line, which takes some time.
        let msi = pci::IrqTypes::default().with(pci::IrqType::Msi);
        let vectors = pci::alloc_irq_vectors(binding, pdev, 1, 1, msi)?;
        pci::enable_device_mem(binding, pdev)?;
        let bar = pdev.iomap_region_sized(0, c"edu")?;
        let id = bar.read(regs::ID);
        if id.magic() != regs::MAGIC {
            return Err(ENODEV);
        }
        if bar.read(regs::DMA_COMMAND).running() {
            // A transfer of an earlier binding, which has not waited for its end, still runs. Its
            // memory was freed.
            return Err(EBUSY);
        }

        let index = INDICES.take()?;
        let results = CString::try_from_fmt(fmt!("edu{index}"))?;
        let ram = CString::try_from_fmt(fmt!("edu{index}-ram"))?;
        dev_info!(
            pdev,
            "edu {}.{} is /dev/{}\n",
            id.major(),
            id.minor(),
            &*results
        );

        let vector = vectors.index(binding, 0)?;
        let edu = binding.share(try_pin_init!(Edu {
            pdev,
            bar,
            liveness <- new_mutex!(()),
            numbers <- new_mutex!(Numbers::new()?),
            feed <- new_item!("edu feed"),
            watchdog <- new_item!("edu watchdog"),
            changed: Arc::pin_init(new_wait_queue!(), GFP_KERNEL)?,
            engine <- Engine::new(pdev.as_ref()),
            _index: index,
        }))?;
        irq::register::<Interrupt>(binding, vector, irq::Flags::TRIGGER_NONE, c"edu", edu)?;
        // After this has ended, the device cannot access memory.
        pci::set_master(binding, pdev)?;
        // Before everything that starts the device: `Quieten` runs after all of that has ended.
        action::register::<Quieten>(binding, edu)?;
        work::register(binding, work::Queue::system(), edu, |edu| &edu.feed)?;
        callback::register(binding, edu, |edu| &edu.watchdog)?;
        miscdevice_sync::register::<EduFile>(binding, Options::new(&results), edu)?;
        miscdevice_sync::register::<RamFile>(binding, Options::new(&ram), edu)
    }
}

devscope::module_pci_driver! {
    type: EduDriver,
    name: "edu",
    authors: ["The Devscope developers"],
    description: "QEMU's edu device",
    license: "GPL v2",
}
