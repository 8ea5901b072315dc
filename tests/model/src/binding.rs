// SPDX-License-Identifier: GPL-2.0

//! What a binding owns: the steps of binding/ and of the registrations, in the order of the
//! protocol.

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

/// `/dev`, whose lock every task takes that reads the directory.
pub type Directory = Arc<Mutex<()>>;

pub enum Owned {
    /// A callback that sleepers wait for: modelled as a device with files.
    Callback(Arc<CharDevice>),
    Node(Arc<CharDevice>, Directory),
    /// A child device, which is removed with its nodes.
    Child(Directory),
    /// The data that the files of a device use, and the name of its node.
    Data(Arc<CharDevice>),
    Timer(Timer),
}

/// A callback whose end waits until no start of it is in progress.
#[derive(Default)]
pub struct Timer {
    /// The number of grace periods that had ended when starts were refused.
    refused: Cell<Option<usize>>,
    /// The number of grace periods that have ended.
    over: Arc<AtomicUsize>,
}

impl Timer {
    /// A timer that counts its grace periods in `over`.
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
        // A test has failed, and another thread may hold the lock.
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
