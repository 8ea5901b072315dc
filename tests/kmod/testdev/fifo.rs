// SPDX-License-Identifier: GPL-2.0

//! `/dev/testdevN`: a FIFO, and ioctls that test the limits of a scope. See `testdev.h`.

use crate::{commands::Commands, map::Mapped, ring::Ring, stats::STATS};
use core::ops::RangeInclusive;
use devscope::prelude::*;
use kernel::{
    io::Io,
    ioctl::{_IO, _IOR, _IOW, _IOWR},
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc,
        Completion,
        Mutex, //
    },
    time::{delay::fsleep, Delta}, //
};

pub(crate) const BAR_SIZE: usize = 0x10;
const TEST: usize = 0x00;
const COUNT: usize = 0x0c;

/// The data of the device.
#[pin_data]
pub struct Fifo {
    /// A `Devres`, accessed with the cookie. (`samples/edu` borrows its BAR from the device.)
    bar: pci::DevresBar<BAR_SIZE>,
    #[pin]
    ring: Mutex<Ring>,
    events: Arc<WaitQueue>,
    /// Only the wake hook completes this.
    #[pin]
    hidden: Completion,
    #[pin]
    pub(crate) commands: Commands,
    pub(crate) mapped: Mapped,
    files: OpenFiles<FifoFile>,
    #[pin]
    pub(crate) sweep: work::Item<Sweep>,
}

/// The type of the shared data.
pub type FifoData = CovariantForLt!(Fifo);

impl Fifo {
    pub(crate) fn new(bar: pci::DevresBar<BAR_SIZE>) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            bar,
            ring <- kernel::new_mutex!(Ring::new()),
            events: Arc::pin_init(new_wait_queue!(), GFP_KERNEL)?,
            hidden <- Completion::new(),
            commands <- Commands::new(),
            mapped: Mapped::new()?,
            files: OpenFiles::new(),
            sweep <- new_item!("testdev_fifo_sweep"),
        })
    }

    pub(crate) fn bar<'a>(
        &'a self,
        cookie: &'a Device<Bound>,
    ) -> Result<&'a pci::Bar<'a, BAR_SIZE>> {
        self.bar.access(cookie)
    }

    fn touch(&self, cookie: &Device<Bound>) -> Result {
        self.bar.access(cookie)?.read32(COUNT);
        Ok(())
    }

    /// Makes the device show the header of its first test.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the cookie is that of another device.
    pub fn select(&self, cookie: &Device<Bound>) -> Result {
        self.bar.access(cookie)?.write8(0, TEST);
        Ok(())
    }

    /// Reads the start of the header that the device shows. Errors: as [`Self::select`].
    pub fn header(&self, cookie: &Device<Bound>) -> Result<u32> {
        Ok(self.bar.access(cookie)?.read32(TEST))
    }
}

/// Revokes all files.
pub(crate) struct Sweep;

impl callback::Handler for Sweep {
    type Device = FifoData;

    fn run(scope: &mut ProcessScope<'_, Self::Device>) {
        // ENODEV if the device is unplugged meanwhile, which also ends all files.
        let _ = scope.data().files.revoke_all(scope);
        STATS.sweeps.add(1, Relaxed);
    }
}

/// The data of an open file.
#[pin_data(PinnedDrop)]
pub(crate) struct FifoFile {
    events: Arc<WaitQueue>,
    releases: Atomic<u64>,
    #[pin]
    released: WaitQueue,
}

#[pinned_drop]
impl PinnedDrop for FifoFile {
    fn drop(self: Pin<&mut Self>) {
        STATS.drops.add(1, Relaxed);
    }
}

#[derive(FromBytes, IntoBytes, Immutable)]
#[repr(C)]
struct Bytes([u8; 64]);

#[derive(FromBytes, IntoBytes, Immutable)]
#[repr(C)]
struct Wait {
    how: u32,
    timeout_ms: u32,
}

#[derive(FromBytes, IntoBytes, Immutable)]
#[repr(C)]
struct Span {
    addr: u64,
    len: u64,
    sum: u64,
}

impl Span {
    const MAX: u64 = 1 << 20;

