// SPDX-License-Identifier: GPL-2.0
// UNSAFE: holds the data of the device, which is dropped before its memory.

//! The device's end of its open files, and how it is unplugged.

use super::{OpenFile, SyncFile};
use crate::{
    gate::Gate,
    scope::Section, //
};
use kernel::{
    device::{Bound, Device},
    list::{List, ListArc},
    prelude::*,
    sync::{aref::ARef, Arc, Mutex},
    types::{CovariantForLt, ForLt, Opaque}, //
};
use pin_init::Wrapper;

/// What a registration and its open files share. It is kept alive by both.
///
/// # Invariants
///
/// `data` is initialised, and `parent` bound, until [`Plugged::drop`] has drained the gate and
/// disconnected the files. So both may be used by who is inside the gate.
#[pin_data]
pub(crate) struct Endpoint<T: SyncFile> {
    #[pin]
    gate: Gate,
    parent: ARef<Device>,
    /// The data that lives with the binding; `'static` stands for that time.
    #[pin]
    data: Opaque<<T::Device as ForLt>::Of<'static>>,
    /// Every open file that is not disconnected yet.
    #[pin]
    files: Mutex<List<OpenFile<T>>>,
}

// SAFETY: `Plugged::new` asks for data that is `Send` and `Sync`; `OpenFile` has only parts that
// are, as `SyncFile` asks; the rest is made for use by many threads.
unsafe impl<T: SyncFile> Send for Endpoint<T> {}
// SAFETY: As above.
unsafe impl<T: SyncFile> Sync for Endpoint<T> {}

impl<T: SyncFile> Endpoint<T> {
    #[inline(always)]
    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// # Safety
    ///
    /// The caller is inside the gate, or the closer, for as long as the reference lives.
    #[inline]
    pub(crate) unsafe fn device(&self) -> &Device<Bound> {
        // SAFETY: By the safety requirement and the type invariant.
        unsafe { self.parent.as_bound() }
    }

    /// # Safety
    ///
    /// As for [`Self::device`].
    #[inline]
    pub(crate) unsafe fn data(&self) -> &<T::Device as ForLt>::Of<'_>
    where
        T::Device: CovariantForLt,
    {
        // SAFETY: By the safety requirement and the type invariant.
        <T::Device as CovariantForLt>::cast_ref(unsafe { &*self.data.get() })
    }

    /// # Safety
    ///
    /// As for [`Self::device`], for the call.
    #[inline]
    pub(crate) unsafe fn with_data<R>(
        &self,
        f: impl for<'b> FnOnce(&<T::Device as ForLt>::Of<'b>) -> R,
    ) -> R {
        // The lifetime of the borrow is another than that of the data, so that `f` cannot store a
        // reference to the data in the data: its drop would meet it.
        //
        // SAFETY: By the safety requirement and the type invariant. Lifetimes do not change a
        // type's layout, and `f` works for every lifetime, so it can carry nothing of this one
        // away.
        f(unsafe { &*self.data.get().cast() })
    }

    /// Adds a file. Errors: `ENODEV` where the endpoint is being unplugged.
    pub(super) fn admit(&self, file: ListArc<OpenFile<T>>) -> Result {
        let mut files = self.files.lock();
        // The closer cancels the pass first and locks the list then, so it sees the file or the
        // pass is seen here.
        if !self.gate.pass().is_good() {
            return Err(ENODEV);
        }
        files.push_back(file);
        Ok(())
    }

    /// Takes a file off the list, unless the closer has done it.
    pub(super) fn remove(&self, file: &OpenFile<T>) -> Option<ListArc<OpenFile<T>>> {
        // SAFETY: An open file is never in another list than that of its endpoint.
        unsafe { self.files.lock().remove(file) }
    }
}

/// The owner of an endpoint: while it exists, the device's data does. Dropping it unplugs: when
/// that returns, no file operation runs, every file is disconnected and the data is dropped.
pub(crate) struct Plugged<T: SyncFile>(Arc<Endpoint<T>>);

