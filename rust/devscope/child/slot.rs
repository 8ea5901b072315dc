// SPDX-License-Identifier: GPL-2.0
// UNSAFE: a work item.

//! One child: its creation and its end.

use super::{Exit, Family, Home, Kind, Opening, Parent};
use core::ptr::NonNull;
use kernel::{
    bindings,
    container_of,
    list::{impl_list_arc_safe, impl_list_item, ListArc, ListLinks},
    prelude::*,
    sync::{
        atomic::{AtomicFlag, Relaxed},
        Arc,
        Mutex,
        MutexGuard,
        SetOnce, //
    },
    types::Opaque, //
};

/// A child, from the beginning of its creation until the last reference is dropped.
///
/// Its family has a reference until it has ended, and so has the code that handles its last close,
/// and then the work, while it is queued.
///
/// # Invariants
///
/// - `exit` is closed when `whole` is empty again.
/// - `work` is initialised, and queued only while `whole` has something.
#[pin_data]
pub(crate) struct Slot<K: Kind> {
    family: Arc<Family<K>>,
    exit: SetOnce<K::Exit>,
    /// Held by the task that unplugs the files.
    #[pin]
    closing: Mutex<()>,
    /// Held by the task that creates the child or ends it.
    #[pin]
    whole: Mutex<Option<Whole<K>>>,
    #[pin]
    work: Opaque<bindings::work_struct>,
    marked: AtomicFlag,
    #[pin]
    links: ListLinks,
}

// SAFETY: All fields may be used by any thread, and the work by any thread under the lock of
// `whole`.
unsafe impl<K: Kind> Send for Slot<K> {}
// SAFETY: All fields may be used by any thread, and the work by any thread under the lock of
// `whole`.
unsafe impl<K: Kind> Sync for Slot<K> {}

impl_list_arc_safe! {
    impl{K: Kind} ListArcSafe<0> for Slot<K> { untracked; }
}

impl_list_item! {
    impl{K: Kind} ListItem<0> for Slot<K> { using ListLinks { self.links }; }
}

/// The queue for the work that ends a child after its last close.
pub(crate) type Queue = NonNull<bindings::workqueue_struct>;

/// The parts of a child, except its exit.
struct Whole<K: Kind> {
    body: K::Body,
    queue: Queue,
}

// SAFETY: The body is `Send`, and a queue may be used by any thread.
unsafe impl<K: Kind> Send for Whole<K> {}

impl<K: Kind> Slot<K> {
    /// Creates an empty slot. Errors: `ENOMEM`.
    pub(super) fn new(family: &Arc<Family<K>>) -> Result<ListArc<Self>> {
        let (closing, closing_key) = crate::lock_class!(c"devscope_child_closing");
        let (whole, whole_key) = crate::lock_class!(c"devscope_child");
        let (work_name, work_key) = crate::lock_class!(c"devscope_child_work");
        ListArc::pin_init(
            try_pin_init!(Self {
                family: family.clone(),
                exit: SetOnce::new(),
                closing <- Mutex::new((), closing, closing_key),
                whole <- Mutex::new(None, whole, whole_key),
                // INVARIANT: The C function initialises it.
                work <- Opaque::ffi_init(|slot| {
                    // SAFETY: `slot` is valid for writes and pinned; the name and the key live for
                    // ever.
                    unsafe {
                        bindings::init_work_with_key(
                            slot,
                            Some(Self::run),
                            false,
                            work_name.as_char_ptr(),
                            work_key.as_ptr(),
                        )
                    }
                }),
                marked: AtomicFlag::new(false),
                links <- ListLinks::new(),
            }? Error),
            GFP_KERNEL,
        )
    }

    /// Marks the slot, for the closer, under the lock of the list. Returns whether it was not
    /// marked before.
    pub(super) fn mark(&self) -> bool {
        let marked = self.marked.load(Relaxed);
        self.marked.store(true, Relaxed);
        !marked
    }