    /// Splits the buffer into pieces of at most `size` bytes.
    fn pieces(&self, size: usize) -> Result<impl Iterator<Item = (UserPtr, usize)>> {
        if self.len > Self::MAX {
            return Err(EINVAL);
        }
        let (addr, len) = (self.addr as usize, self.len as usize);
        Ok((0..len).step_by(size).map(move |at| {
            (
                UserPtr::from_addr(addr.wrapping_add(at)),
                size.min(len - at),
            )
        }))
    }
}

const ECHO: u32 = _IOWR::<Bytes>(0xDE, 0x00);
const WAIT: u32 = _IOW::<Wait>(0xDE, 0x01);
const RELEASE: u32 = _IO(0xDE, 0x02);
const WORK: u32 = _IO(0xDE, 0x03);
const HIDDEN: u32 = _IO(0xDE, 0x04);
const STATS_GET: u32 = _IOR::<crate::stats::Snapshot>(0xDE, 0x05);
const FILL: u32 = _IOWR::<Span>(0xDE, 0x06);
const SUM: u32 = _IOWR::<Span>(0xDE, 0x07);
const LONG: u32 = _IO(0xDE, 0x08);
const COMPLETE: u32 = _IO(0xDE, 0x09);
const REVOKE: u32 = _IO(0xDE, 0x0a);
const REVOKE_ALL: u32 = _IO(0xDE, 0x0b);

impl FifoFile {
    /// Waits for `RELEASE`, killably.
    pub(crate) fn wait_released(scope: Scope<'_, Self>) -> Result {
        let how = Wait {
            how: 0,
            timeout_ms: 0,
        };
        Self::wait(scope, &how)
    }

    fn wait(scope: Scope<'_, Self>, wait: &Wait) -> Result {
        let before = scope.file().releases.load(Relaxed);
        let released = |s: &Scope<'_, Self>| s.file().releases.load(Relaxed) != before;
        match wait.how {
            0 => scope.wait_interruptible(|f| &f.released, released)?,
            1 => scope.wait_killable(|f| &f.released, released)?,
            2 => scope.wait_interruptible_timeout(|f| &f.released, released, wait.timeout_ms)?,
            _ => return Err(EINVAL),
        };
        Ok(())
    }

    fn fill(mut scope: Scope<'_, Self>, span: &Span) -> Result {
        let mut pattern = [0; 256];
        for (at, byte) in pattern.iter_mut().enumerate() {
            *byte = at as u8;
        }
        for (to, len) in span.pieces(pattern.len())? {
            scope = scope.write_user_slice(to, &pattern[..len])?;
        }
        Ok(())
    }

    fn sum(mut scope: Scope<'_, Self>, span: &mut Span, user: UserPtr) -> Result {
        let mut piece = [0; 256];
        span.sum = 0;
        for (from, len) in span.pieces(piece.len())? {
            let piece = &mut piece[..len];
            scope = scope.read_user_slice(from, piece)?;
            span.sum += piece.iter().map(|&byte| u64::from(byte)).sum::<u64>();
        }
        scope.write_user(user, span)?;
        Ok(())
    }
}

