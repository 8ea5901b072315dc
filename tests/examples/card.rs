// SPDX-License-Identifier: GPL-2.0

//! The driver of the examples in Documentation about mappings, revoking, reads after unplug, and
//! io_uring commands.

use devscope::prelude::*;
use kernel::{
    ioctl::_IO,
    prelude::*,
    sync::{
        new_mutex,
        new_spinlock_irq,
        Arc,
        Completion,
        Mutex,
        SpinLockIrq, //
    }, //
};

pub(crate) const MY_REVOKE: u32 = _IO(0xED, 0x20);
pub(crate) const MY_SELFTEST: u32 = 1;
pub(crate) const MY_NEXT_EVENT: u32 = 2;

/// The offset of the ring in the file, in pages.
const RING: usize = 1;

#[pin_data]
pub(crate) struct Card<'bound> {
    registers: pci::Bar<'bound>,
    ring: Pages,
    #[pin]
    pub(crate) waiting: Mutex<KVec<PendingCmd>>,
    pub(crate) files: OpenFiles<CardFile>,
    turns: Arc<Turns>,
}

impl Card<'_> {
    fn selftest(&self) -> Result<u32> {
        Ok(0)
    }

    pub(crate) fn command(&self, request: &u32) -> Result<u32> {
        Ok(*request)
    }

    fn answer(&self, event: u32) {
        while let Ok(pending) = self.waiting.lock().remove(0) {
            pending.complete(Ok(event));
        }
    }
}

#[pin_data]
pub(crate) struct CardFile {
    #[pin]
    pub(crate) inbox: SpinLockIrq<KVec<u32>>,
    #[pin]
    pub(crate) answered: Completion,
    pub(crate) turns: Arc<Turns>,
}

#[vtable]
impl FileOperations for CardFile {
    type Device = CovariantForLt!(Card<'_>);

    const REVOKED: Error = EACCES;

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            inbox <- new_spinlock_irq!(KVec::new()),
            answered <- Completion::new(),
            turns: scope.data().turns.clone(),
        })
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, _arg: usize) -> Result<isize> {
        match cmd {
            MY_REVOKE => {
                let revoking = scope.begin_revoke()?;
                revoking.file().answered.complete_all();
                revoking.finish()?;
                Ok(0)
            }
            _ => Err(ENOTTY),
        }
    }

    fn uring_cmd<'c>(scope: Scope<'_, Self>, cmd: UringCmd<'c>) -> Result<Issued<'c>> {
        match cmd.op() {
            MY_SELFTEST => Ok(Issued::done(scope.data().selftest()?)),
            MY_NEXT_EVENT => {
                let (pending, issued) = cmd.keep(&scope)?;
                scope.data().waiting.lock().push(pending, GFP_KERNEL)?;
                Ok(issued)
            }
            _ => Err(ENOTTY),
        }
    }

    fn open_files<'d>(card: &'d Card<'_>) -> &'d OpenFiles<Self> {
        &card.files
    }

    fn mmap<'s>(scope: &'s Scope<'_, Self>, area: &Area) -> Result<Backing<'s>> {
        let card = scope.data();
        match area.after(RING) {
            Some(area) => area.backed_by(&card.ring),
            None => Ok(area.backed_by(&card.registers)?.read_only()),
        }
    }

    fn has_left(&self) -> bool {
        !self.inbox.lock().is_empty()
    }

    fn read_left(left: &Left<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        let event = left.file().inbox.lock().pop().ok_or(ENODEV)?;
        left.copy_out(user, event.as_bytes())?;
        Ok(user.copied())
    }
}