    /// Begins to create the child, in a file operation. `item` is this slot.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: children cannot be created.
    /// - `ENOMEM`, and the errors of [`Kind::make`].
    pub(super) fn begin<'a>(
        self: &'a Arc<Self>,
        item: ListArc<Self>,
        argument: K::Argument,
    ) -> Result<Making<'a, K>> {
        let whole = self.whole.lock();
        let home = self.family.admit(item)?;
        let mut making = Making {
            slot: self,
            whole,
            home,
            done: false,
        };
        making.begin(argument)?;
        Ok(making)
    }

    /// Returns the exit, once the child can have files.
    pub(crate) fn exit(&self) -> Option<&K::Exit> {
        self.exit.as_ref()
    }

    /// Unplugs the files, if there can be any. Sleeps.
    pub(super) fn close(&self) {
        let _closing = self.closing.lock();
        if let Some(exit) = self.exit() {
            exit.close();
        }
    }

    /// Ends the child, or waits until another task has ended it. Sleeps.
    pub(super) fn end(&self) {
        self.take_apart(&mut self.whole.lock());
    }

    /// Ends all parts of the child.
    fn take_apart(&self, whole: &mut Option<Whole<K>>) {
        self.close();
        if let Some(exit) = self.exit() {
            exit.hide();
        }
        // INVARIANT: It was just closed.
        *whole = None;
        if let Some(exit) = self.exit() {
            exit.ended();
        }
        self.family.forget(self);
    }

    /// Returns the work that ends the child, for the code that handles its last close. The code
    /// passes a reference to the slot with it.
    pub(crate) fn work(self: &Arc<Self>) -> NonNull<bindings::work_struct> {
        // SAFETY: It is a field of a value in an `Arc`, so its address is not null.
        unsafe {
            // Without a reference to the field: `run` gets from here to the slot.
            let work = &raw const (*Arc::as_ptr(self)).work;
            NonNull::new_unchecked(Opaque::cast_into(work))
        }
    }

    /// Queues the work that ends the child, after its last close. If another task holds the lock,
    /// it is ending the child.
    pub(crate) fn leave(self: Arc<Self>) {
        let Some(whole) = self.whole.try_lock() else {
            return;
        };
        let Some(queue) = whole.as_ref().map(|whole| whole.queue) else {
            return;
        };
        let slot = Arc::into_raw(self.clone());
        // SAFETY: By the type invariant. The queue is valid, since the child exists; `run` takes
        // over the reference.
        let queued = unsafe {
            bindings::queue_work_on(
                bindings::wq_misc_consts_WORK_CPU_UNBOUND as c_int,
                queue.as_ptr(),
                self.work().as_ptr(),
            )
        };
        if !queued {
            // SAFETY: No other code takes it over.
            drop(unsafe { Arc::from_raw(slot) });
        }
    }

    /// # Safety
    ///
    /// Called by a worker, for the work of a slot, with a reference to the slot.
    unsafe extern "C" fn run(work: *mut bindings::work_struct) {
        // SAFETY: A worker passes the work of a slot, and the code that has queued it has left a
        // reference to the slot, by `Arc::into_raw()`.
        let slot = unsafe {
            let slot = container_of!(Opaque::cast_from(work), Self, work);
            Arc::from_raw(slot)
        };
        slot.end();
    }
}

/// A child that is being created. Dropping this ends its parts, unless the creation has succeeded.
pub(super) struct Making<'a, K: Kind> {
    slot: &'a Arc<Slot<K>>,
    whole: MutexGuard<'a, Option<Whole<K>>>,
    home: Home<K>,
    done: bool,
}

impl<K: Kind> Making<'_, K> {
    fn begin(&mut self, argument: K::Argument) -> Result {
        crate::ffi::attach_step()?;
        // SAFETY: The slot is on the list, and this has its lock.
        let live = unsafe { self.home.live() };
        // SAFETY: The data of the parent is dropped after `live`, which ends this slot: it closes
        // the exit and drops the body.
        let (body, exit) = unsafe { K::make(Parent(live.data.as_ref()), argument) }?;
        let queue = live.queue.as_raw();
        *self.whole = Some(Whole { body, queue });
        self.slot.exit.populate(exit);
        // From here on, the closer sees the child, or this sees the closer.
        self.slot.family.is_open()
    }

    /// Opens the child, and makes it visible if it has a node. Not inside the gate of the creator:
    /// a task that reads a directory may hold up the creation of a node in it. Sleeps. Errors:
    /// those of [`Kind::open`].
    pub(super) fn finish(mut self, flags: u32) -> Result<K::Opened> {
        // SAFETY: The slot is still on the list, and this has its lock, under which alone it is
        // taken off.
        let live = unsafe { self.home.live() };
        let (Some(whole), Some(exit)) = (&mut *self.whole, self.slot.exit()) else {
            return Err(ENODEV);
        };
        let mut opening = Opening {
            slot: self.slot,
            common: &live.common,
            handouts: &live.handouts,
            body: &mut whole.body,
            exit,
            queue: whole.queue,
        };
        let opened = K::open(&mut opening, flags)?;
        self.done = true;
        Ok(opened)
    }
}

impl<K: Kind> Drop for Making<'_, K> {
    fn drop(&mut self) {
        if !self.done {
            self.slot.take_apart(&mut self.whole);
        }
    }
}
