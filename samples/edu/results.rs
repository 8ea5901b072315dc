// SPDX-License-Identifier: GPL-2.0

//! `/dev/eduN`: numbers in, factorials out.

use crate::{
    factorial::{Outcome, DEPTH},
    regs,
    Edu, //
};
use devscope::prelude::*;
use kernel::{
    io::Io,
    ioctl::{_IOR, _IOWR},
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
};

/// The data of an open file.
pub(crate) struct EduFile {
    /// The serial number of the last outcome that was read.
    seen: Atomic<u64>,
    changed: Arc<WaitQueue>,
}

impl EduFile {
    fn has_read(&self, outcome: Outcome) -> bool {
        self.seen.load(Relaxed) == outcome.serial
    }
}

/// `struct edu_ident`.
#[derive(FromBytes, IntoBytes, Immutable)]
#[repr(C)]
struct Ident {
    magic: u8,
    major: u8,
    minor: u8,
    reserved: u8,
}

const EDU_IOC_IDENT: u32 = _IOR::<Ident>(0xED, 0x00);
const EDU_IOC_ALIVE: u32 = _IOWR::<u32>(0xED, 0x01);

const SIZE: usize = size_of::<u32>();

#[vtable]
impl FileOperations for EduFile {
    type Device = CovariantForLt!(Edu<'_>);
    const NOWAIT: bool = true;

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self {
            seen: Atomic::new(scope.data().latest().serial),
            changed: scope.data().changed.clone(),
        })
    }

    fn read_iter(scope: Scope<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        if user.len() < SIZE {
            return Err(EINVAL);
        }
        let scope = scope.wait_interruptible(
            |f| &f.changed,
            |s| !s.file().has_read(s.data().latest()), //
        )?;
        let outcome = scope.data().latest();
        let scope = match outcome.value {
            Ok(value) => scope.copy_out(user, &value.to_ne_bytes())?,
            Err(_) => scope,
        };
        scope.file().seen.store(outcome.serial, Relaxed);
        outcome.value.map(|_| user.copied())
    }

    fn write_iter(scope: Scope<'_, Self>, user: &mut UserSource<'_>) -> Result<usize> {
        if user.is_empty() || user.len() % SIZE != 0 {
            return Err(EINVAL);
        }
        let mut bytes = [[0; SIZE]; DEPTH];
        let numbers = &mut bytes[..DEPTH.min(user.len() / SIZE)];
        let scope = scope.copy_in(user, numbers.as_flattened_mut())?;

        let mut added = 0;
        scope.wait_interruptible(
            |f| &f.changed,
            |s| {
                added = s
                    .data()
                    .add(numbers.iter().copied().map(u32::from_ne_bytes));
                added > 0
            },
        )?;
        Ok(added * SIZE)
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        let user = UserPtr::from_addr(arg);
        match cmd {
            EDU_IOC_IDENT => {
                let id = scope.data().bar.read(regs::ID);
                let ident = Ident {
                    magic: id.magic(),
                    major: id.major(),
                    minor: id.minor(),
                    reserved: 0,
                };
                scope.write_user(user, &ident)?;
            }
            EDU_IOC_ALIVE => {
                let (scope, pattern) = scope.read_user(user)?;
                let answer = scope.data().answer(pattern);
                scope.write_user(user, &answer)?;
            }
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }

    fn poll(scope: &Scope<'_, Self>, table: &mut PollTable<'_, Self>) -> Events {
        table.wait(|f| &f.changed);
        let edu = scope.data();
        Events::OUT.when(edu.has_room()) | Events::IN.when(!scope.file().has_read(edu.latest()))
    }
}
