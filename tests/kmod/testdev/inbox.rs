// SPDX-License-Identifier: GPL-2.0

//! `/dev/testdevN-box`: each open file has an inbox, and `write()` adds data to all of them. This
//! node tests revoking, and reads after unplug. See `testdev.h`.

use crate::ring::Ring;
use core::{mem::forget, ops::ControlFlow};
use devscope::prelude::*;
use kernel::{
    ioctl::{_IO, _IOR},
    new_condvar,
    new_mutex,
    new_spinlock_irq,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Completion,
        CondVar,
        Mutex,
        SpinLockIrq, //
    }, //
};

const REVOKE: u32 = _IO(0xDE, 0x20);
const REVOKE_OTHERS: u32 = _IO(0xDE, 0x21);
const REVOKE_ALL: u32 = _IO(0xDE, 0x22);
const HIDDEN: u32 = _IO(0xDE, 0x23);
const STUCK: u32 = _IO(0xDE, 0x24);
const UNSEEN: u32 = _IO(0xDE, 0x26);
const COUNTS: u32 = _IOR::<[u64; 4]>(0xDE, 0x25);

/// How files are revoked: in one step, in two, or without the second one. For any other number, the
/// second step is that the value is dropped.
const AT_ONCE: usize = 0;
const IN_STEPS: usize = 1;
const FORGOTTEN: usize = 3;

/// The files that were created, connected, disconnected and freed since the module was loaded.
static COUNT: [Atomic<u64>; 4] = [const { Atomic::new(0) }; 4];

/// The data of the device.
#[pin_data]
pub(crate) struct Boxes {
    files: OpenFiles<BoxFile>,
    #[pin]
    sweep: work::Item<Sweep>,
    how: Atomic<usize>,
}

/// The type of the shared data.
pub(crate) type BoxData = CovariantForLt!(Boxes);

impl Boxes {
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            files: OpenFiles::new(),
            sweep <- new_item!("testdev_sweep"),
            how: Atomic::new(AT_ONCE),
        })
    }

    pub(crate) fn sweep(&self) -> &work::Item<Sweep> {
        &self.sweep
    }

    /// Completes `unstuck` of each file.
    fn unstick(&self) {
        self.files.visit(|file| {
            file.unstuck.complete_all();
            ControlFlow::Continue(())
        });
    }

    /// Puts the bytes that fit into each inbox.
    fn deliver(&self, bytes: &[u8]) {
        self.files.visit(|file| {
            file.inbox.lock().push(bytes);
            file.arrived.wake_all();
            ControlFlow::Continue(())
        });
    }
}

/// Revokes all files.
pub(crate) struct Sweep;

impl callback::Handler for Sweep {
    type Device = BoxData;

    fn run(scope: &mut ProcessScope<'_, Self::Device>) {
        let boxes = scope.data();
        let _ = match boxes.how.load(Relaxed) {
            AT_ONCE => boxes.files.revoke_all(scope),
            how => boxes.files.begin_revoke_all(scope).map(|revoking| {
                boxes.unstick();
                match how {
                    IN_STEPS => drop(revoking.finish()),
                    FORGOTTEN => forget(revoking),
                    _ => drop(revoking),
                }
            }),
        };
    }
}

/// The data of an open file.
#[pin_data(PinnedDrop)]
pub(crate) struct BoxFile {
    #[pin]
    inbox: SpinLockIrq<Ring>,
    #[pin]
    arrived: WaitQueue,
    /// Only `wake_file` completes this.
    #[pin]
    hidden: Completion,
    /// Only a revocation in steps completes this.
    #[pin]
    unstuck: Completion,
    /// Never notified.
    #[pin]
    never: CondVar,
    #[pin]
    lock: Mutex<()>,
}

#[pinned_drop]
impl PinnedDrop for BoxFile {
    fn drop(self: Pin<&mut Self>) {
        COUNT[3].add(1, Relaxed);
    }
}

impl BoxFile {
    fn is_empty(&self) -> bool {
        self.inbox.lock().is_empty()
    }

    fn take(&self, bytes: &mut [u8]) -> usize {
        self.inbox.lock().pop(bytes)
    }

