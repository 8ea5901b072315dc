// SPDX-License-Identifier: GPL-2.0

//! What a binding owns: the steps of binding/ and of the registrations, which has the protocol end
//! it.

use crate::char_device::CharDevice;
use crate::protocol::{self, Part, Role};
use loom::sync::Mutex;
use std::sync::Arc;

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
}

impl Part for Owned {
    fn role(&self) -> Role {
        match self {
            Self::Callback(..) => Role::Callback,
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
        }
    }
}

/// `Attachments::drop`.
pub fn unbind<const N: usize>(owned: [Owned; N]) {
    protocol::end(&mut owned.map(Some));
}
