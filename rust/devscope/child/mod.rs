// SPDX-License-Identifier: GPL-2.0
// UNSAFE: keeps the address of the data that children borrow from.

//! Devices that a file operation creates and opens for its caller in one step.
//!
//! A program asks a device to create another one, and gets its descriptor. No program can open the
//! new device earlier, and the last close of the descriptor removes it.
//! `Documentation/device-and-descriptor.rst` explains the use of this. Character devices are in
//! [`chardev`](crate::chardev), and disks in [`block`](crate::block).
//!
//! # Locking
//!
//! Each device has a [`Slot`]. The task that creates or ends the device holds the lock of the slot.
//! The last close queues work that ends the device, since it may run in any task and context. The
//! binding ends the devices that are left, after all of its files are unplugged, and then waits for
//! the work. Unplugging files does not take the lock of a slot, so a creator cannot hold it up.

mod create;
mod slot;

pub(crate) use slot::{Queue, Slot};

use crate::{
    binding::{Attachment, Binding, DeviceData, Role, Shared},
    callback::work::{Flags, OwnedQueue},
    ffi::handout::Handouts, //
};
use core::ptr::NonNull;
use kernel::{
    list::{List, ListArc},
    prelude::*,
    sync::{Arc, Mutex},
    types::{CovariantForLt, ForLt}, //
};

/// A kind of devices that can be created. Drivers use one of the existing kinds.
pub trait Kind: Sized + 'static {
    /// The data that a child may borrow from.
    type Parent: CovariantForLt + 'static;
    /// The argument of the creator.
    type Argument;
    /// The result for the creator.
    type Opened;
    #[doc(hidden)]
    type Common: Send + Sync + 'static;
    #[doc(hidden)]
    type Exit: Exit;
    #[doc(hidden)]
    type Body: Send + Unpin;

    /// Creates the parts of a child before it is opened, in a file operation.
    ///
    /// # Safety
    ///
    /// `Exit` is closed and then `Body` dropped, before the data of the parent is.
    #[doc(hidden)]
    unsafe fn make(
        parent: Parent<'_, Self::Parent>,
        argument: Self::Argument,
    ) -> Result<(Self::Body, Self::Exit)>;

    /// Opens the child and makes it visible. Not in the gate of the creator.
    #[doc(hidden)]
    fn open(opening: &mut Opening<'_, Self>, flags: u32) -> Result<Self::Opened>;
}

/// Unplugs the files of a child. Public as a bound of [`Kind`], which rustc 1.85 does not see.
#[allow(unreachable_pub)]
#[doc(hidden)]
pub trait Exit: Send + Sync + 'static {
    /// Refuses new callers and waits for those inside. Calls are serialised; a second call does
    /// nothing.
    fn close(&self);

    /// Hides the child from lookups by number.
    fn hide(&self) {}

    /// Called when the child has ended.
    fn ended(&self) {}
}

/// The children of a device, of one kind: a field of the shared data. It is registered once, and
/// [`Scope::create`](crate::fops::Scope::create) adds children.
pub struct Children<K: Kind>(Arc<Family<K>>);

impl<K: Kind> Children<K> {
    /// Creates an unregistered value. Errors: `ENOMEM`.
    pub fn new() -> Result<Self> {
        let (name, key) = crate::lock_class!(c"devscope_children");
        let state = State {
            slots: List::new(),
            home: None,
            was_registered: false,
        };
        let family = Arc::pin_init(
            try_pin_init!(Family { state <- Mutex::new(state, name, key) }? Error),
            GFP_KERNEL,
        )?;
        Ok(Self(family))
    }
}

/// The common part of the children, which keep it in memory.
#[pin_data]
struct Family<K: Kind> {
    #[pin]
    state: Mutex<State<K>>,
}

struct State<K: Kind> {
    slots: List<Slot<K>>,
    home: Option<Home<K>>,
    was_registered: bool,
}

/// The registration of the children. It is valid while the lock of the state is held, and while a
/// slot is on the list.
struct Home<K: Kind>(NonNull<Live<K>>);

impl<K: Kind> Clone for Home<K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: Kind> Copy for Home<K> {}

// SAFETY: `Live` is `Send` and `Sync`.
unsafe impl<K: Kind> Send for Home<K> {}
// SAFETY: `Live` is `Send` and `Sync`.
unsafe impl<K: Kind> Sync for Home<K> {}

impl<K: Kind> Home<K> {
    /// # Safety
    ///
    /// A slot of the family is on the list, and the caller has its lock, for as long as the
    /// reference lives.
    unsafe fn live<'a>(self) -> &'a Live<K> {
        // SAFETY: A slot of the family is on the list, and the caller has its lock. Before `Live`
        // is dropped, it ends all slots on the list, which takes the lock of each.
        unsafe { self.0.as_ref() }
    }
}

impl<K: Kind> Family<K> {
    /// Enables the creation of children. Errors: `EBUSY` if it was enabled before.
    fn open(&self, home: Home<K>) -> Result {
        let mut state = self.state.lock();
        if core::mem::replace(&mut state.was_registered, true) {
            return Err(EBUSY);
        }
        state.home = Some(home);
        Ok(())
    }

