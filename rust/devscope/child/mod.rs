// SPDX-License-Identifier: GPL-2.0
// UNSAFE: keeps the address of the data that children borrow from.

//! Devices that a file operation creates, and opens for its caller in the same step.
//!
//! A program asks a device for another one, and gets its descriptor: nobody can open it before, and
//! it goes with that descriptor's last close. `Documentation/device-and-descriptor.rst` is about
//! what this is good for. [`chardev`](crate::chardev) has the kind that character devices are, and
//! [`block`](crate::block) that of disks.
//!
//! # Who waits for whom
//!
//! A device that is being created or ends has its [`Slot`], and whoever does either holds the lock
//! of the slot. The last close has a worker end the device, since it may be anybody's and anywhere.
//! The binding ends those that are left, after all of its files are cut off, and then waits for the
//! workers. Cutting off takes no lock of a slot, so no creator holds that up.

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

/// A kind of devices that can be created. Drivers name one of those that there are.
pub trait Kind: Sized + 'static {
    /// The data that a child may borrow from.
    type Parent: CovariantForLt + 'static;
    /// What the creator says.
    type Argument;
    /// What the creator gets.
    type Opened;
    #[doc(hidden)]
    type Common: Send + Sync + 'static;
    #[doc(hidden)]
    type Exit: Exit;
    #[doc(hidden)]
    type Body: Send + Unpin;

    /// Makes what there is of a child before it is opened, in a file operation.
    ///
    /// # Safety
    ///
    /// `Exit` is closed and then `Body` dropped, before the data of the parent is.
    #[doc(hidden)]
    unsafe fn make(
        parent: Parent<'_, Self::Parent>,
        argument: Self::Argument,
    ) -> Result<(Self::Body, Self::Exit)>;

    /// Opens it, and has others find it. Not in the gate of the creator.
    #[doc(hidden)]
    fn open(opening: &mut Opening<'_, Self>, flags: u32) -> Result<Self::Opened>;
}

/// How the files of a child are cut off. Public as a bound of [`Kind`]'s, which rustc 1.85 does not
/// see.
#[allow(unreachable_pub)]
#[doc(hidden)]
pub trait Exit: Send + Sync + 'static {
    /// Lets nobody in any more, and waits for those who are inside. One at a time; a second time,
    /// it does nothing.
    fn close(&self);

    /// User space finds it no more by its number.
    fn hide(&self) {}

    /// All of it has ended.
    fn ended(&self) {}
}

/// The children of a device, of one kind: a field of the data that the driver shares. It is
/// registered once, and [`Scope::create`](crate::fops::Scope::create) adds to them.
pub struct Children<K: Kind>(Arc<Family<K>>);

impl<K: Kind> Children<K> {
    /// Makes one that is not registered yet. Errors: `ENOMEM`.
    pub fn new() -> Result<Self> {
        let (name, key) = crate::lock_class!(c"devscope_children");
        let family = Arc::pin_init(
            try_pin_init!(Family { state <- Mutex::new(State::default(), name, key) }? Error),
            GFP_KERNEL,
        )?;
        Ok(Self(family))
    }
}

/// What the children have in common. They keep it in memory.
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

impl<K: Kind> Default for State<K> {
    fn default() -> Self {
        Self {
            slots: List::new(),
            home: None,
            was_registered: false,
        }
    }
}

/// Where children are made. It is there while the lock of the state is held, and as long as there
/// is a slot on the list.
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
        // is gone, it ends all slots on the list, which takes the lock of each.
        unsafe { self.0.as_ref() }
    }
}

impl<K: Kind> Family<K> {
    /// Has children made from now on. Errors: `EBUSY` where it was so before.
    fn open(&self, home: Home<K>) -> Result {
        let mut state = self.state.lock();
        if core::mem::replace(&mut state.was_registered, true) {
            return Err(EBUSY);
        }
        state.home = Some(home);
        Ok(())
    }

    /// Adds a slot. Errors: `ENODEV` where no children are made, not yet or not any more.
    fn admit(&self, slot: ListArc<Slot<K>>) -> Result<Home<K>> {
        let mut state = self.state.lock();
        let home = state.home.ok_or(ENODEV)?;
        state.slots.push_back(slot);
        Ok(home)
    }

    /// Errors: `ENODEV` where no children are made any more.
    fn is_open(&self) -> Result {
        self.state.lock().home.map(drop).ok_or(ENODEV)
    }

    /// Takes a slot off the list, if it is there.
    fn forget(&self, slot: &Slot<K>) {
        // SAFETY: A slot is never in another list than that of its family.
        drop(unsafe { self.state.lock().slots.remove(slot) });
    }

    /// The first slot that is not marked, which it is then; it becomes the last one.
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

/// A family that children are made for until this is dropped.
#[pin_data(PinnedDrop)]
struct Live<K: Kind> {
    family: Arc<Family<K>>,
    /// Waits for its work when it is dropped.
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
            // The rest is there.
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

/// Has children made until unbind. `children` names them in the data. May sleep. Errors: `EBUSY`
/// where they were registered before, and `ENOMEM`.
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

/// What a child may borrow from.
#[doc(hidden)]
pub struct Parent<'a, F: ForLt + 'static>(&'a DeviceData<F>);

impl<'a, F: CovariantForLt + 'static> Parent<'a, F> {
    pub(crate) fn data(&self) -> &'a F::Of<'a> {
        self.0.data()
    }

    /// The data of a child, which has the same device.
    ///
    /// # Safety
    ///
    /// It is dropped before the data of the parent.
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
        // is bound and what it borrows from is there.
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
