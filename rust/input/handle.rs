// SPDX-License-Identifier: GPL-2.0
// UNSAFE: wraps a handle of the input core.

//! The connection of a handler to a device.

use crate::{bindings, Device, Handler, Minor};
use core::{
    cell::UnsafeCell,
    ptr::{null_mut, NonNull}, //
};
use devscope::{
    binding::{Attachments, Binding, FreeDevice, Shared},
    fops::Owner,
    lock_class,
    scope::unscoped, //
};
use kernel::{
    bindings::put_device,
    container_of,
    device as device_rs,
    error::to_result,
    prelude::*,
    str::CString,
    sync::Mutex,
    types::Opaque, //
};

/// The connection of handler `H` to an input device.
///
/// # Invariants
///
/// `raw` is registered, and `input` a reference to its device, which is registered as well, from
/// [`Handler::connect`] until the binding has ended.
#[pin_data(PinnedDrop)]
pub struct Handle<H: Handler> {
    #[pin]
    pub(crate) raw: Opaque<bindings::input_handle>,
    /// The device of the binding, which is never made visible. A driver may have passed on
    /// references to it, so it is not a part of this memory.
    pub(crate) device: FreeDevice,
    input: NonNull<bindings::input_dev>,
    /// Protected by the event lock of the device.
    pub(crate) listener: UnsafeCell<Option<Shared<'static, H::Device>>>,
    /// For the adapter: the registrations of `connect`.
    pub(crate) attachments: UnsafeCell<Option<Attachments>>,
    #[pin]
    opened: Mutex<usize>,
}

// SAFETY: The functions of the input core may be called by any thread; `listener` is protected by a
// lock, and `attachments` by the input core, which connects and disconnects one at a time.
unsafe impl<H: Handler> Send for Handle<H> {}
// SAFETY: The functions of the input core may be called by any thread; `listener` is protected by a
// lock, and `attachments` by the input core, which connects and disconnects one at a time.
unsafe impl<H: Handler> Sync for Handle<H> {}

impl<H: Handler> Handle<H> {
    /// Creates a handle that is not registered yet, in a box that [`Self::free`] frees. Errors:
    /// `ENOMEM`.
    ///
    /// # Safety
    ///
    /// The caller is the `connect` of `handler`, whose code this is, for `input`.
    pub(crate) unsafe fn new(
        handler: *mut bindings::input_handler,
        input: *mut bindings::input_dev,
        minor: Option<&Minor>,
    ) -> Result<NonNull<Self>> {
        let device = match (H::NODES, minor) {
            (Some(nodes), Some(minor)) => {
                let name = CString::try_from_fmt(fmt!("{}{}", nodes.name, minor.index()))?;
                FreeDevice::new(&name)?
            }
            _ => FreeDevice::new(H::NAME)?,
        };
        let (opened_name, opened_key) = lock_class!(c"devscope_input_opened");
        let handle = KBox::pin_init(
            try_pin_init!(Self {
                raw: Opaque::zeroed(),
                device,
                input: {
                    // SAFETY: The caller is the `connect` for `input`, so this device is
                    // registered.
                    unsafe { kernel::bindings::get_device(&raw mut (*input).dev) };
                    // SAFETY: It points to a device, so it is not null.
                    unsafe { NonNull::new_unchecked(input) }
                },
                listener: UnsafeCell::new(None),
                attachments: UnsafeCell::new(None),
                opened <- Mutex::new(0, opened_name, opened_key),
            }),
            GFP_KERNEL,
        )?;
        // SAFETY: It is not moved, until `free` makes it a box again.
        let handle = unsafe { KBox::into_raw(Pin::into_inner_unchecked(handle)) };
        // SAFETY: All pointers are valid and belong to this handle. The device keeps its name.
        unsafe {
            let device = (*handle).device.as_raw();
            (*device).parent = &raw mut (*input).dev;
            let raw = (*handle).raw.get();
            (*raw).dev = input;
            (*raw).handler = handler;
            (*raw).name = kernel::bindings::dev_name(device);
        }
        // SAFETY: Just created.
        Ok(unsafe { NonNull::new_unchecked(handle) })
    }

    /// Frees a handle.
    ///
    /// # Safety
    ///
    /// `handle` is not registered, its binding has ended, and no other code uses it.
    pub(crate) unsafe fn free(handle: NonNull<Self>) {
        // SAFETY: `new` has created the handle in a pinned box, which does not move here. It is not
        // registered, its binding has ended, and no other code uses it, as the caller guarantees.
        drop(unsafe { Pin::new_unchecked(KBox::from_raw(handle.as_ptr())) });
    }

    /// # Safety
    ///
    /// `raw` is that of a handle.
    #[inline(always)]
    pub(crate) unsafe fn from_raw(raw: *mut bindings::input_handle) -> NonNull<Self> {
        // SAFETY: The caller passes the `raw` of a handle, so it is a field of one.
        unsafe {
            let handle = container_of!(Opaque::cast_from(raw), Self, raw);
            NonNull::new_unchecked(handle.cast_mut())
        }
    }

    pub(crate) fn as_raw(&self) -> *mut bindings::input_handle {
        self.raw.get()
    }

