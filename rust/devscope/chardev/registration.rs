// SPDX-License-Identifier: GPL-2.0
// UNSAFE: registers a character device.

//! A registered character device.

use super::{node::Node, Number, Options};
use crate::{
    binding::{Attachment, Role, Shared},
    control,
    fops::{FileOperations, Registered}, //
};
use kernel::{
    device::{Bound, Device},
    prelude::*, //
};

/// A character device, registered until this is dropped. The fields after `registered` are dropped
/// after it, in this order.
///
/// # Invariants
///
/// `node` is added.
#[pin_data(PinnedDrop)]
pub(super) struct Registration<T: FileOperations, N: Number> {
    registered: Registered<T>,
    node: Node<T>,
    number: N,
}

impl<T: FileOperations, N: Number> Registration<T, N> {
    /// Registers a character device. The caller drops the result before the data that `data` stands
    /// for.
    pub(super) fn new<'a, 'bound>(
        device: &'bound Device<Bound>,
        options: Options<'a>,
        number: N,
        data: Shared<'bound, T::Device>,
    ) -> impl PinInit<Self, Error> + use<'a, 'bound, T, N> {
        let devt = number.devt();
        try_pin_init!(Self {
            number,
            // SAFETY: The binding owns both, and drops this first. The table is the shim's.
            registered: unsafe { Registered::new(data, Node::<T>::FOPS) }?,
            // INVARIANT: Added on success.
            node: {
                let node = Node::new(device, options, devt, registered.char_device().clone())?;
                // SAFETY: The node is not a misc device.
                unsafe { registered.show(control::Node::Number(devt)) };
                // SAFETY: The first call; `number` is kept for as long as the node.
                unsafe { node.add() }?;
                node
            },
        })
    }
}

impl<T: FileOperations, N: Number> Attachment for Registration<T, N> {
    fn role(&self) -> Role {
        Role::Node
    }

    fn close(&self) {
        self.registered.close();
    }
}

#[pinned_drop]
impl<T: FileOperations, N: Number> PinnedDrop for Registration<T, N> {
    fn drop(self: Pin<&mut Self>) {
        self.registered.hide();
        // A program may still be opening the node, in memory that the cdev keeps.
        // SAFETY: By the type invariant.
        unsafe { self.node.delete() };
    }
}
