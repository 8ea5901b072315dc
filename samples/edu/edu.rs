// SPDX-License-Identifier: GPL-2.0

//! A driver for QEMU's `edu` PCI device, which computes factorials: `/dev/edu0`, `/dev/edu1`, ...
//!
//! The interface is in `include/uapi/devscope/edu.h`. `Documentation/writing-a-driver.rst` takes
//! this driver apart, step by step.

use devscope::prelude::*;
use kernel::{
    io::{poll::read_poll_timeout, register, Io},
    ioctl::{_IOR, _IOWR},
    new_mutex,
    prelude::*,
    str::CString,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc,
        Mutex, //
    },
    time::Delta, //
};

/// What the device is.
mod regs {
    use super::*;

    register! {
        pub(super) ID(u32) @ 0x00 {
            31:24 major => u8;
            23:16 minor => u8;
            7:0 magic => u8;
        }

        /// Answers with the inverse of what was written.
        pub(super) LIVENESS(u32) @ 0x04 {
            31:0 pattern;
        }

        /// A number to begin with, its factorial when the device is done.
        pub(super) FACTORIAL(u32) @ 0x08 {
            31:0 number;
        }

        pub(super) STATUS(u32) @ 0x20 {
            0:0 computing => bool;
        }
    }

    pub(super) const END: usize = 0x24;
    pub(super) const MAGIC: u8 = 0xed;
}

/// The data that lives with the binding.
#[pin_data]
struct Edu<'bound> {
    bar: pci::Bar<'bound, { regs::END }>,
    /// Held from what is written to the liveness register until its answer is read.
    #[pin]
    liveness: Mutex<()>,
    #[pin]
    state: Mutex<State>,
    /// Woken when the state changes. Every open file has a reference.
    queue: Arc<WaitQueue>,
    _index: Index,
}

struct State {
    /// Somebody uses the computing registers.
    computing: bool,
    latest: Factorial,
}

/// A result.
#[derive(Clone, Copy)]
struct Factorial {
    /// Counts up.
    serial: u64,
    value: u32,
}

impl Edu<'_> {
    /// Takes the computing registers, if nobody has them. Who waits for them does so outside, so
    /// that unbind waits for one computation and not for a line of them.
    fn begin(&self) -> bool {
        !core::mem::replace(&mut self.state.lock().computing, true)
    }

    /// Computes, for who has the computing registers, and gives them back.
    fn compute(&self, number: u32) -> Result {
        self.bar
            .write_reg(regs::FACTORIAL::zeroed().with_number(number));
        let done = read_poll_timeout(
            || Ok(self.bar.read(regs::STATUS)),
            |status| !status.computing(),
            Delta::from_micros(20),
            Delta::from_millis(1000),
        );

        let mut state = self.state.lock();
        state.computing = false;
        if done.is_ok() {
            state.latest = Factorial {
                serial: state.latest.serial + 1,
                value: self.bar.read(regs::FACTORIAL).number().into(),
            };
        }
        drop(state);
        self.queue.wake_all();
        done.map(drop)
    }

    fn answer(&self, pattern: u32) -> u32 {
        let _liveness = self.liveness.lock();
        self.bar
            .write_reg(regs::LIVENESS::zeroed().with_pattern(pattern));
        self.bar.read(regs::LIVENESS).pattern().into()
    }

    fn latest(&self) -> Factorial {
        self.state.lock().latest
    }
}

/// The data of an open file.
struct EduFile {
    /// The serial number of the last result that was read.
    seen: Atomic<u64>,
    queue: Arc<WaitQueue>,
}

impl EduFile {
    fn has_read(&self, result: Factorial) -> bool {
        self.seen.load(Relaxed) == result.serial
    }
}

/// `struct edu_ident`.
#[derive(FromBytes, IntoBytes, Immutable)]
#[repr(C)]
struct Ident {
    magic: u8,
    major: u8,
    minor: u8,
    reserved: u8,
}

const EDU_IOC_IDENT: u32 = _IOR::<Ident>(0xED, 0x00);
const EDU_IOC_ALIVE: u32 = _IOWR::<u32>(0xED, 0x01);

#[vtable]
impl SyncFile for EduFile {
    type Device = CovariantForLt!(Edu<'_>);

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self {
            seen: Atomic::new(scope.data().latest().serial),
            queue: scope.data().queue.clone(),
        })
    }

    fn read_iter(scope: Scope<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        if user.len() < size_of::<u32>() {
            return Err(EINVAL);
        }
        let scope =
            scope.wait_interruptible(|f| &f.queue, |s| !s.file().has_read(s.data().latest()))?;
        let result = scope.data().latest();
        let scope = scope.copy_out(user, &result.value.to_ne_bytes())?;
        scope.file().seen.store(result.serial, Relaxed);
        Ok(user.copied())
    }

    fn write_iter(scope: Scope<'_, Self>, user: &mut UserSource<'_>) -> Result<usize> {
        let mut number = [0; size_of::<u32>()];
        if user.len() != number.len() {
            return Err(EINVAL);
        }
        let scope = scope.copy_in(user, &mut number)?;
        let scope = scope.wait_interruptible(|f| &f.queue, |s| s.data().begin())?;
        scope.data().compute(u32::from_ne_bytes(number))?;
        Ok(number.len())
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        let user = UserPtr::from_addr(arg);
        match cmd {
            EDU_IOC_IDENT => {
                let id = scope.data().bar.read(regs::ID);
                let ident = Ident {
                    magic: id.magic(),
                    major: id.major(),
                    minor: id.minor(),
                    reserved: 0,
                };
                scope.write_user(user, &ident)?;
            }
            EDU_IOC_ALIVE => {
                let (scope, pattern) = scope.read_user(user)?;
                let answer = scope.data().answer(pattern);
                scope.write_user(user, &answer)?;
            }
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }

    fn poll(scope: &Scope<'_, Self>, table: &mut PollTable<'_, Self>) -> Events {
        table.wait(|f| &f.queue);
        Events::OUT | Events::IN.when(!scope.file().has_read(scope.data().latest()))
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
        pdev.enable_device_mem()?;
        let bar = pdev.iomap_region_sized(0, c"edu")?;
        let id = bar.read(regs::ID);
        if id.magic() != regs::MAGIC {
            return Err(ENODEV);
        }

        let index = INDICES.take()?;
        let name = CString::try_from_fmt(fmt!("edu{index}"))?;
        dev_info!(
            pdev,
            "edu {}.{} is /dev/{}\n",
            id.major(),
            id.minor(),
            &*name
        );
        let edu = binding.share(try_pin_init!(Edu {
            bar,
            liveness <- new_mutex!(()),
            state <- new_mutex!(State {
                computing: false,
                latest: Factorial { serial: 0, value: 0 },
            }),
            queue: Arc::pin_init(new_wait_queue!(), GFP_KERNEL)?,
            _index: index,
        }))?;
        miscdevice_sync::register::<EduFile>(binding, miscdevice_sync::Options::new(&name), edu)
    }
}

devscope::module_pci_driver! {
    type: EduDriver,
    name: "edu",
    authors: ["The Devscope developers"],
    description: "QEMU's edu device",
    license: "GPL v2",
}