impl<T: SyncFile> Plugged<T> {
    /// Creates an endpoint that owns `data`. Errors: `ENOMEM`, and those of `data`.
    ///
    /// # Safety
    ///
    /// The value is dropped before `parent` is unbound and before `'bound` ends.
    pub(crate) unsafe fn new<'bound, E>(
        parent: &Device<Bound>,
        data: impl PinInit<<T::Device as ForLt>::Of<'bound>, E>,
    ) -> Result<Self>
    where
        Error: From<E>,
        <T::Device as ForLt>::Of<'bound>: Send + Sync,
    {
        // SAFETY: Lifetimes do not change a type's layout. By the safety requirement the data is
        // dropped in time, and nobody sees it with more than the lifetime of a borrow.
        let data = unsafe {
            pin_init::cast_pin_init::<
                <T::Device as ForLt>::Of<'bound>,
                <T::Device as ForLt>::Of<'static>,
                E,
            >(data)
        };
        let (name, key) = crate::lock_class!(c"devscope_files");
        let endpoint = Arc::pin_init::<Error>(
            try_pin_init!(Endpoint {
                gate <- Gate::new(),
                parent: parent.into(),
                files <- Mutex::new(List::new(), name, key),
                // The last, since an `Opaque` is not dropped when a later one fails.
                data <- <Opaque<_> as Wrapper<_>>::pin_init(data),
            }? Error),
            GFP_KERNEL,
        )?;
        Ok(Self(endpoint))
    }

    pub(crate) fn endpoint(&self) -> &Arc<Endpoint<T>> {
        &self.0
    }
}

impl<T: SyncFile> Drop for Plugged<T> {
    fn drop(&mut self) {
        let endpoint = &*self.0;
        endpoint.gate.pass().cancel();
        for file in endpoint.files.lock().iter() {
            file.cancel();
        }
        // SAFETY: This is the closer; the data is dropped below.
        unsafe { endpoint.with_data(|data| T::wake(data)) };
        endpoint.gate.drain();
        loop {
            // Not under the lock, which `release` takes while the driver's method runs.
            let Some(file) = endpoint.files.lock().pop_front() else {
                break;
            };
            file.hang_up();
            // SAFETY: `file` is held on to; the data is dropped below. It is the only scope of
            // the section.
            unsafe { T::disconnect(&Section::closer(&file).scope()) };
        }
        // SAFETY: By the type invariant it is initialised. Nobody is inside, and nobody comes in.
        unsafe { core::ptr::drop_in_place(endpoint.data.get()) };
    }
}

/// What [`SyncFile::open`] is given: the device, and no open file yet.
pub struct OpenScope<'a, T: SyncFile>(&'a Endpoint<T>);

impl<'a, T: SyncFile> OpenScope<'a, T> {
    /// # Safety
    ///
    /// The caller is inside the gate for `'a`.
    pub(super) unsafe fn new(endpoint: &'a Endpoint<T>) -> Self {
        Self(endpoint)
    }

    /// As [`Scope::device`](crate::scope::Scope::device).
    pub fn device(&self) -> &Device<Bound> {
        // SAFETY: By the safety requirement of `new`.
        unsafe { self.0.device() }
    }

    /// As [`Scope::data`](crate::scope::Scope::data).
    pub fn data(&self) -> &<T::Device as ForLt>::Of<'_>
    where
        T::Device: CovariantForLt,
    {
        // SAFETY: By the safety requirement of `new`.
        unsafe { self.0.data() }
    }

    /// As [`Scope::with_data`](crate::scope::Scope::with_data).
    pub fn with_data<R>(&self, f: impl for<'b> FnOnce(&<T::Device as ForLt>::Of<'b>) -> R) -> R {
        // SAFETY: By the safety requirement of `new`.
        unsafe { self.0.with_data(f) }
    }
}