    /// Returns the name of the connection and of its node, such as `event3`.
    pub fn name(&self) -> &CStr {
        // SAFETY: The device is initialised.
        unsafe { device_rs::Device::<device_rs::Normal>::from_raw(self.device.as_raw()) }.name()
    }

    /// Returns the device.
    #[inline(always)]
    pub fn input(&self) -> &Device {
        // SAFETY: By the type invariant.
        unsafe { Device::from_raw(self.input.as_ptr()) }
    }

    /// Passes the events of the open device to [`Handler::events`], until the binding ends. Sleeps.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: this was called before.
    /// - `ENOMEM`.
    pub fn listen<'bound>(
        &'bound self,
        binding: &mut Binding<'bound>,
        data: Shared<'bound, H::Device>,
    ) -> Result {
        // SAFETY: Only the handler's `events` uses it, and `Listening` ends that.
        let data = unsafe { data.unbounded() };
        let was_silent = self.input().hold(binding, |_| {
            // SAFETY: The event lock is held.
            let listener = unsafe { &mut *self.listener.get() };
            let was_silent = listener.is_none();
            listener.get_or_insert(data);
            was_silent
        });
        if !was_silent {
            return Err(EBUSY);
        }
        // If there is no memory for it, this drops it.
        binding.keep(Ok::<_, Error>(Listening::<H>(NonNull::from(self))))
    }

    /// Opens the device, if it is not open, so that it sends events. [`Self::close`] undoes this.
    /// The end of the connection closes the device and erases all effects. Sleeps.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device is being removed.
    /// - `EINTR`: a signal came while this waited for another opener.
    /// - The errors of the device's driver.
    pub fn open(&self) -> Result {
        let mut opened = self.opened.lock();
        if *opened == 0 {
            // SAFETY: By the type invariant.
            to_result(unsafe { bindings::input_open_device(self.as_raw()) })?;
        }
        *opened += 1;
        Ok(())
    }

    /// Undoes one [`Self::open`], and erases the [force feedback](crate::ff) effects of `owner`.
    /// The last call closes the device and [releases](Self::release_grab) a grab. Sleeps.
    ///
    /// It need not be called when the device is removed: see [`Self::open`].
    pub fn close(&self, owner: Owner<'_>) {
        if !owner.is_nobody() {
            self.flush(owner);
        }
        let mut opened = self.opened.lock();
        if *opened == 1 {
            // SAFETY: By the type invariant; it is open.
            unsafe { bindings::input_close_device(self.as_raw()) };
        }
        *opened = opened.saturating_sub(1);
    }

    fn flush(&self, owner: Owner<'_>) {
        // An effect that is not erased here belongs to nobody, and is freed with the device.
        // SAFETY: By the type invariant; owners are only compared.
        unsafe { bindings::input_flush_device(self.as_raw(), owner.as_raw()) };
    }

    /// Closes the device, however often it was opened, and erases all effects.
    pub(crate) fn close_all(&self) {
        let mut opened = self.opened.lock();
        if core::mem::take(&mut *opened) > 0 {
            self.flush(Owner::NOBODY);
            // SAFETY: By the type invariant; it is open.
            unsafe { bindings::input_close_device(self.as_raw()) };
        }
    }

    /// Grabs the device: only this connection gets its events. Sleeps.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: a connection has grabbed the device already.
    /// - `EINTR`: a signal is pending.
    pub fn grab(&self) -> Result {
        // SAFETY: By the type invariant.
        to_result(unsafe { bindings::input_grab_device(self.as_raw()) })
    }

    /// Undoes [`Self::grab`], if this connection has grabbed the device. Sleeps.
    pub fn release_grab(&self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::input_release_device(self.as_raw()) };
    }

    /// Sends an event to the device, for a LED for example, and to all handlers as if it came from
    /// the device. Does nothing if another connection has grabbed the device. In any context but
    /// [`Handler::events`], which holds the lock.
    #[inline]
    pub fn inject(&self, kind: u16, code: u16, value: i32) {
        // SAFETY: By the type invariant.
        unsafe {
            bindings::input_inject_event(self.as_raw(), kind.into(), code.into(), value);
        }
    }
}

#[pinned_drop]
impl<H: Handler> PinnedDrop for Handle<H> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: A holder of a reference to the device finds no parent after this. `new` has taken
        // a reference to the parent.
        unsafe {
            (*self.device.as_raw()).parent = null_mut();
            put_device(&raw mut (*self.input.as_ptr()).dev);
        }
    }
}

/// The passing of events to the handler. Dropping it ends this.
struct Listening<H: Handler>(NonNull<Handle<H>>);

// SAFETY: A handle is `Sync`.
unsafe impl<H: Handler> Send for Listening<H> {}
// SAFETY: A handle is `Sync`.
unsafe impl<H: Handler> Sync for Listening<H> {}

impl<H: Handler> Drop for Listening<H> {
    fn drop(&mut self) {
        // SAFETY: The handle outlives the registrations of its binding.
        let handle = unsafe { self.0.as_ref() };
        // Events are passed under this lock: no call is in progress after it.
        unscoped(|context| {
            handle.input().hold(context, |_| {
                // SAFETY: The event lock is held.
                unsafe { *handle.listener.get() = None };
            });
        });
    }
}
