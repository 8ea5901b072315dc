// SPDX-License-Identifier: GPL-2.0
// UNSAFE: holds on to the data of the device, which is dropped before its memory.

//! The character device: the device's side of its open files, and unplug.

use super::{Band, Caller, FileOperations, OpenFile, Section};
use crate::{
    binding::{DeviceData, Shared},
    control::{Listed, Node},
    ffi,
    gate::{
        protocol::{self, Number, Verdict},
        Gate,
        Pass, //
    },
    lock::{IrqGuard, SpinLockIrqExt},
    scope::UNSCOPED, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    interrupt::LocalInterruptDisabled,
    list::{List, ListArc},
    prelude::*,
    sync::{
        atomic::{AtomicFlag, Relaxed},
        lock::spinlock::{SpinLockGuard, SpinLockIrqGuard},
        Arc,
        Mutex,
        SpinLockIrq, //
    },
    time::{delay::fsleep, Delta}, //
};

/// The delay of a refused caller: about two RCU grace periods on a busy machine, as in `close()` of
/// the C driver for input devices.
const REST: Delta = Delta::from_millis(60);

/// The data that a registration and its open files share. Both have references.
///
/// # Invariants
///
/// The device's data is valid until [`Registered::close`] has drained the gate and disconnected the
/// files. So a caller inside the gate may use it.
#[pin_data]
pub(crate) struct CharDevice<T: FileOperations> {
    #[pin]
    gate: Gate,
    device_data: NonNull<DeviceData<T::Device>>,
    /// Every open file that is not disconnected yet.
    #[pin]
    files: SpinLockIrq<List<OpenFile<T>>>,
    /// Held by a task that walks all files.
    #[pin]
    sweeping: Mutex<()>,
    sweeps: Number,
    /// From the end of the passes until the registration is gone.
    closing: AtomicFlag,
    /// The entry for the control node. Dropped before the gate.
    listed: Listed,
}

// SAFETY: `DeviceData` and `OpenFile` are `Send` and `Sync`; the rest is made for use by many
// threads.
unsafe impl<T: FileOperations> Send for CharDevice<T> {}
// SAFETY: `DeviceData` and `OpenFile` are `Send` and `Sync`; the rest is made for use by many
// threads.
unsafe impl<T: FileOperations> Sync for CharDevice<T> {}

impl<T: FileOperations> CharDevice<T> {
    #[inline(always)]
    pub(super) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Returns the file operations of the registration.
    pub(crate) fn table(&self) -> &'static bindings::file_operations {
        self.listed.table()
    }

    pub(super) fn device_data_ptr(&self) -> NonNull<DeviceData<T::Device>> {
        self.device_data
    }

    /// Adds `file`; `item` is the same file. Errors: `ENODEV` if the character device is being
    /// unplugged.
    pub(super) fn admit(&self, file: &OpenFile<T>, item: ListArc<OpenFile<T>>) -> Result {
        protocol::admit(self, file, |files| files.push_back(item)).ok_or(ENODEV)
    }

    /// Takes a file off the list, if it is still on it.
    pub(super) fn remove(&self, file: &OpenFile<T>) -> Option<ListArc<OpenFile<T>>> {
        // SAFETY: An open file is never in another list than that of its character device.
        unsafe { self.files.lock_irq(&UNSCOPED).remove(file) }
    }

    /// Runs `drain`, which waits for the callers of files whose passes have ended. Callers in an
    /// interruptible wait that the framework does not know of find a signal pending. Sleeps.
    pub(super) fn bring_out(&self, drain: impl FnMut()) {
        let is_ended = |file: *mut bindings::file| {
            // SAFETY: `bring_out` passes a file that is open: its operations do not change.
            let table = unsafe { (*file).f_op };
            // A file of another registration may have any private data.
            if !core::ptr::eq(table, self.table()) {
                return false;
            }
            // SAFETY: It is open with this table, so `open` has stored an `OpenFile`, which
            // `release` has not taken yet.
            let file = unsafe { &*(*file).private_data.cast::<OpenFile<T>>() };
            core::ptr::eq(file.char_device(), self) && !file.pass().is_live()
        };
        ffi::bring_out(is_ended, drain);
    }

    /// Delays a refused `open()` or `close()` while the device is being unplugged, so that programs
    /// that call again and again do not starve the tasks that unbind waits for. Sleeps, also with
    /// `O_NONBLOCK`, which is for reads and writes only.
    #[cold]
    pub(crate) fn give_way(&self) {
        if self.closing.load(Relaxed) {
            fsleep(REST);
        }
    }

    pub(super) fn lock_files(&self) -> SpinLockIrqGuard<'_, List<OpenFile<T>>> {
        self.files.lock()
    }

    #[inline]
    pub(super) fn lock_files_with<'a>(
        &'a self,
        interrupts: &'a LocalInterruptDisabled,
    ) -> SpinLockGuard<'a, List<OpenFile<T>>> {
        self.files.lock_with(interrupts)
    }

    /// Moves a file to the front, if it is on the list and no task is walking the list.
    pub(super) fn put_first(&self, file: &OpenFile<T>) {
        let Some(_not_swept) = self.sweeping.try_lock() else {
            return;
        };
        if core::ptr::eq(file.char_device(), self) {
            let mut files = self.files.lock_irq(&UNSCOPED);
            // SAFETY: An open file is never in another list than that of its character device.
            if let Some(file) = unsafe { files.remove(file) } {
                files.push_front(file);
            }
        }
    }
}

