// SPDX-License-Identifier: GPL-2.0

//! The file operations of a synchronous registration: the trait that a driver implements, and the
//! shim that calls it inside the gate.
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
pub(crate) use shim::Shim;

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

/// A driver's side of an open file. `Self` is the data of one open file description.
///
/// Every method but [`Self::open`] is optional, and every one runs inside the gate: the device is
/// bound until the method returns, or until it calls something that takes its [`Scope`] away.
/// After unplug the methods are not called any more; user space gets `ENODEV`, and
/// `EPOLLHUP | EPOLLERR` from `poll()`. So it is for a file that is [revoked](Scope::revoke), but
/// that the driver may choose the error.
///
/// The data outlives the binding, so it cannot borrow from it, and its `drop` has no device.
/// Teardown that needs the device is [`Self::disconnect`].
///
/// All methods run in process context and may sleep for bounded time.
///
/// # Examples
///
/// See `samples/edu`, and `Documentation/writing-a-driver.rst` which takes it apart.
#[vtable]
pub trait FileOperations: Sized + Send + Sync + 'static {
    /// The data that lives with the binding: `CovariantForLt!(Type)` or
    /// `CovariantForLt!(Type<'_>)`, where it borrows bound resources.
    type Device: ForLt + 'static;

    /// Whether a file keeps a position that reads and writes can move, although nobody can seek:
    /// `nonseekable_open()`, for the port of a driver that has it. A file with [`Self::llseek`]
    /// keeps one in any case; any other is a stream.
    const KEEPS_POSITION: bool = false;

    /// Whether [`Self::read_iter`] and [`Self::write_iter`] do not wait for a caller that is
    /// [non-blocking](Scope::is_nonblocking), but return `EAGAIN`: `FMODE_NOWAIT`. It is true where
    /// all that they wait in is [`Scope::wait_interruptible`] and its form with a timeout, and
    /// neither [`Scope::wait_killable`] nor [`Scope::in_turn`].
    ///
    /// `preadv2()` and `pwritev2()` take `RWF_NOWAIT` then, which is `EOPNOTSUPP` otherwise, and
    /// io_uring calls the methods without asking [`Self::poll`] first. A page of the caller's that
    /// is not there is waited for in any case, outside of the gate, as in every other driver.
    const NOWAIT: bool = false;

    /// What a call on a revoked file says, instead of `ENODEV`, so that a program can tell that its
    /// access was taken away, and the device has not gone: `EACCES`. `poll()` and commands of
    /// io_uring say the same of both, and a line of `/proc/PID/fdinfo/FD` tells the two apart for
    /// every driver.
    ///
    /// A file that was revoked says this for good, also when its device goes later. Where the
    /// device goes while the file is being revoked, it says `ENODEV`.
    const REVOKED: Error = ENODEV;

    /// `open()`: makes the data of the file. May not wait: `misc_open()` holds a mutex that all
    /// misc devices share. What concerns the device is for [`Self::connect`].
    ///
    /// # Errors
    ///
    /// Passed on to user space.
    fn open(scope: &OpenScope<'_, Self>, file: &File) -> impl PinInit<Self, Error>;

    /// The second half of `open()`: what [`Self::disconnect`] undoes. The file is one of the
    /// [`OpenFiles`] by now, so it misses nothing that this has the device send. May not wait.
    ///
    /// # Errors
    ///
    /// Passed on to user space; the file is not disconnected then.
    fn connect(_scope: &Scope<'_, Self>) -> Result {
        Ok(())
    }

    /// `read()` of one buffer, for the port of a driver that has it: `readv()` is a call for each
    /// piece, until one comes up short; there is no Linux AIO, and no read from kernel memory.
    /// Other drivers have [`Self::read_iter`] instead.
    ///
    /// # Errors
    ///
    /// Passed on to user space.
    fn read(_scope: Scope<'_, Self>, _user: &mut UserDest<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `read()` and its kin. Returns the number of bytes, usually [`UserDest::copied`].
    ///
    /// So are `splice()` and `sendfile()` from the file, which read into pages of the kernel's.
    /// (`sendfile()` wants a file with [`Self::llseek`].) A caller that sleeps in `splice()` keeps
    /// the pipe from others, as with every driver.
    ///
    /// If the device or the access goes after something was copied to the caller, the call returns
    /// the number of bytes, as after a signal, whatever the method does.
    ///
    /// # Errors
    ///
    /// Passed on to user space. Without the method, `EINVAL`.
    fn read_iter(_scope: Scope<'_, Self>, _user: &mut UserDest<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `write()` of one buffer, as [`Self::read`] is of a `read()`.
    ///
    /// # Errors
    ///
    /// Passed on to user space.
    fn write(_scope: Scope<'_, Self>, _user: &mut UserSource<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `write()` and its kin, `splice()` and `sendfile()` to the file among them. Returns the
    /// number of bytes that were taken: also where the device or the access goes after some were,
    /// which the method finds out by [`ScopeError::Gone`](crate::scope::ScopeError::Gone).
    ///
    /// # Errors
    ///
    /// Passed on to user space. Without the method, `EINVAL`.
    fn write_iter(_scope: Scope<'_, Self>, _user: &mut UserSource<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `ioctl()`. `cmd` is taken apart with [`kernel::ioctl`]; `arg` is the third argument, an
    /// address for [`Scope::read_user`] more often than not.
    ///
    /// # Errors
    ///
    /// Passed on to user space; `ENOTTY` for a command that the driver does not know.
    fn ioctl(_scope: Scope<'_, Self>, _cmd: u32, _arg: usize) -> Result<isize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `ioctl()` of a 32-bit program, where the layout of an argument differs there. Without the
    /// method, [`Self::ioctl`] is called.
    fn compat_ioctl(_scope: Scope<'_, Self>, _cmd: u32, _arg: usize) -> Result<isize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// A command of io_uring (`IORING_OP_URING_CMD`): ends it, or [keeps](UringCmd::keep) it for
    /// the driver to end later. Those that are kept when the file is revoked or the device goes end
    /// with `ENODEV`, after all callers are out and before [`Self::disconnect`].
    ///
    /// A command is first issued in the task of its program, and other requests of the ring wait
    /// for that: the caller [does not want to wait](Scope::is_nonblocking). A method that has to
    /// wait returns `EAGAIN`, as [`Scope::wait_interruptible`] does there. It is then called once
    /// more, in a worker of io_uring's, which may wait. `IORING_OP_ASYNC_CANCEL` ends a wait in
    /// that worker, and does not find a command that is kept: that ends by itself, or with its ring
    /// or its task.
    ///
    /// # Errors
    ///
    /// What the command ends with, but for `EAGAIN` in the task of the program. Commonly `ENOTTY`
    /// for a command that the driver does not know. Without the method, `EOPNOTSUPP`.
    fn uring_cmd<'c>(_scope: Scope<'_, Self>, _cmd: UringCmd<'c>) -> Result<Issued<'c>> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `poll()`, `select()`, epoll and their kin: names the queues to be woken through
    /// ([`PollTable::wait`]), and returns what is ready now. Without the method, always ready to
    /// read and write. May not wait.
    fn poll(_scope: &Scope<'_, Self>, _table: &mut PollTable<'_, Self>) -> Events {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `O_ASYNC`: names the receivers of `SIGIO`. It is a part of the file's data, and the driver
    /// [signals](Fasync::signal) it. Without the method, the flag has no effect.
    fn fasync(&self) -> &Fasync {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `lseek()`: returns the new position, given the current one. Without the method, the file is
    /// a stream: `ESPIPE`, and no position for `pread()` and `pwrite()` either.
    ///
    /// # Errors
    ///
    /// Passed on to user space; `EINVAL` for a position that cannot be.
    fn llseek(
        _scope: &Scope<'_, Self>,
        _position: i64,
        _offset: i64,
        _whence: Whence,
    ) -> Result<i64> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `close()` of a descriptor, or the exit of a process that has one: there may be others, of
    /// this and of other processes. What it returns, that `close()` does; the descriptor is gone in
    /// any case. May not wait, but for the device, in bounded time. At the exit of a process, it
    /// runs in a worker of the kernel.
    ///
    /// `close()` of a file whose device is gone succeeds, and this is not called.
    ///
    /// # Errors
    ///
    /// Passed on to user space.
    fn flush(_scope: &Scope<'_, Self>) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `fsync()` and its kin: what was written to the positions in `range`, `0..=i64::MAX` for all
    /// of the file, has reached the device when this returns. With `datasync`, so has what is
    /// needed to get at it, and no more. A write for which `O_SYNC`, `O_DSYNC` or the flags of
    /// `pwritev2()` ask for it calls this too, once [`Self::write_iter`] has returned.
    ///
    /// # Errors
    ///
    /// Passed on to user space. Without the method, `EINVAL`.
    fn fsync(_scope: Scope<'_, Self>, _range: RangeInclusive<i64>, _datasync: bool) -> Result {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Adds lines to `/proc/PID/fdinfo/FD`, with [`seq_print!`](kernel::seq_file::seq_print), while
    /// the file is live. The first line is the framework's: `devscope:`, and `live`, `revoked` or
    /// `unplugged`.
    fn show_fdinfo(_scope: &Scope<'_, Self>, _m: &SeqFile) {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `mmap()`, and each touch of a page that is not there yet: says what is behind `area`, with
    /// [`Area::backed_by`]. Without the method, `mmap()` fails with `ENODEV`.
    ///
    /// Called for the whole area when a program maps it: an error is what `mmap()` returns. What
    /// the answer says of caches and of writing is the mapping's for ever. Called again, inside the
    /// gate, for each page that is touched, or that a debugger looks at: an error, or an answer of
    /// another kind, is `SIGBUS`. So it has to be a pure function of the area and of what is fixed
    /// when the file is opened; and it may not count, allocate or start anything.
    ///
    /// The mapping is shared, or `EINVAL`. Where the file is revoked or the device unplugged, its
    /// pages go after all callers have left, and before [`Self::disconnect`]; a touch is `SIGBUS`
    /// then.
    ///
    /// The caller holds `mmap_lock`, or the lock of one mapping: what locks this takes is not held
    /// by anything that touches user memory.
    ///
    /// # Errors
    ///
    /// Passed on to user space by `mmap()`.
    fn mmap<'s>(_scope: &'s Scope<'_, Self>, _area: &Area) -> Result<Backing<'s>> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// `read()` of what is left, when the device is unplugged: what had come before. It gets the
    /// file's data, and no device: there is no scope. For a file that [has some](Self::has_left);
    /// with none left, calls say `ENODEV`. May sleep for bounded time. Not for files that are
    /// revoked.
    ///
    /// It is outside of the gate: the device may still be going, and what fills the file's queue be
    /// at work.
    ///
    /// # Errors
    ///
    /// Passed on to user space.
    fn read_left(_left: &Left<'_, Self>, _user: &mut UserDest<'_>) -> Result<usize> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Whether there is something for [`Self::read_left`]: `poll()` says `EPOLLIN` then, beside
    /// `EPOLLHUP | EPOLLERR`. May not wait.
    fn has_left(&self) -> bool {
        false
    }

    /// Names the place in the device's data that has all files, if the driver wants one.
    fn open_files<'d>(_device: &'d <Self::Device as ForLt>::Of<'_>) -> &'d OpenFiles<Self> {
        build_error!(VTABLE_DEFAULT_ERROR)
    }

    /// Ends waits that the framework does not see, so that the drain is not held up by them: a
    /// command that the device is busy with, a completion. Called once, at unplug, after no one
    /// can enter any more and before those inside are waited for.
    ///
    /// An interruptible wait of a file operation need not be ended here: after a tenth of a second,
    /// it finds a signal pending. Where it says `ERESTARTSYS`, the call begins again, and is
    /// refused.
    ///
    /// The methods of files that are inside run at the same time, and may begin such a wait after
    /// this was called. So what ends it has to stay: `complete_all()`, or a flag that the wait
    /// looks at.
    fn wake(_device: &<Self::Device as ForLt>::Of<'_>) {}

    /// As [`Self::wake`], for one file: ends waits by this file that the framework does not see.
    /// Called once, when nobody can enter by it any more, because it is revoked or the device
    /// unplugged; by the task that does that, perhaps for user space. A spinlock is held, and
    /// interrupts are disabled: it may not sleep.
    fn wake_file(&self, _device: &<Self::Device as ForLt>::Of<'_>) {}

    /// Takes leave of the device, once an open file that is connected: at its last close, or at
    /// unplug or when it is revoked ([`Scope::revoke`]), if that comes first. No other method runs
    /// for this file then, nor after. At the exit of a process, it runs in a worker of the kernel,
    /// and so does the drop of the data.
    fn disconnect(_scope: &Scope<'_, Self>) {}
}

/// From where `lseek()` counts.
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
    /// The position that `offset` leads to in a file of `size` bytes.
    ///
    /// # Errors
    ///
    /// `EINVAL` where it lies before the start or past the end.
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
