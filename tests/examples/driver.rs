// SPDX-License-Identifier: GPL-2.0

//! The driver that the README shows. Examples of doc comments are compiled as its modules, and use
//! its items.

#![allow(dead_code, unused_imports)]

mod card;
mod gpio;
mod port;

use core::ops::ControlFlow;
use devscope::{prelude::*, revocable::devres::DevresLt};
use irq::IrqReturn;
use kernel::{
    io::{io_project, register, Io},
    irq::IrqRequest,
    new_spinlock_irq,
    prelude::*,
    str::CString,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc,
        SpinLockIrq, //
    },
    time::{delay::fsleep, msecs_to_jiffies, Delta, Msecs}, //
};
use miscdevice_sync::Options;
use notifier::{Chain, Reply};
use port::{Clock, Port};

/// A module whose auxiliary device has a driver of its own.
mod mydriver {
    use super::{pci, CovariantForLt};

    pub(crate) struct Regs<'bound> {
        pub(crate) bar: pci::Bar<'bound>,
    }

    pub(crate) type RegsData = CovariantForLt!(Regs<'_>);
}

mod regs {
    use super::register;

    register! {
        pub(crate) ID(u32) @ 0x00 {
            31:0 id;
        }

        pub(crate) RESULT(u32) @ 0x08 {
            31:0 number;
        }

        pub(crate) INTERRUPTS(u32) @ 0x20 {
            0:0 enabled => bool;
        }
    }

    pub(crate) const END: usize = 0x24;
}

#[pin_data]
struct Edu<'bound> {
    bar: pci::Bar<'bound, { regs::END }>,
    /// The number of results so far.
    serial: Atomic<u32>,
    #[pin]
    feed: work::Item<Feed>,
    #[pin]
    watchdog: HrTimer<Watchdog>,
    queue: Arc<WaitQueue>,
}

impl<'bound> Edu<'bound> {
    fn new(bar: pci::Bar<'bound, { regs::END }>) -> impl PinInit<Self, Error> + use<'bound> {
        try_pin_init!(Self {
            bar,
            serial: Atomic::new(0),
            feed <- new_item!("edu feed"),
            watchdog <- new_item!("watchdog"),
            queue: Arc::pin_init(new_wait_queue!(), GFP_KERNEL)?,
        })
    }

    fn has_result(&self) -> bool {
        self.serial.load(Relaxed) > 0
    }

    fn is_idle(&self) -> bool {
        self.bar.read(regs::RESULT).number() == 0
    }

    fn start_next(&self) {
        self.serial.add(1, Relaxed);
        self.queue.wake_all();
    }

    fn reset(&self) {
        self.bar.write_reg(regs::RESULT::zeroed());
    }

    fn disable_interrupts(&self) {
        self.bar.write_reg(regs::INTERRUPTS::zeroed());
    }
}

struct Interrupt;

impl irq::Handler for Interrupt {
    type Device = CovariantForLt!(Edu<'_>);

    fn handle(scope: &AtomicScope<'_, Self::Device>) -> IrqReturn {
        scope.data().feed.queue();
        IrqReturn::Handled
    }
}

struct Feed;

impl callback::Handler for Feed {
    type Device = CovariantForLt!(Edu<'_>);

    fn run(scope: &mut ProcessScope<'_, Self::Device>) {
        scope.data().start_next();
    }
}

struct Watchdog;

impl callback::Handler<AtomicContext> for Watchdog {
    type Device = CovariantForLt!(Edu<'_>);

    fn run(scope: &mut AtomicScope<'_, Self::Device>) {
        scope.data().feed.queue();
    }
}

struct Quieten;

impl callback::Handler for Quieten {
    type Device = CovariantForLt!(Edu<'_>);

    fn run(scope: &mut ProcessScope<'_, Self::Device>) {
        scope.data().disable_interrupts();
    }
}

struct EduDriver;

kernel::pci_device_table!(
    PCI_TABLE,
    <EduDriver as pci::Driver>::IdInfo,
    [(pci::device_id(0x1234, 0x11e8), ())]
);

/// The data of an open file.
struct EduFile {
    queue: Arc<WaitQueue>,
    seen: Atomic<u32>,
}

impl EduFile {
    fn is_behind(&self, edu: &Edu<'_>) -> bool {
        let serial = edu.serial.load(Relaxed);
        self.seen.xchg(serial, Relaxed) != serial
    }
}

#[vtable]
impl FileOperations for EduFile {
    type Device = CovariantForLt!(Edu<'_>);

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self {
            queue: scope.data().queue.clone(),
            seen: Atomic::new(0),
        })
    }

    fn read_iter(scope: Scope<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        let scope = scope.wait_interruptible(|f| &f.queue, |s| s.file().is_behind(s.data()))?;
        let value = scope.data().bar.read(regs::RESULT);
        scope.copy_out(user, &value.into_raw().to_ne_bytes())?;
        Ok(user.copied())
    }

    fn poll(scope: &Scope<'_, Self>, table: &mut PollTable<'_, Self>) -> Events {
        table.wait(|f| &f.queue);
        Events::IN.when(scope.file().is_behind(scope.data()))
    }
}

impl pci::Driver for EduDriver {
    type IdInfo = ();
    const ID_TABLE: pci::IdTable<()> = &PCI_TABLE;

    fn probe<'bound>(
        pdev: &'bound pci::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        _info: Option<&'bound ()>,
    ) -> Result {
        pci::enable_device_mem(binding, pdev)?;
        let bar = pdev.iomap_region_sized(0, c"edu")?;
        let edu = binding.share(Edu::new(bar))?;
        miscdevice_sync::register::<EduFile>(binding, miscdevice_sync::Options::new(c"edu0"), edu)
    }
}

devscope::module_pci_driver! {
    type: EduDriver,
    name: "edu",
    authors: ["The Devscope developers"],
    description: "The driver that the README shows",
    license: "GPL v2",
}
