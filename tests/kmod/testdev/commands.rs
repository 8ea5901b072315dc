// SPDX-License-Identifier: GPL-2.0

//! io_uring commands that the driver ends at once, later, or never. See `testdev.h`.

use crate::fifo::{FifoData, FifoFile};
use devscope::prelude::*;
use kernel::{
    prelude::*,
    sync::SpinLockIrq,
    time::Delta, //
};

/// How many commands of a kind may be pending.
const ROOM: usize = 2048;

/// `struct testdev_command`.
#[derive(FromBytes, IntoBytes)]
#[repr(C)]
struct Command {
    value: u32,
    ms: u32,
}

const NOW: u32 = 0;
const KEEP: u32 = 1;
const SOON: u32 = 2;
const EARLY: u32 = 3;
const DROP: u32 = 4;
const CHANGE: u32 = 5;
const WAIT: u32 = 6;
const LONG: u32 = 7;

/// Commands, each with its result.
type Kept = KVVec<(PendingCmd, u32)>;

/// The pending commands.
#[pin_data]
pub struct Commands {
    /// Until `TESTDEV_COMPLETE`.
    #[pin]
    waiting: SpinLockIrq<Kept>,
    /// Until the timer expires.
    #[pin]
    soon: SpinLockIrq<Kept>,
    #[pin]
    timer: HrTimer<Expire>,
}

/// Adds a command to a list, whose memory is already allocated.
fn keep(list: &mut Kept, pending: PendingCmd, value: u32) -> Result {
    if list.len() == ROOM {
        list.retain(|(pending, _)| !pending.is_over());
    }
    list.push_within_capacity((pending, value))
        .map_err(|_| ENOSPC)
}

impl Commands {
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            waiting <- kernel::new_spinlock_irq!(Kept::with_capacity(ROOM, GFP_KERNEL)?),
            soon <- kernel::new_spinlock_irq!(Kept::with_capacity(ROOM, GFP_KERNEL)?),
            timer <- new_item!("testdev_commands"),
        })
    }

    pub(crate) fn register<'bound>(
        binding: &mut Binding<'bound>,
        fifo: Shared<'bound, FifoData>,
    ) -> Result {
        callback::register(binding, fifo, |fifo| &fifo.commands.timer)
    }

    /// Ends the waiting commands. Returns how many had not ended before.
    pub(crate) fn complete(&self, scope: &Scope<'_, FifoFile>, value: u32) -> isize {
        let mut in_time = 0;
        loop {
            let kept = self.waiting.lock_irq(scope).pop();
            let Some((pending, _)) = kept else {
                return in_time;
            };
            in_time += isize::from(pending.complete(Ok(value)));
        }
    }

    pub(crate) fn issue<'c>(scope: Scope<'_, FifoFile>, cmd: UringCmd<'c>) -> Result<Issued<'c>> {
        let Command { value, ms } = cmd.payload()?;
        let commands = &scope.data().commands;
        match cmd.op() {
            NOW => Ok(Issued::done(value)),
            KEEP => {
                let (pending, issued) = cmd.keep(&scope)?;
                keep(&mut commands.waiting.lock_irq(&scope), pending, value)?;
                Ok(issued)
            }
            SOON => {
                let (pending, issued) = cmd.keep(&scope)?;
                keep(&mut commands.soon.lock_irq(&scope), pending, value)?;
                commands.timer.start(Delta::from_millis(ms.into()));
                Ok(issued)
            }
            EARLY => {
                let (pending, issued) = cmd.keep(&scope)?;
                pending.complete(Ok(value));
                Ok(issued)
            }
            DROP => cmd.keep(&scope).map(|(_, issued)| issued),
            CHANGE => {
                let (pending, _) = cmd.keep(&scope)?;
                keep(&mut commands.waiting.lock_irq(&scope), pending, value)?;
                Err(EIO)
            }
            WAIT => {
                FifoFile::wait_released(scope)?;
                Ok(Issued::done(value))
            }
            LONG => {
                let words = cmd.payload::<[u32; 20]>()?;
                Ok(Issued::done(words.iter().fold(0, |sum, word| sum ^ word)))
            }
            _ => Err(ENOTTY),
        }
    }
}

struct Expire;

impl callback::Handler<AtomicContext> for Expire {
    type Device = FifoData;

    fn run(scope: &mut AtomicScope<'_, Self::Device>) {
        loop {
            let kept = scope.data().commands.soon.lock().pop();
            let Some((pending, value)) = kept else {
                return;
            };
            pending.complete(Ok(value));
        }
    }
}
