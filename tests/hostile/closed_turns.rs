// SPDX-License-Identifier: GPL-2.0

//! Closes the turns that its two nodes share more than once, and from within a turn.
//!
//! Each call returns: only the first closes the turns, and a caller in its turn does not wait for
//! itself.

use devscope::prelude::*;
use kernel::{
    ioctl::_IO,
    prelude::*,
    sync::Arc, //
};

/// Closes the turns in a turn. Any other command only takes a turn.
const CLOSE: u32 = _IO(0xDE, 1);

struct Node(Arc<Turns>);
struct Other(Arc<Turns>);

/// The work of a turn: closes the turns if `cmd` is [`CLOSE`].
fn turn(turns: &Turns, cmd: u32) {
    if cmd == CLOSE {
        turns.close();
    }
}

#[vtable]
impl FileOperations for Node {
    type Device = CovariantForLt!(Arc<Turns>);

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self(scope.data().clone()))
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, _arg: usize) -> Result<isize> {
        scope.in_turn(|f| &f.0, |s| turn(&s.file().0, cmd))?;
        Ok(0)
    }

    fn wake(turns: &Arc<Turns>) {
        turns.close();
        turns.close();
    }
}

#[vtable]
impl FileOperations for Other {
    type Device = CovariantForLt!(Arc<Turns>);

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self(scope.data().clone()))
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, _arg: usize) -> Result<isize> {
        scope.in_turn(|f| &f.0, |s| turn(&s.file().0, cmd))?;
        Ok(0)
    }

    fn wake(turns: &Arc<Turns>) {
        turns.close();
    }
}

struct Closed;

kernel::pci_device_table!(PCI_TABLE, <Closed as pci::Driver>::IdInfo, []);

impl pci::Driver for Closed {
    type IdInfo = ();
    const ID_TABLE: pci::IdTable<Self::IdInfo> = &PCI_TABLE;

    fn probe<'bound>(
        _pdev: &'bound pci::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> Result {
        let turns = Arc::pin_init(new_turns!(), GFP_KERNEL)?;
        let data = binding.share::<CovariantForLt!(Arc<Turns>)>(Ok(turns))?;
        let options = miscdevice_sync::Options::new(c"closed_turns");
        miscdevice_sync::register::<Node>(binding, options, data)?;
        let options = miscdevice_sync::Options::new(c"closed_turns-other");
        miscdevice_sync::register::<Other>(binding, options, data)
    }
}

devscope::module_pci_driver! {
    type: Closed,
    name: "closed_turns",
    authors: ["The Devscope developers"],
    description: "Closes turns more than once",
    license: "GPL v2",
}
