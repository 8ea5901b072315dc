// SPDX-License-Identifier: GPL-2.0
// UNSAFE: file operations of files that lead to their device by the inode.

//! Character devices that a file operation creates and opens for its caller in one step.

use super::{
    node::Node,
    number::{Minor, Region},
    Options, //
};
use crate::{
    binding::{Binding, DeviceData, Shared},
    child::{self, Exit, Kind, Opening, Parent, Slot},
    control,
    ffi::handout::{self, Handout, NewFile},
    fops::{status, FileOperations, Registered, Shim}, //
};
use core::{marker::PhantomData, ptr::NonNull};
use kernel::{
    bindings,
    prelude::*,
    str::CString,
    sync::{Arc, ArcBorrow},
    types::{CovariantForLt, ForLt}, //
};

/// A kind of character device that file operations create.
///
/// # Examples
///
/// See `samples/loopchan`.
pub trait Child: FileOperations {
    /// The data that the driver shares, and that a child may borrow from. It outlives every child.
    type Parent: CovariantForLt + 'static;

    /// The argument of the creator for the new device.
    type Argument;

    /// Creates the data of a new device. Runs in the file operation that creates the device, and
    /// may sleep for bounded time. The data is dropped after the files are unplugged and the node
    /// is removed.
    ///
    /// # Errors
    ///
    /// Passed on to the creator.
    fn device<'a>(
        parent: &'a <Self::Parent as ForLt>::Of<'a>,
        argument: Self::Argument,
    ) -> impl PinInit<<Self::Device as ForLt>::Of<'a>, Error>;
}

/// The children of a device: see [`child::Children`].
pub type Children<C> = child::Children<CharKind<C>>;

/// The nodes of the children of a device.
#[derive(Clone, Copy)]
pub struct ChildOptions {
    name: &'static CStr,
    most: u32,
}

impl ChildOptions {
    /// No nodes: only a descriptor gives access to a child. There may be any number of children.
    pub const fn anonymous() -> Self {
        Self { name: c"", most: 0 }
    }

    /// Nodes `/dev/NAMEn`, where `n` is the lowest free number, at most `most` at a time. A node is
    /// created after the creator's file is open, and any program with permission may open it. The
    /// last close of the creator's file unplugs their files.
    pub const fn nodes(name: &'static CStr, most: u32) -> Self {
        Self { name, most }
    }
}

/// Registers children until unbind. `children` returns this field of the data. Register them before
/// the code that creates children, such as the node of a control device. May sleep.
///
/// Unbind unplugs the files of all children, as it does those of the binding's own nodes, and no
/// child can be created any more. After this registration has ended, there is no child any more.
///
/// # Errors
///
/// - `EBUSY`: the children were registered before, or no major number is free.
/// - `EINVAL`: the number of nodes is too large.
/// - `ENOMEM`.
pub fn register_children<'bound, C: Child>(
    binding: &mut Binding<'bound>,
    options: ChildOptions,
    data: Shared<'bound, C::Parent>,
    children: impl for<'a, 'b> FnOnce(&'a <C::Parent as ForLt>::Of<'b>) -> &'a Children<C>,
) -> Result
where
    for<'b> <C::Device as ForLt>::Of<'b>: Send + Sync,
{
    let region = match options.name.is_empty() {
        true => None,
        false => Some(Region::new(options.name, options.most)?),
    };
    child::register(binding, Common { options, region }, data, children)
}

/// Character devices whose files are of type `C`.
pub struct CharKind<C>(PhantomData<C>);

/// The common part of the children of a device.
pub struct Common {
    options: ChildOptions,
    region: Option<Arc<Region>>,
}

/// The parts of a child, except its files. They are dropped in this order.
pub struct Body<C: Child> {
    shown: Option<Shown<C>>,
    data: Pin<KBox<DeviceData<C::Device>>>,
}

/// A node. Its number is freed after the node is removed.
///
/// # Invariants
///
/// The node is added.
struct Shown<C: Child> {
    node: Node<C>,
    _minor: Minor,
}

impl<C: Child> Drop for Shown<C> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { self.node.delete() };
    }
}

/// The files of a child.
pub struct Files<C: Child>(Registered<C>);

impl<C: Child> Exit for Files<C> {
    fn close(&self) {
        self.0.close();
    }

    fn hide(&self) {
        self.0.hide();
    }

    fn ended(&self) {
        self.0.closed();
    }
}