/// The owner of a character device. While it exists, files reach the device. Dropping it unplugs
/// the files: when the drop returns, no file operation runs, and every file is disconnected.
pub(crate) struct Registered<T: FileOperations>(pub(super) Arc<CharDevice<T>>);

impl<T: FileOperations> Registered<T> {
    /// Creates a character device, whose files have the operations `table`. Errors: `ENOMEM`, and
    /// `EBUSY` if the data has open files of another one.
    ///
    /// # Safety
    ///
    /// - The value is dropped, or [closed](Self::close), before the data that `data` stands for.
    /// - `table` was created by [`Shim::table`] for this type.
    pub(crate) unsafe fn new(
        data: Shared<'_, T::Device>,
        table: &'static bindings::file_operations,
    ) -> Result<Self> {
        let (name, key) = crate::lock_class!(c"devscope_files");
        let (sweep_name, sweep_key) = crate::lock_class!(c"devscope_sweeping");
        // SAFETY: `table` is the shim's for this type, so all files that have it are of the type
        // that `CONTROL` is for.
        let listed = unsafe { Listed::new(table, Self::CONTROL) }?;
        // INVARIANT: The caller drops the value, or closes it, before the data that `data` stands
        // for.
        let char_device = Arc::pin_init(
            try_pin_init!(CharDevice {
                gate <- Gate::new(),
                device_data: data.as_ptr(),
                files <- SpinLockIrq::new(List::new(), name, key),
                sweeping <- Mutex::new((), sweep_name, sweep_key),
                sweeps: Number::new(),
                closing: AtomicFlag::new(false),
                listed,
            }? Error),
            GFP_KERNEL,
        )?;
        if T::HAS_OPEN_FILES {
            // SAFETY: The data that `data` stands for is valid: the caller drops the value before
            // it.
            let data = unsafe { data.as_ptr().as_ref() };
            data.part(|data| T::open_files(data)).fill(&char_device)?;
        }
        Ok(Self(char_device))
    }

    pub(crate) fn char_device(&self) -> &Arc<CharDevice<T>> {
        &self.0
    }

    /// Tells the control node by which node the files are opened.
    ///
    /// # Safety
    ///
    /// A misc device in `node` is not moved until [`Self::hide`] or the drop.
    pub(crate) unsafe fn show(&self, node: Node) {
        // SAFETY: An `Arc` is never null. The value has a reference to the character device, and
        // hides it when it is dropped. A misc device is not moved until then, as the caller
        // guarantees.
        unsafe {
            let char_device = NonNull::new_unchecked(Arc::as_ptr(&self.0).cast_mut());
            self.0.listed.show(node, char_device.cast());
        }
    }

    /// Undoes [`Self::show`], before another registration uses the node.
    pub(crate) fn hide(&self) {
        self.0.listed.hide();
    }

    /// Unplugs the files, for an owner that drops the value later.
    pub(crate) fn close(&self) {
        self.0.closing.store(true, Relaxed);
        protocol::unplug(&*self.0);
    }

    /// Tells that the registration is gone, for an owner that drops the value later.
    pub(crate) fn closed(&self) {
        self.0.closing.store(false, Relaxed);
    }
}

/// The steps of the closer, which [`protocol::unplug`] calls in order.
impl<T: FileOperations> protocol::Device for CharDevice<T> {
    const AT_ONCE: usize = 16;

    type File = OpenFile<T>;
    type List = List<OpenFile<T>>;
    type Files<'a> = IrqGuard<'a, List<OpenFile<T>>>;

    fn pass(&self) -> &Pass {
        self.gate.pass()
    }

    fn files(&self) -> Self::Files<'_> {
        self.files.lock_irq(&UNSCOPED)
    }

    fn zap(files: &Self::List) {
        if T::HAS_MMAP {
            files.iter().for_each(|file| protocol::File::zap(&*file));
        }
    }

    fn first(
        files: &mut Self::List,
        taken: &mut Self::List,
        f: impl FnOnce(&OpenFile<T>) -> Verdict,
    ) -> bool {
        let Some(file) = files.pop_front() else {
            return false;
        };
        let verdict = f(&file);
        let goes_on = !matches!(verdict, Verdict::Stays);
        match verdict {
            Verdict::Stays => files.push_front(file),
            Verdict::Last => files.push_back(file),
            Verdict::Taken => taken.push_back(file),
        }
        goes_on
    }

    fn sweeping(&self) -> impl Sized {
        self.sweeping.lock()
    }

    fn sweeps(&self) -> &Number {
        &self.sweeps
    }

    fn wake(&self) {
        // SAFETY: By the type invariant; this is the closer.
        unsafe { self.device_data.as_ref() }.with_data(|data| T::wake(data));
    }

    fn drain(&self) {
        self.bring_out(|| self.gate.drain());
    }

    fn disconnect(&self, file: ListArc<OpenFile<T>>) {
        file.turn_fasync_off(Some(Band::Hup));
        // SAFETY: `file` is a reference, and the device's data is valid: this is the closer. It is
        // the only scope of the section.
        unsafe { T::disconnect(&Section::without_pass(&file, Caller::Kernel).scope()) };
    }

    fn disconnect_revoked(&self, file: ListArc<OpenFile<T>>) {
        file.turn_fasync_off(None);
        // SAFETY: `file` is a reference, and the device's data is valid: the caller is inside. It
        // is the only scope of the section.
        unsafe { T::disconnect(&Section::without_pass(&file, Caller::Leaving).scope()) };
    }
}

impl<T: FileOperations> Drop for Registered<T> {
    fn drop(&mut self) {
        self.hide();
        self.close();
        self.closed();
    }
}
