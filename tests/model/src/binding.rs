// SPDX-License-Identifier: GPL-2.0

//! What a binding owns: the steps of binding/ and of the registrations, which has the protocol end
//! it.

use crate::char_device::CharDevice;
use crate::protocol::{self, Part, Role};
use loom::sync::Mutex;
use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

/// `/dev`, whose lock anybody can hold who reads the directory.
pub type Directory = Arc<Mutex<()>>;

pub enum Owned {
    /// What calls back: it is as if it had files, who wait in it.
    Callback(Arc<CharDevice>),
    Node(Arc<CharDevice>, Directory),
    /// A device below this one, and so all of its nodes.
    Child(Directory),
    /// What the files of a device reach, and the name of its node.
    Data(Arc<CharDevice>),
    Timer(Timer),
}

/// A callback whose end waits for starts of it.
#[derive(Default)]
pub struct Timer {
    /// How many grace periods were over when it was refused, if it was.
    refused: Cell<Option<usize>>,
    /// How many are over.
    over: Arc<AtomicUsize>,
}

impl Timer {
    /// The owner of a timer, which waits for grace periods of `over`.
    pub fn owned(over: &Arc<AtomicUsize>) -> Owned {
        Owned::Timer(Self {
            over: over.clone(),
            ..Self::default()
        })
    }

    fn refuse(&self) -> usize {
        let refused = self.refused.get().unwrap_or(self.over.load(Relaxed));
        self.refused.set(Some(refused));
        refused
    }
}

impl Part for Owned {
    fn role(&self) -> Role {
        match self {
            Self::Callback(..) | Self::Timer(_) => Role::Callback,
            Self::Node(..) => Role::Node,
            Self::Child(..) => Role::Exposed,
            Self::Data(..) => Role::Data,
        }
    }

    fn close(&self) {
        if let Self::Node(device, _) = self {
            protocol::unplug(&**device);
        }
    }

    fn refuse(&self) -> bool {
        match self {
            Self::Timer(timer) => {
                timer.refuse();
                true
            }
            _ => false,
        }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // A test has failed, and somebody may have the lock.
        if std::thread::panicking() {
            return;
        }
        match self {
            Self::Callback(device) => protocol::unplug(&**device),
            Self::Node(device, dev) => {
                drop(dev.lock().unwrap());
                device.data.read();
                // `Registered::drop`.
                protocol::unplug(&**device);
            }
            Self::Child(dev) => drop(dev.lock().unwrap()),
            Self::Data(device) => device.data.remove(),
            Self::Timer(timer) => {
                let refused = timer.refuse();
                timer.over.fetch_max(refused + 1, Relaxed);
            }
        }
    }
}

/// `Attachments::drop`.
pub fn unbind<const N: usize>(owned: [Owned; N]) {
    protocol::end(&mut owned.map(Some));
}