impl<C: Child> Kind for CharKind<C>
where
    for<'b> <C::Device as ForLt>::Of<'b>: Send + Sync,
{
    type Parent = C::Parent;
    type Argument = C::Argument;
    type Opened = NewFile;
    type Common = Common;
    type Exit = Files<C>;
    type Body = Body<C>;

    unsafe fn make(
        parent: Parent<'_, C::Parent>,
        argument: C::Argument,
    ) -> Result<(Body<C>, Files<C>)> {
        let init = C::device(parent.data(), argument);
        // SAFETY: The data is a part of the body, which the caller drops before the data of the
        // parent.
        let data = KBox::pin_init(unsafe { parent.device_data(init) }, GFP_KERNEL)?;
        // SAFETY: A registration of the parent's binding keeps it.
        let shared = unsafe { Shared::new(NonNull::from(&*data)) };
        // SAFETY: The caller closes the exit, which this value is a part of, before it drops the
        // body, and with it the data. The table is the shim's, with a `release` that calls the
        // shim's.
        let registered = unsafe { Registered::new(shared, Self::FOPS) }?;
        Ok((Body { shown: None, data }, Files(registered)))
    }

    fn open(opening: &mut Opening<'_, Self>, flags: u32) -> Result<NewFile> {
        let minor = opening.common.region.as_ref().map(Region::take);
        let minor = minor.transpose()?;
        let slot = Arc::as_ptr(opening.slot).cast_mut().cast();
        let child = Handout::Char {
            number: minor.as_ref().map_or(0, Minor::devt),
            operations: Self::FOPS,
            // SAFETY: An `Arc` is never null.
            found: unsafe { NonNull::new_unchecked(slot) },
        };
        // SAFETY: Its `open` finds the slot, which the caller has a reference to.
        let file = unsafe { opening.handouts.open(&child, flags) }?;
        if let Some(minor) = minor {
            Self::show(opening, minor)?;
        }
        Ok(file)
    }
}

impl<C: Child> CharKind<C>
where
    for<'b> <C::Device as ForLt>::Of<'b>: Send + Sync,
{
    const FOPS: &'static bindings::file_operations = &bindings::file_operations {
        release: Some(Self::release),
        // SAFETY: `Self::file_open` returns what the shim's `open` did, or the node's.
        ..unsafe { Shim::<C>::table(Self::file_open) }
    };

    /// Creates the node.
    fn show(opening: &mut Opening<'_, Self>, minor: Minor) -> Result {
        let common = opening.common.options.name;
        let name = CString::try_from_fmt(fmt!("{}{}", common, minor.minor()))?;
        let devt = minor.devt();
        let device = opening.body.data.device();
        let registered = &opening.exit.0;
        let char_device = registered.char_device().clone();
        let node = Node::new(device, Options::new(&name), devt, char_device)?;
        // SAFETY: The node is not a misc device.
        unsafe { registered.show(control::Node::Number(devt)) };
        // SAFETY: The first call; `minor` is kept for as long as the node.
        unsafe { node.add() }?;
        // INVARIANT: Just added.
        opening.body.shown = Some(Shown {
            node,
            _minor: minor,
        });
        Ok(())
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on an inode that leads to a slot of this
    /// kind, or on one of a node of it.
    unsafe extern "C" fn file_open(
        inode: *mut bindings::inode,
        file: *mut bindings::file,
    ) -> c_int {
        // SAFETY: The VFS holds on to the inode until the file is opened.
        let slot = unsafe { handout::found(inode) };
        let Some(slot) = NonNull::new(slot.cast::<Slot<Self>>()) else {
            // SAFETY: The inode does not lead to a slot, so it belongs to a node of this kind, and
            // the VFS has passed the arguments of its `open`.
            return unsafe { Node::<C>::open(inode, file) };
        };
        // SAFETY: The caller is its creator, which has a reference.
        let slot = unsafe { ArcBorrow::from_raw(slot.as_ptr()) };
        status(slot.exit().ok_or(ENODEV).and_then(|files| {
            // SAFETY: The VFS calls this once for a file that has this table, with the arguments of
            // `open`.
            unsafe { Shim::open(files.0.char_device(), inode, file) }?;
            // `release` drops this reference.
            let _ = Arc::into_raw(Arc::from(slot));
            Ok(())
        }))
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::file_open`].
    unsafe extern "C" fn release(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY:
        // - `file_open` has opened the file by `Shim::open`, and the VFS calls `release` once.
        // - The VFS holds on to the inode until this returns. Where it leads to a slot, that is of
        //   this kind, and `file_open` has left a reference to it.
        unsafe {
            Shim::<C>::release(inode, file);
            let slot = handout::found(inode).cast::<Slot<Self>>();
            if !slot.is_null() {
                // `open` has kept a reference. Such an inode is opened once.
                Arc::from_raw(slot).leave();
            }
        }
        0
    }
}