#[vtable]
impl FileOperations for FifoFile {
    type Device = FifoData;
    const NOWAIT: bool = true;

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        let events = scope.data().events.clone();
        try_pin_init!(Self {
            events,
            releases: Atomic::new(0),
            released <- new_wait_queue!(),
            // Nothing fails after this, so `drop` counts each of these.
            _: {
                STATS.opens.add(1, Relaxed);
            },
        })
    }

    fn open_files<'d>(fifo: &'d Fifo) -> &'d OpenFiles<Self> {
        &fifo.files
    }

    fn mmap<'s>(scope: &'s Scope<'_, Self>, area: &Area) -> Result<Backing<'s>> {
        area.backed_by(scope.data().bar(scope.device())?)
    }

    fn read_iter(scope: Scope<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        STATS.calls.add(1, Relaxed);
        let mut chunk = [0; 256];
        let mut scope = scope;
        while !user.is_empty() {
            let wanted = chunk.len().min(user.len());
            let taken = scope.data().ring.lock().pop(&mut chunk[..wanted]);
            if taken == 0 {
                if user.copied() > 0 {
                    break;
                }
                scope = scope
                    .wait_interruptible(|f| &f.events, |s| !s.data().ring.lock().is_empty())?;
                continue;
            }
            scope.data().events.wake_all();
            let before = user.copied();
            scope = match scope.copy_out(user, &chunk[..taken]) {
                Ok(scope) => scope,
                Err(ScopeError::Short(scope, error)) => {
                    // Do not lose the bytes that were not copied.
                    let reached = user.copied() - before;
                    scope.data().ring.lock().unpop(&chunk[reached..taken]);
                    scope.data().events.wake_all();
                    return if user.copied() > 0 {
                        Ok(user.copied())
                    } else {
                        Err(error)
                    };
                }
                Err(gone) => return Err(gone.into()),
            };
        }
        Ok(user.copied())
    }

    fn write_iter(scope: Scope<'_, Self>, user: &mut UserSource<'_>) -> Result<usize> {
        STATS.calls.add(1, Relaxed);
        let mut chunk = [0; 256];
        let mut scope = scope;
        let mut written = 0;
        while !user.is_empty() {
            let room = scope.data().ring.lock().room();
            if room == 0 {
                if written > 0 {
                    break;
                }
                scope =
                    scope.wait_interruptible(|f| &f.events, |s| s.data().ring.lock().room() > 0)?;
                continue;
            }
            let wanted = chunk.len().min(user.len()).min(room);
            scope = match scope.copy_in(user, &mut chunk[..wanted]) {
                Err(_) if written > 0 => break,
                result => result?,
            };
            let taken = scope.data().ring.lock().push(&chunk[..wanted]);
            scope.data().events.wake_all();
            written += taken;
            if taken < wanted {
                break;
            }
        }
        Ok(written)
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        STATS.calls.add(1, Relaxed);
        let user = UserPtr::from_addr(arg);
        match cmd {
            ECHO => {
                let (scope, mut echo) = scope.read_user::<Bytes>(user)?;
                echo.0.iter_mut().for_each(|byte| *byte = !*byte);
                scope.write_user(user, &echo)?;
            }
            WAIT => {
                let (scope, wait) = scope.read_user(user)?;
                Self::wait(scope, &wait)?;
            }
            RELEASE => {
                scope.file().releases.add(1, Relaxed);
                scope.file().released.wake_all();
            }
            WORK => {
                let ms = i64::try_from(arg)?;
                if ms > 5000 {
                    return Err(EINVAL);
                }
                fsleep(Delta::from_millis(ms));
                scope.data().touch(scope.device())?;
            }
            HIDDEN => {
                scope.data().hidden.wait_for_completion();
                return Err(ECANCELED);
            }
            STATS_GET => {
                scope.write_user(user, &STATS.snapshot())?;
            }
            FILL => {
                let (scope, span) = scope.read_user(user)?;
                Self::fill(scope, &span)?;
            }
            SUM => {
                let (scope, mut span) = scope.read_user(user)?;
                Self::sum(scope, &mut span, user)?;
            }
            COMPLETE => {
                let value = u32::try_from(arg)?;
                return Ok(scope.data().commands.complete(&scope, value));
            }
            REVOKE => scope.revoke()?,
            REVOKE_ALL => _ = scope.data().sweep.queue(),
            LONG => return Ok(size_of::<c_long>() as isize),
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }

    fn compat_ioctl(scope: Scope<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        match cmd {
            LONG => Ok(4),
            _ => Self::ioctl(scope, cmd, arg),
        }
    }

    fn uring_cmd<'c>(scope: Scope<'_, Self>, cmd: UringCmd<'c>) -> Result<Issued<'c>> {
        Commands::issue(scope, cmd)
    }

    fn poll(scope: &Scope<'_, Self>, table: &mut PollTable<'_, Self>) -> Events {
        STATS.calls.add(1, Relaxed);
        table.wait(|f| &f.events);
        let ring = scope.data().ring.lock();
        Events::IN.when(!ring.is_empty()) | Events::OUT.when(ring.room() > 0)
    }

    /// Waits until all written data has been read.
    fn fsync(scope: Scope<'_, Self>, _range: RangeInclusive<i64>, _datasync: bool) -> Result {
        scope.wait_interruptible(|f| &f.events, |s| s.data().ring.lock().is_empty())?;
        Ok(())
    }

    fn wake(device: &Fifo) {
        STATS.wakes.add(1, Relaxed);
        device.hidden.complete_all();
    }

    fn disconnect(scope: &Scope<'_, Self>) {
        // Counts only if the device can be accessed.
        if scope.data().touch(scope.device()).is_ok() {
            STATS.disconnects.add(1, Relaxed);
        }
    }
}
