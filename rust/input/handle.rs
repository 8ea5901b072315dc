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
    /// What the binding is of: never shown to anyone. A driver may have given away references to
    /// it, so it is no part of this memory.
    pub(crate) device: FreeDevice,
    input: NonNull<bindings::input_dev>,
    /// Protected by the event lock of the device.
    pub(crate) listener: UnsafeCell<Option<Shared<'static, H::Device>>>,
    /// Of the adapter: what connecting has registered.
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
    /// A handle that is not registered yet, as a box that [`Self::free`] frees. Errors: `ENOMEM`.
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
                    // SAFETY: The caller is the `connect` for `input`, so this is a device that is
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
        // SAFETY: It stays where it is, until `free` makes it a box again.
        let handle = unsafe { KBox::into_raw(Pin::into_inner_unchecked(handle)) };
        // SAFETY: All of this is valid, and of this handle. The device keeps its name.
        unsafe {
            let device = (*handle).device.as_raw();
            (*device).parent = &raw mut (*input).dev;
            let raw = (*handle).raw.get();
            (*raw).dev = input;
            (*raw).handler = handler;
            (*raw).name = kernel::bindings::dev_name(device);
        }
        // SAFETY: Just made.
        Ok(unsafe { NonNull::new_unchecked(handle) })
    }

    /// Frees it.
    ///
    /// # Safety
    ///
    /// `handle` is not registered, its binding has ended, and nobody has any other use for it.
    pub(crate) unsafe fn free(handle: NonNull<Self>) {
        // SAFETY: `new` has made the handle in a pinned box, which does not move here. It is not
        // registered, its binding has ended, and nobody has any other use for it, as the caller
        // says.
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

    /// The name of the connection, and of its node, such as `event3`.
    pub fn name(&self) -> &CStr {
        // SAFETY: The device is initialised.
        unsafe { device_rs::Device::<device_rs::Normal>::from_raw(self.device.as_raw()) }.name()
    }

    /// The device.
    #[inline(always)]
    pub fn input(&self) -> &Device {
        // SAFETY: By the type invariant.
        unsafe { Device::from_raw(self.input.as_ptr()) }
    }

    /// Has the handler told of the events of the open device, until the binding ends. Sleeps.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: it is told already.
    /// - `ENOMEM`.
    pub fn listen<'bound>(
        &'bound self,
        binding: &mut Binding<'bound>,
        data: Shared<'bound, H::Device>,
    ) -> Result {
        // SAFETY: It is used by the handler's `events` alone, which `Listening` ends.
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
        // Where there is no memory for it, this is dropped.
        binding.keep(Ok::<_, Error>(Listening::<H>(NonNull::from(self))))
    }

    /// Opens the device, so that it sends events, unless it is open. To be undone with
    /// [`Self::close`]; at its end, the connection closes it, with all effects. Sleeps.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device goes.
    /// - `EINTR`: a signal came while another one opened it.
    /// - Those of the device's driver.
    pub fn open(&self) -> Result {
        let mut opened = self.opened.lock();
        if *opened == 0 {
            // SAFETY: By the type invariant.
            to_result(unsafe { bindings::input_open_device(self.as_raw()) })?;
        }
        *opened += 1;
        Ok(())
    }

    /// Undoes an [`Self::open`], and takes from the device what is of `owner`: effects of
    /// [force feedback](crate::ff). The last one closes the device, and
    /// [releases](Self::release_grab) it. Sleeps.
    ///
    /// Where the device goes, there is no need for it: see [`Self::open`].
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
        // An effect that stays after all belongs to nobody, and goes with the device.
        // SAFETY: By the type invariant; owners are compared.
        unsafe { bindings::input_flush_device(self.as_raw(), owner.as_raw()) };
    }

    /// Closes the device, however often it was opened, with all effects.
    pub(crate) fn close_all(&self) {
        let mut opened = self.opened.lock();
        if core::mem::take(&mut *opened) > 0 {
            self.flush(Owner::NOBODY);
            // SAFETY: By the type invariant; it is open.
            unsafe { bindings::input_close_device(self.as_raw()) };
        }
    }

    /// Takes the events of the device for this connection alone. Sleeps.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: some connection has them.
    /// - `EINTR`: a signal.
    pub fn grab(&self) -> Result {
        // SAFETY: By the type invariant.
        to_result(unsafe { bindings::input_grab_device(self.as_raw()) })
    }

    /// Undoes [`Self::grab`], if need be. Sleeps.
    pub fn release_grab(&self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::input_release_device(self.as_raw()) };
    }

    /// Sends an event as if it came from the device, and to the device, such as for a light.
    /// Nothing happens where another connection has grabbed the device. In any context, but
    /// [`Handler::events`], which has the lock.
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
        // SAFETY: Whoever still has a reference to the device has no parent to look for. `new` has
        // taken a reference to that.
        unsafe {
            (*self.device.as_raw()).parent = null_mut();
            put_device(&raw mut (*self.input.as_ptr()).dev);
        }
    }
}

/// That the handler is told of events.
struct Listening<H: Handler>(NonNull<Handle<H>>);

// SAFETY: A handle is `Sync`.
unsafe impl<H: Handler> Send for Listening<H> {}
// SAFETY: A handle is `Sync`.
unsafe impl<H: Handler> Sync for Listening<H> {}

impl<H: Handler> Drop for Listening<H> {
    fn drop(&mut self) {
        // SAFETY: The handle outlives what its binding keeps.
        let handle = unsafe { self.0.as_ref() };
        // Events are passed on under this lock: none is under way after it.
        unscoped(|context| {
            handle.input().hold(context, |_| {
                // SAFETY: The event lock is held.
                unsafe { *handle.listener.get() = None };
            });
        });
    }
}
