// SPDX-License-Identifier: GPL-2.0

//! Pages that nobody serves while the device is taken away.

use crate::{
    fuse::Fuse,
    memory::{Memory, PAGE},
    rng::Rng,
    shared::Shared,
    sys::{ioctl, of_fd, userfaultfd, Addr, Done, Fd},
};
use serde::Deserialize;
use std::{sync::atomic::Ordering::Relaxed, time::Duration};
use strum::{IntoStaticStr, VariantArray};

/// How long one looks away who serves pages. The processors are for those who work.
pub const MOMENT: Duration = Duration::from_millis(20);

/// Who serves a page.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase", const_into_str)]
pub enum Source {
    /// Who has a userfaultfd.
    Userfaultfd,
    /// A FUSE file system, whose file the page is of.
    Fuse,
}

/// What is held back until the act is over that comes after it.
pub struct Held<T>(Vec<(T, u32)>);

impl<T> Held<T> {
    /// Nothing.
    pub fn new() -> Self {
        Self(Vec::new())
    }

    /// Holds what `more` finds back as well, and returns what is not to be held back any more.
    pub fn renew<I: IntoIterator<Item = T>>(
        &mut self,
        shared: &Shared,
        more: impl FnOnce() -> I,
    ) -> Vec<T> {
        // First: what is found is of this act, or of an earlier one.
        let served = shared.served.load(Relaxed);
        self.0.extend(more().into_iter().map(|it| (it, served)));
        let stop = shared.stop.load(Relaxed);
        let over = |held: &mut (T, u32)| stop || held.1 != served;
        self.0.extract_if(.., over).map(|(it, _)| it).collect()
    }
}

/// The pages of a process, for one thread.
pub struct Absent {
    faults: Option<Faults>,
    fuse: Option<Fuse>,
}

impl Absent {
    /// Those of some sources, if there are any. The caller has one thread.
    pub fn new(shared: &'static Shared, sources: &[Source]) -> Option<Self> {
        fn keep<T>(shared: &Shared, source: Source, got: Result<T, i32>) -> Option<T> {
            let note = |errno: &i32| shared.waited[source as usize].errno.store(*errno, Relaxed);
            got.inspect_err(note).ok()
        }
        let wanted = |source| sources.contains(&source).then_some(source);
        let fuse = wanted(Source::Fuse).and_then(|it| keep(shared, it, Fuse::new(shared)));
        let faults = wanted(Source::Userfaultfd).and_then(|it| keep(shared, it, Faults::new()));
        (fuse.is_some() || faults.is_some()).then_some(Self { faults, fuse })
    }

    /// Has a page be absent, and returns where `before` bytes are left in the one before it.
    pub fn prepare(&self, rng: &mut Rng, before: usize) -> Addr {
        match (&self.faults, &self.fuse) {
            (Some(faults), None) => faults.prepare(before),
            (Some(faults), Some(_)) if rng.one_in(2) => faults.prepare(before),
            (_, Some(fuse)) => fuse.prepare(before),
            (None, None) => Addr::NOWHERE,
        }
    }

    /// The pages that somebody waits for, and that a userfaultfd is for.
    pub fn wanted(&self, shared: &Shared) -> Vec<Addr> {
        let found = self.faults.as_ref().map_or_else(Vec::new, Faults::wanted);
        let waited = &shared.waited[Source::Userfaultfd as usize];
        waited.pages.fetch_add(found.len() as u64, Relaxed);
        found
    }

    /// Serves one of these: whoever waits goes on with zeros.
    pub fn serve(&self, page: Addr) {
        if let Some(faults) = &self.faults {
            faults.serve(page);
        }
    }
}

/// Two pages, of which the second is not there, and who touches it waits until it is served.
struct Faults {
    memory: Memory,
    fd: Fd,
}

const API: u32 = 0xc018_aa3f;
const REGISTER: u32 = 0xc020_aa00;
const ZEROPAGE: u32 = 0xc020_aa04;

impl Faults {
    fn new() -> Result<Self, i32> {
        let memory = Memory::new(2)?;
        let fd = userfaultfd()?;
        let it = Self { memory, fd };
        it.control(API, &mut [0xaa, 0, 0])?;
        let start = it.memory.at(PAGE).0;
        it.control(REGISTER, &mut [start, PAGE as u64, 1, 0])?;
        Ok(it)
    }

    fn control<const N: usize>(&self, request: u32, argument: &mut [u64; N]) -> Done {
        ioctl(&self.fd, request, argument.as_mut_ptr() as u64)
    }

    fn prepare(&self, before: usize) -> Addr {
        let _ = self.memory.forget(PAGE, 1);
        self.memory.at(PAGE - before)
    }

    fn wanted(&self) -> Vec<Addr> {
        let mut found = Vec::new();
        // `struct uffd_msg`: the event, and the address.
        let mut message = [0u64; 4];
        while of_fd(libc::SYS_read, &self.fd, [message.as_mut_ptr() as u64, 32]) == Ok(32) {
            found.push(Addr(message[2] & !(PAGE as u64 - 1)));
        }
        found
    }

    fn serve(&self, page: Addr) {
        let _ = self.control(ZEROPAGE, &mut [page.0, PAGE as u64, 0, 0]);
    }
}
