// SPDX-License-Identifier: GPL-2.0

//! The driver of testdev's auxiliary device, which uses the registers of its parent. See
//! `../testdev/testdev.h`.

use devscope::prelude::*;
use kernel::{
    ioctl::_IO,
    new_mutex,
    prelude::*,
    str::CString,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc,
        Mutex, //
    }, //
};
use testdev::{Fifo, FifoData};

/// The data of the auxiliary device.
#[pin_data]
struct Child<'bound> {
    /// The data of the parent, which is bound at least as long as this device.
    parent: &'bound Fifo,
    /// The parent's device, which gives access to the `Devres` in the parent's data.
    cookie: &'bound Device<Bound>,
    #[pin]
    sample: Mutex<Sample>,
    #[pin]
    work: work::Item<Take>,
    /// Woken when there is a new sample. Every open file has a reference.
    queue: Arc<WaitQueue>,
}

/// A value that the work item read.
#[derive(Clone, Copy)]
struct Sample {
    /// The number of this sample.
    serial: u64,
    header: u32,
}

impl Child<'_> {
    fn header(&self) -> Result<u32> {
        self.parent.header(self.cookie)
    }

    fn take(&self) -> Result {
        self.parent.select(self.cookie)?;
        let mut sample = self.sample.lock();
        sample.serial += 1;
        sample.header = self.header()?;
        drop(sample);
        self.queue.wake_all();
        Ok(())
    }

    fn latest(&self) -> Sample {
        *self.sample.lock()
    }
}

/// A work item that reads a register of the parent.
struct Take;

impl callback::Handler for Take {
    type Device = CovariantForLt!(Child<'_>);

    fn run(scope: &mut ProcessScope<'_, Self::Device>) {
        if let Err(error) = scope.data().take() {
            dev_err!(
                scope.device(),
                "the parent is out of reach: {}\n",
                error.to_errno()
            );
        }
    }
}

/// The data of an open file.
struct ChildFile {
    /// The serial number of the last sample that was read.
    seen: Atomic<u64>,
    queue: Arc<WaitQueue>,
}

impl ChildFile {
    fn has_news(scope: &Scope<'_, Self>) -> bool {
        scope.data().latest().serial != scope.file().seen.load(Relaxed)
    }
}

const OWN_COOKIE: u32 = _IO(0xDE, 0x40);

#[vtable]
impl FileOperations for ChildFile {
    type Device = CovariantForLt!(Child<'_>);

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self {
            seen: Atomic::new(scope.data().latest().serial),
            queue: scope.data().queue.clone(),
        })
    }

    fn read_iter(scope: Scope<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        let scope = scope.wait_interruptible(|f| &f.queue, Self::has_news)?;
        let sample = scope.data().latest();
        let headers = [sample.header, scope.data().header()?];
        let scope = scope.copy_out(user, headers.as_bytes())?;
        scope.file().seen.store(sample.serial, Relaxed);
        Ok(user.copied())
    }

    fn write_iter(scope: Scope<'_, Self>, user: &mut UserSource<'_>) -> Result<usize> {
        scope.data().work.queue();
        Ok(user.len())
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, _arg: usize) -> Result<isize> {
        match cmd {
            // The cookie of this device gives no access to a resource of the parent.
            OWN_COOKIE => scope.data().parent.header(scope.device()).map(|_| 0),
            _ => Err(ENOTTY),
        }
    }

    fn poll(scope: &Scope<'_, Self>, table: &mut PollTable<'_, Self>) -> Events {
        table.wait(|f| &f.queue);
        Events::OUT | Events::IN.when(Self::has_news(scope))
    }
}

struct ChildDriver;

kernel::auxiliary_device_table!(
    AUX_TABLE,
    <ChildDriver as auxiliary::Driver>::IdInfo,
    [(auxiliary::DeviceId::new(c"testdev", c"child"), ())]
);

impl auxiliary::Driver for ChildDriver {
    type IdInfo = ();
    const ID_TABLE: auxiliary::IdTable<Self::IdInfo> = &AUX_TABLE;

    fn probe<'bound>(
        adev: &'bound auxiliary::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        _info: &'bound Self::IdInfo,
    ) -> Result {
        let parent = auxiliary::parent_data::<FifoData>(adev)?;
        let name = CString::try_from_fmt(fmt!("testchild{}", adev.id()))?;
        let child = binding.share::<CovariantForLt!(Child<'_>)>(try_pin_init!(Child {
            parent,
            cookie: adev.parent(),
            sample <- new_mutex!(Sample { serial: 0, header: 0 }),
            work <- new_item!("testchild"),
            queue: Arc::pin_init(new_wait_queue!(), GFP_KERNEL)?,
        }))?;
        work::register(binding, work::Queue::system(), child, |child| &child.work)?;
        miscdevice_sync::register::<ChildFile>(binding, miscdevice_sync::Options::new(&name), child)
    }
}

devscope::module_auxiliary_driver! {
    type: ChildDriver,
    name: "testchild",
    authors: ["The Devscope developers"],
    description: "The driver of testdev's auxiliary device",
    license: "GPL v2",
}