    /// Adds a slot. Errors: `ENODEV` if children cannot be created yet, or not any more.
    fn admit(&self, slot: ListArc<Slot<K>>) -> Result<Home<K>> {
        let mut state = self.state.lock();
        let home = state.home.ok_or(ENODEV)?;
        state.slots.push_back(slot);
        Ok(home)
    }

    /// Errors: `ENODEV` if children cannot be created any more.
    fn is_open(&self) -> Result {
        self.state.lock().home.map(drop).ok_or(ENODEV)
    }

    /// Takes a slot off the list, if it is on it.
    fn forget(&self, slot: &Slot<K>) {
        // SAFETY: A slot is never in another list than that of its family.
        drop(unsafe { self.state.lock().slots.remove(slot) });
    }

    /// Marks the first slot that is not marked, moves it to the end, and returns it.
    fn next(&self) -> Option<Arc<Slot<K>>> {
        let mut state = self.state.lock();
        let slot = state.slots.pop_front()?;
        let shared = slot.clone_arc();
        if slot.mark() {
            state.slots.push_back(slot);
            Some(shared)
        } else {
            state.slots.push_front(slot);
            None
        }
    }

    fn first(&self) -> Option<Arc<Slot<K>>> {
        self.state.lock().slots.iter().next().map(Arc::from)
    }
}

/// A family for which children can be created until this is dropped.
#[pin_data(PinnedDrop)]
struct Live<K: Kind> {
    family: Arc<Family<K>>,
    /// Its drop waits for its work.
    queue: OwnedQueue,
    handouts: Handouts,
    common: K::Common,
    data: NonNull<DeviceData<K::Parent>>,
}

// SAFETY: `DeviceData` is `Send` and `Sync`, and so are all others.
unsafe impl<K: Kind> Send for Live<K> {}
// SAFETY: `DeviceData` is `Send` and `Sync`, and so are all others.
unsafe impl<K: Kind> Sync for Live<K> {}

impl<K: Kind> Live<K> {
    fn new(
        family: &Arc<Family<K>>,
        common: K::Common,
        data: NonNull<DeviceData<K::Parent>>,
    ) -> impl PinInit<Self, Error> + use<'_, K> {
        try_pin_init!(&this in Self {
            queue: OwnedQueue::new(c"devscope_children", Flags::UNBOUND)?,
            handouts: Handouts::new()?,
            common,
            data,
            // The last field: the others are initialised.
            family: {
                family.open(Home(this))?;
                family.clone()
            },
        })
    }
}

impl<K: Kind> Attachment for Live<K> {
    fn role(&self) -> Role {
        Role::Node
    }

    fn close(&self) {
        self.family.state.lock().home = None;
        while let Some(slot) = self.family.next() {
            slot.close();
        }
    }
}

#[pinned_drop]
impl<K: Kind> PinnedDrop for Live<K> {
    fn drop(self: Pin<&mut Self>) {
        self.close();
        while let Some(slot) = self.family.first() {
            slot.end();
        }
    }
}

/// Registers children until unbind. `children` returns this field of the data. May sleep. Errors:
/// `EBUSY` if they were registered before, and `ENOMEM`.
pub(crate) fn register<'bound, K: Kind>(
    binding: &mut Binding<'bound>,
    common: K::Common,
    data: Shared<'bound, K::Parent>,
    children: impl for<'a, 'b> FnOnce(&'a <K::Parent as ForLt>::Of<'b>) -> &'a Children<K>,
) -> Result {
    // SAFETY: The data is dropped after the registration.
    let children = unsafe { data.project(children) };
    binding
        .attach(Live::new(&children.0, common, data.as_ptr()))
        .map(drop)
}

/// The data that a child may borrow from.
#[doc(hidden)]
pub struct Parent<'a, F: ForLt + 'static>(&'a DeviceData<F>);

impl<'a, F: CovariantForLt + 'static> Parent<'a, F> {
    pub(crate) fn data(&self) -> &'a F::Of<'a> {
        self.0.data()
    }

    /// Creates the data of a child, which has the same device.
    ///
    /// # Safety
    ///
    /// The data is dropped before the data of the parent.
    pub(crate) unsafe fn device_data<G, I>(
        &self,
        init: I,
    ) -> impl PinInit<DeviceData<G>, Error> + use<'a, F, G, I>
    where
        G: ForLt + 'static,
        G::Of<'a>: Send + Sync,
        I: PinInit<G::Of<'a>, Error>,
    {
        // SAFETY: The caller drops the value before the data of the parent, and so while the device
        // is bound and the data that it borrows from is valid.
        unsafe { DeviceData::new(self.0.device(), init) }
    }
}

/// A child that is being opened.
#[doc(hidden)]
pub struct Opening<'a, K: Kind> {
    pub(crate) slot: &'a Arc<Slot<K>>,
    pub(crate) common: &'a K::Common,
    pub(crate) handouts: &'a Handouts,
    pub(crate) body: &'a mut K::Body,
    pub(crate) exit: &'a K::Exit,
    pub(crate) queue: Queue,
}
