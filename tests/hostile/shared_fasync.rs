// SPDX-License-Identifier: GPL-2.0

//! Uses one `Fasync` for two files at the same time.
//!
//! It serves the first file. The second is refused, and has no effect on the signals of the first:
//! neither when it is closed, nor when the driver returns another `Fasync` for it.

use devscope::prelude::*;
use kernel::{
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
};

#[pin_data]
struct SharedFile {
    /// Shared by all files.
    shared: Arc<Fasync>,
    /// Of this file only.
    #[pin]
    own: Fasync,
    names_own: Atomic<u32>,
}

#[vtable]
impl FileOperations for SharedFile {
    type Device = CovariantForLt!(Arc<Fasync>);

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        let shared = scope.data().clone();
        try_pin_init!(Self {
            shared,
            own <- Fasync::new(),
            names_own: Atomic::new(0),
        }? Error)
    }

    /// Makes [`Self::fasync`] return the file's own `Fasync` from now on.
    fn ioctl(scope: Scope<'_, Self>, _cmd: u32, _arg: usize) -> Result<isize> {
        scope.file().names_own.store(1, Relaxed);
        Ok(0)
    }

    fn fasync(&self) -> &Fasync {
        match self.names_own.load(Relaxed) {
            0 => &self.shared,
            _ => &self.own,
        }
    }
}

struct Shared;

kernel::pci_device_table!(PCI_TABLE, <Shared as pci::Driver>::IdInfo, []);

impl pci::Driver for Shared {
    type IdInfo = ();
    const ID_TABLE: pci::IdTable<Self::IdInfo> = &PCI_TABLE;

    fn probe<'bound>(
        _pdev: &'bound pci::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> Result {
        let fasync = Arc::pin_init(Fasync::new(), GFP_KERNEL)?;
        let data = binding.share::<CovariantForLt!(Arc<Fasync>)>(Ok(fasync))?;
        let options = miscdevice_sync::Options::new(c"shared_fasync");
        miscdevice_sync::register::<SharedFile>(binding, options, data)
    }
}

devscope::module_pci_driver! {
    type: Shared,
    name: "shared_fasync",
    authors: ["The Devscope developers"],
    description: "Names one Fasync for two files",
    license: "GPL v2",
}
