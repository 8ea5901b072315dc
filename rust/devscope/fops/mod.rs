// SPDX-License-Identifier: GPL-2.0

//! File operations: the trait that a driver implements, and the shim that calls it inside the gate.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)

mod char_device;
mod control;
mod fasync;
mod left;
mod open_file;
mod open_files;
mod poll;
mod revoking;
mod scope;
mod shim;
mod uring;

pub(crate) use char_device::{CharDevice, Registered};
pub(crate) use open_file::OpenFile;
pub(crate) use shim::{status, Shim};

pub use fasync::{Band, Fasync};
pub use left::Left;
pub use open_files::{OpenFiles, RevokingAll};
pub use poll::PollTable;
use scope::{Caller, Section};
pub use scope::{OpenScope, Owner, Revoking, RevokingOthers, Scope};
pub use uring::{Issued, PendingCmd, UringCmd};

use crate::{
    mapping::{Area, Backing},
    user::{UserDest, UserSource},
    wait::Events, //
};
use core::ops::RangeInclusive;
use kernel::{
    error::VTABLE_DEFAULT_ERROR,
    fs::File,
    prelude::*,
    seq_file::SeqFile,
    types::ForLt, //
};

/// The file operations of a driver. `Self` is the data of one open file description.
///
/// All methods but [`Self::open`] are optional. A method with a scope runs inside the gate: the
/// device is bound until the method returns, or until it calls a function that consumes its
/// [`Scope`]. After unplug, no methods with a scope are called any more; user space gets `ENODEV`,
/// and `EPOLLHUP | EPOLLERR` from `poll()`. The same holds for a file that is
/// [revoked](Scope::revoke), except that the driver may choose the error.
///
/// The data outlives the binding, so it cannot borrow from it, and its `drop` cannot access the
/// device. Use [`Self::disconnect`] for teardown that needs the device.
///
/// All methods run in process context. All but [`Self::wake_file`] may sleep for bounded time. User
/// space gets the errors that they return.
///
/// # Examples
///
/// See `samples/edu`, and `Documentation/writing-a-driver.rst`, which explains it.
#[vtable]
pub trait FileOperations: Sized + Send + Sync + 'static {
    /// The data that the driver shares: `CovariantForLt!(Type)`, or `CovariantForLt!(Type<'_>)` if
    /// it borrows bound resources.
    type Device: ForLt + 'static;

    /// Whether a file without [`Self::llseek`] has a position that reads and writes can move:
    /// `nonseekable_open()`, for the port of a driver that uses it. A file with [`Self::llseek`]
    /// always has one; any other file is a stream.
    const KEEPS_POSITION: bool = false;

    /// `FMODE_NOWAIT`: whether [`Self::read_iter`] and [`Self::write_iter`] return `EAGAIN` to a
    /// [non-blocking](Scope::is_nonblocking) caller instead of waiting. Set it if they wait only in
    /// [`Scope::wait_interruptible`] and its form with a timeout, and not in
    /// [`Scope::wait_killable`] or [`Scope::in_turn`].
    ///
    /// Then `preadv2()` and `pwritev2()` accept `RWF_NOWAIT`, which is `EOPNOTSUPP` otherwise, and
    /// io_uring calls the methods without a call of [`Self::poll`] first. Page faults on the
    /// caller's memory still wait, outside of the gate, as in every other driver.
    const NOWAIT: bool = false;

    /// The error of a call on a revoked file, if not `ENODEV`. With `EACCES`, a program can tell a
    /// revoked file from an unplugged device. `poll()` and io_uring commands do not distinguish the
    /// two; a line in `/proc/PID/fdinfo/FD` does, for every driver.
    ///
    /// A revoked file keeps this error when its device is unplugged later. If the device is
    /// unplugged while the file is being revoked, the error is `ENODEV`.
    const REVOKED: Error = ENODEV;

    /// `open()`: creates the data of the file. May not wait: `misc_open()` holds a mutex that all
    /// misc devices share. Access the device in [`Self::connect`].
    fn open(scope: &OpenScope<'_, Self>, file: &File) -> impl PinInit<Self, Error>;

    /// The second half of `open()`, which [`Self::disconnect`] undoes. The file is already one of
    /// the [`OpenFiles`], so it gets all data that the device sends as a result. May not wait. If
    /// it fails, `disconnect` is not called.
    fn connect(_scope: &Scope<'_, Self>) -> Result {
        Ok(())
    }

    /// `read()` of one buffer, for the port of a driver that has it: `readv()` calls it for each
    /// segment, until a read is short; Linux AIO and reads into kernel memory do not work. Other
    /// drivers implement [`Self::read_iter`] instead.
    fn read(_scope: Scope<'_, Self>, _user: &mut UserDest<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `read()` and similar calls. Returns the number of bytes, usually [`UserDest::copied`].
    /// Without the method, they fail with `EINVAL`.
    ///
    /// `splice()` and `sendfile()` from the file call it, too, to read into kernel pages.
    /// (`sendfile()` needs a file with [`Self::llseek`].) A caller that sleeps in `splice()` holds
    /// the lock of the pipe, as with every driver.
    ///
    /// If the device is unplugged or the file revoked after some bytes were copied to the caller,
    /// the call returns their number, as after a signal, whatever the method returns.
    fn read_iter(_scope: Scope<'_, Self>, _user: &mut UserDest<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `write()` of one buffer; see [`Self::read`].
    fn write(_scope: Scope<'_, Self>, _user: &mut UserSource<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `write()` and similar calls, including `splice()` and `sendfile()` to the file. Returns the
    /// number of bytes that were consumed. If some were consumed when the device is unplugged or
    /// the file revoked, the method gets [`ScopeError::Gone`](crate::scope::ScopeError::Gone) and
    /// returns their number, too. Without the method, `write()` fails with `EINVAL`.
    fn write_iter(_scope: Scope<'_, Self>, _user: &mut UserSource<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `ioctl()`. [`kernel::ioctl`] decodes `cmd`. `arg` is the third argument, usually an address
    /// for [`Scope::read_user`]. Return `ENOTTY` for a command that the driver does not know.
    fn ioctl(_scope: Scope<'_, Self>, _cmd: u32, _arg: usize) -> Result<isize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `ioctl()` of a 32-bit program, for drivers with arguments whose layout differs. Without the
    /// method, [`Self::ioctl`] is called.
    fn compat_ioctl(_scope: Scope<'_, Self>, _cmd: u32, _arg: usize) -> Result<isize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// An io_uring command (`IORING_OP_URING_CMD`). The method completes the command, or
    /// [keeps](UringCmd::keep) it, and the driver completes it later. If the file is revoked or the
    /// device unplugged, the kept commands complete with `ENODEV`, after all callers have left the
    /// gate and before [`Self::disconnect`].
    ///
    /// A command is first issued in the task of its program, and other requests of the ring wait
    /// for this: the caller is [non-blocking](Scope::is_nonblocking). A method that has to wait
    /// returns `EAGAIN`, as [`Scope::wait_interruptible`] does in this case. It is then called
    /// again in an io_uring worker, which may wait. `IORING_OP_ASYNC_CANCEL` ends a wait in this
    /// worker, but does not find a kept command: this ends by itself, or with its ring or its task.
    ///
    /// # Errors
    ///
    /// The result of the command, except `EAGAIN` in the task of the program. Use `ENOTTY` for an
    /// unknown command. Without the method, `EOPNOTSUPP`.
    fn uring_cmd<'c>(_scope: Scope<'_, Self>, _cmd: UringCmd<'c>) -> Result<Issued<'c>> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `poll()`, `select()`, epoll and similar calls: adds the poller to wait queues by
    /// [`PollTable::wait`], and returns the events that are ready now. Without the method, the file
    /// is always ready to read and write. May not wait.
    fn poll(_scope: &Scope<'_, Self>, _table: &mut PollTable<'_, Self>) -> Events {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `O_ASYNC`: returns the [`Fasync`] in the file's data, through which the driver
    /// [sends](Fasync::signal) `SIGIO`. Without the method, the flag has no effect.
    fn fasync(&self) -> &Fasync {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `lseek()`: returns the new position. `position` is the current one. Without the method, the
    /// file is a stream: `lseek()`, `pread()` and `pwrite()` return `ESPIPE`. Return `EINVAL` for
    /// an invalid position.
    fn llseek(
        _scope: &Scope<'_, Self>,
        _position: i64,
        _offset: i64,
        _whence: Whence,
    ) -> Result<i64> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `close()` of a descriptor, or the exit of a process that has one. The file may have other
    /// descriptors, in this and in other processes. `close()` returns the result; the descriptor is
    /// closed in any case. May not wait, except for the device, in bounded time. At the exit of a
    /// process, it runs in a kernel worker.
    ///
    /// If the device is gone, this is not called, and `close()` succeeds.
    fn flush(_scope: &Scope<'_, Self>) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `fsync()` and similar calls: when this returns, the data that was written to the positions
    /// in `range` (`0..=i64::MAX` for the whole file) has reached the device. With `datasync`,
    /// metadata that is not needed to read the data may be left out. A write with `O_SYNC`,
    /// `O_DSYNC` or the flags of `pwritev2()` for it also calls this, after [`Self::write_iter`]
    /// has returned. Without the method, `fsync()` fails with `EINVAL`.
    fn fsync(_scope: Scope<'_, Self>, _range: RangeInclusive<i64>, _datasync: bool) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Prints lines into `/proc/PID/fdinfo/FD` with [`seq_print!`](kernel::seq_file::seq_print),
    /// while the file is live. The framework prints the first line: `devscope:`, and `live`,
    /// `revoked` or `unplugged`.
    fn show_fdinfo(_scope: &Scope<'_, Self>, _m: &SeqFile) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `mmap()`, and each page fault: returns the memory that backs `area`, with
    /// [`Area::backed_by`]. Without the method, `mmap()` fails with `ENODEV`.
    ///
    /// When a program maps an area, this is called for the whole area, and `mmap()` returns its
    /// error. The result fixes the caching and the write permission of the mapping. It is called
    /// again, inside the gate, for each page that is touched or that a debugger accesses: an error,
    /// or a result of another kind, raises `SIGBUS`. So it has to be a pure function of the area
    /// and of what is fixed when the file is opened; it may not count, allocate or start anything.
    ///
    /// A private mapping is refused with `EINVAL`. Revoke and unplug unmap the pages after all
    /// callers have left and before [`Self::disconnect`]; a touch then raises `SIGBUS`.
    ///
    /// The caller holds `mmap_lock`, or the lock of one mapping: code that accesses user memory may
    /// not hold a lock that this takes.
    fn mmap<'s>(_scope: &'s Scope<'_, Self>, _area: &Area) -> Result<Backing<'s>> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `read()` of data that is left after unplug: data that had arrived before. It gets the file's
    /// data and no scope. It is called for an unplugged file if [`Self::has_left`] is true;
    /// otherwise `read()` returns `ENODEV`. It is not called for revoked files. May sleep for
    /// bounded time.
    ///
    /// It runs outside of the gate: unplug may still be in progress, and callbacks may still fill
    /// the file's queue.
    fn read_left(_left: &Left<'_, Self>, _user: &mut UserDest<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Returns whether there is data for [`Self::read_left`]. If so, `poll()` returns `EPOLLIN` in
    /// addition to `EPOLLHUP | EPOLLERR`. May not wait.
    fn has_left(&self) -> bool {
        false
    }

    /// Returns the [`OpenFiles`] in the device's data, for a driver that needs all its files.
    fn open_files<'d>(_device: &'d <Self::Device as ForLt>::Of<'_>) -> &'d OpenFiles<Self> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Ends waits that the framework does not know of, such as a wait for a completion or for a
    /// command of the device, so that they do not hold up the drain. Called once, at unplug, when
    /// no caller can enter any more and before the drain waits for the callers inside.
    ///
    /// This need not end an interruptible wait of a file operation: after a tenth of a second, the
    /// wait finds a signal pending. If the method returns `ERESTARTSYS`, the call is restarted, and
    /// refused.
    ///
    /// File operations run at the same time and may begin such a wait after this call. So this has
    /// to end the waits permanently: by `complete_all()`, or by a flag that the wait tests.
    fn wake(_device: &<Self::Device as ForLt>::Of<'_>) {}

    /// As [`Self::wake`], for one file: ends waits of its operations that the framework does not
    /// know of. Called once, by the task that unplugs or revokes, when no caller can enter by this
    /// file any more. A spinlock is held, and interrupts are disabled: it may not sleep.
    fn wake_file(&self, _device: &<Self::Device as ForLt>::Of<'_>) {}

    /// Ends the file's use of the device. Called once for each connected file: at its last close,
    /// at unplug or when it is revoked ([`Scope::revoke`]), whichever comes first. No other method
    /// with a scope runs for this file at this time or later. At the exit of a process, this and
    /// the drop of the data run in a kernel worker.
    fn disconnect(_scope: &Scope<'_, Self>) {}
}

/// The base of the offset of `lseek()`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whence {
    /// `SEEK_SET`: the start.
    Set,
    /// `SEEK_CUR`: the current position.
    Current,
    /// `SEEK_END`: the end.
    End,
}

impl Whence {
    /// Returns the new position in a file of `size` bytes.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the position is before the start or past the end.
    pub fn within(self, position: i64, offset: i64, size: i64) -> Result<i64> {
        let base = match self {
            Self::Set => 0,
            Self::Current => position,
            Self::End => size,
        };
        base.checked_add(offset)
            .filter(|target| (0..=size).contains(target))
            .ok_or(EINVAL)
    }
}