    fn revoke(scope: Scope<'_, Self>, how: usize) -> Result {
        if how == AT_ONCE {
            return scope.revoke();
        }
        let revoking = scope.begin_revoke()?;
        revoking.file().unstuck.complete_all();
        match how {
            IN_STEPS => revoking.finish()?,
            FORGOTTEN => forget(revoking),
            _ => drop(revoking),
        }
        Ok(())
    }

    fn revoke_others(scope: Scope<'_, Self>, how: usize) -> Result {
        let scope = match how {
            AT_ONCE => scope.revoke_others()?,
            _ => {
                let revoking = scope.begin_revoke_others();
                revoking.data().unstick();
                match how {
                    IN_STEPS => revoking.finish()?,
                    FORGOTTEN => {
                        forget(revoking);
                        return Ok(());
                    }
                    _ => {
                        drop(revoking);
                        return Ok(());
                    }
                }
            }
        };
        // The caller is inside.
        scope.data().deliver(b"!");
        Ok(())
    }
}

#[vtable]
impl FileOperations for BoxFile {
    type Device = BoxData;

    const REVOKED: Error = EACCES;

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            inbox <- new_spinlock_irq!(Ring::new()),
            arrived <- new_wait_queue!(),
            hidden <- Completion::new(),
            unstuck <- Completion::new(),
            never <- new_condvar!("testdev_never"),
            lock <- new_mutex!((), "testdev_unseen"),
            // Nothing fails after this, so `drop` counts each of these.
            _: {
                COUNT[0].add(1, Relaxed);
            },
        })
    }

    fn connect(_scope: &Scope<'_, Self>) -> Result {
        COUNT[1].add(1, Relaxed);
        Ok(())
    }

    fn open_files<'d>(device: &'d Boxes) -> &'d OpenFiles<Self> {
        &device.files
    }

    fn read_iter(scope: Scope<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        let mut chunk = [0; 64];
        let wanted = chunk.len().min(user.len());
        let mut taken = 0;
        let scope = scope.wait_interruptible(
            |f| &f.arrived,
            |s| {
                taken = s.file().take(&mut chunk[..wanted]);
                taken > 0 || wanted == 0
            },
        )?;
        scope.copy_out(user, &chunk[..taken])?;
        Ok(user.copied())
    }

    fn write_iter(scope: Scope<'_, Self>, user: &mut UserSource<'_>) -> Result<usize> {
        let mut chunk = [0; 64];
        let len = chunk.len().min(user.len());
        let chunk = &mut chunk[..len];
        let scope = scope.copy_in(user, chunk)?;
        scope.data().deliver(chunk);
        Ok(len)
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        match cmd {
            REVOKE => Self::revoke(scope, arg)?,
            REVOKE_OTHERS => Self::revoke_others(scope, arg)?,
            REVOKE_ALL => {
                scope.data().how.store(arg, Relaxed);
                scope.data().sweep.queue();
            }
            HIDDEN => {
                scope.file().hidden.wait_for_completion();
                return Err(ECANCELED);
            }
            STUCK => {
                scope.file().unstuck.wait_for_completion();
                return Err(ECANCELED);
            }
            UNSEEN => {
                let file = scope.file();
                while !file.never.wait_interruptible(&mut file.lock.lock()) {}
                return Err(ERESTARTSYS);
            }
            COUNTS => {
                let counts = [0, 1, 2, 3].map(|which| COUNT[which].load(Relaxed));
                scope.write_user(UserPtr::from_addr(arg), &counts)?;
            }
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }

    fn poll(scope: &Scope<'_, Self>, table: &mut PollTable<'_, Self>) -> Events {
        table.wait(|f| &f.arrived);
        Events::OUT | Events::IN.when(!scope.file().is_empty())
    }

    fn read_left(left: &Left<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        let mut chunk = [0; 64];
        let wanted = chunk.len().min(user.len());
        let taken = left.file().take(&mut chunk[..wanted]);
        left.copy_out(user, &chunk[..taken])?;
        Ok(user.copied())
    }

    fn has_left(&self) -> bool {
        !self.is_empty()
    }

    fn wake_file(&self, _device: &Boxes) {
        self.hidden.complete_all();
    }

    fn disconnect(_scope: &Scope<'_, Self>) {
        COUNT[2].add(1, Relaxed);
    }
}
