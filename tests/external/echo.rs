// SPDX-License-Identifier: GPL-2.0

//! A driver that is built outside of the repository: data written to `/dev/echo` can be read once.

use devscope::prelude::*;
use kernel::{
    new_mutex,
    prelude::*,
    sync::{Arc, Mutex}, //
};

/// The data of the device.
#[pin_data]
struct Echo {
    #[pin]
    line: Mutex<KVec<u8>>,
    queue: Arc<WaitQueue>,
}

/// The data of an open file.
struct EchoFile {
    queue: Arc<WaitQueue>,
}

#[vtable]
impl FileOperations for EchoFile {
    type Device = CovariantForLt!(Echo);

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self {
            queue: scope.data().queue.clone(),
        })
    }

    fn read_iter(scope: Scope<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        let mut scope = scope;
        loop {
            scope = scope.wait_interruptible(|f| &f.queue, |s| !s.data().line.lock().is_empty())?;
            let line = core::mem::take(&mut *scope.data().line.lock());
            // Empty if another reader was faster.
            if !line.is_empty() {
                scope.copy_out(user, &line)?;
                return Ok(user.copied());
            }
        }
    }

    fn write_iter(scope: Scope<'_, Self>, user: &mut UserSource<'_>) -> Result<usize> {
        let mut line = KVec::from_elem(0, user.len().min(4096), GFP_KERNEL)?;
        let scope = scope.copy_in(user, &mut line)?;
        let echo = scope.data();
        *echo.line.lock() = line;
        echo.queue.wake_all();
        Ok(user.copied())
    }
}

struct EchoDriver;

kernel::pci_device_table!(
    PCI_TABLE,
    <EchoDriver as pci::Driver>::IdInfo,
    [(pci::device_id(0x1b36, 0x0005), ())]
);

impl pci::Driver for EchoDriver {
    type IdInfo = ();
    const ID_TABLE: pci::IdTable<Self::IdInfo> = &PCI_TABLE;

    fn probe<'bound>(
        _pdev: &'bound pci::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> Result {
        let echo = binding.share(try_pin_init!(Echo {
            line <- new_mutex!(KVec::new()),
            queue: Arc::pin_init(new_wait_queue!(), GFP_KERNEL)?,
        }))?;
        miscdevice_sync::register::<EchoFile>(binding, miscdevice_sync::Options::new(c"echo"), echo)
    }
}

devscope::module_pci_driver! {
    type: EchoDriver,
    name: "echo",
    authors: ["The Devscope developers"],
    description: "A driver outside of the repository",
    license: "GPL v2",
}
