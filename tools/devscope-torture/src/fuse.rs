// SPDX-License-Identifier: GPL-2.0

//! Pages of a file of a FUSE file system, which a process of its own serves when it is told to.
//!
//! The mount is in no directory, and goes with who has it open. When a process of workers is killed, so
//! is its server; the connection goes with that, and with the connection whoever waits for a page.

use crate::{
    absent::{Held, Source, MOMENT},
    memory::{Memory, PAGE},
    shared::Shared,
    signals,
    sys::{self, Addr, Fd},
};
use fuser::{
    Config, Errno, FileAttr, FileHandle, FileType, Filesystem, Generation, INodeNo, KernelConfig,
    LockOwner, OpenFlags, ReplyAttr, ReplyData, ReplyEntry, Request, Session, SessionACL,
};
use rustix::{
    fd::AsRawFd,
    fs::{openat, Mode, OFlags},
    mount::{
        fsconfig_create, fsconfig_set_string, fsmount, fsopen, FsMountFlags, FsOpenFlags,
        MountAttrFlags,
    },
};
use std::{
    ffi::{CStr, OsStr},
    io,
    sync::{
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, SystemTime},
};

/// The file. It is so long that each page is touched once.
const NAME: &CStr = c"file";
const FILE: INodeNo = INodeNo(2);
const LEN: u64 = 1 << 46;
/// How far from each other the pages are that are touched.
const STRIDE: u64 = 1 << 20;
/// How long what the kernel knows of the file holds.
const FOR_EVER: Duration = Duration::from_secs(1 << 30);

/// Memory whose second page is one of the file's.
pub struct Fuse {
    memory: Memory,
    file: Fd,
    next: AtomicU64,
    _mount: Fd,
}

impl Fuse {
    /// Mounts the file system, and starts its server. The caller has one thread.
    pub fn new(shared: &'static Shared) -> Result<Self, i32> {
        let device = sys::open(c"/dev/fuse", OFlags::RDWR)?;
        let mount = sys::plain(mount(&device))?;
        if sys::fork()?.is_none() {
            drop(mount);
            signals::end_with_parent();
            let served = serve(device, shared);
            sys::exit(served.map_or(1, |()| 0));
        }
        drop(device);
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let file = openat(&mount, NAME, flags, Mode::empty());
        Ok(Self {
            memory: Memory::new(2)?,
            file: sys::plain(file)?,
            next: AtomicU64::new(0),
            _mount: mount,
        })
    }

    /// Has the second page be one that was never there, and returns where `before` bytes are left in the
    /// first. For one thread.
    pub fn prepare(&self, before: usize) -> Addr {
        let page = self.next.fetch_add(STRIDE, Relaxed) % LEN;
        let second = self.memory.at(PAGE).0;
        let flags = libc::MAP_PRIVATE | libc::MAP_FIXED;
        let _ = sys::map(second, PAGE, flags, Some((&self.file, page)));
        self.memory.at(PAGE - before)
    }
}

/// Mounts what is served by `device`, in no directory.
fn mount(device: &Fd) -> rustix::io::Result<Fd> {
    let context = fsopen("fuse", FsOpenFlags::FSOPEN_CLOEXEC)?;
    let number = device.as_raw_fd().to_string();
    for (key, value) in [
        ("fd", number.as_str()),
        ("rootmode", "40000"),
        ("user_id", "0"),
        ("group_id", "0"),
    ] {
        fsconfig_set_string(&context, key, value)?;
    }
    fsconfig_create(&context)?;
    let flags = FsMountFlags::FSMOUNT_CLOEXEC;
    fsmount(&context, flags, MountAttrFlags::empty())
}

/// Serves pages, each when the act is over that came after its touch.
fn serve(device: Fd, shared: &'static Shared) -> io::Result<()> {
    let (tell, reads) = mpsc::channel();
    let session = Session::from_fd(Server(tell), device, SessionACL::All, Config::default())?;
    thread::spawn(move || let_go(&reads, shared));
    session.run()
}

/// Answers reads when it is time for that.
fn let_go(reads: &Receiver<Read>, shared: &Shared) {
    let mut held = Held::new();
    let waited = &shared.waited[Source::Fuse as usize];
    let count = |_: &Read| {
        waited.pages.fetch_add(1, Relaxed);
    };
    loop {
        for (reply, size) in held.renew(shared, || reads.try_iter().inspect(count)) {
            reply.data(&vec![0; size as usize]);
        }
        thread::sleep(MOMENT);
    }
}

/// A read that is not answered yet, and its size.
type Read = (ReplyData, u32);

/// A file system with one file.
struct Server(Sender<Read>);

/// What is said of the file, or of the directory that it is in.
fn attributes(ino: INodeNo) -> FileAttr {
    let (kind, perm, size) = match ino {
        INodeNo::ROOT => (FileType::Directory, 0o755, 0),
        _ => (FileType::RegularFile, 0o444, LEN),
    };
    let time = SystemTime::UNIX_EPOCH;
    FileAttr {
        ino,
        size,
        blocks: 0,
        atime: time,
        mtime: time,
        ctime: time,
        crtime: time,
        kind,
        perm,
        nlink: 1,
        uid: 0,
        gid: 0,
        rdev: 0,
        blksize: PAGE as u32,
        flags: 0,
    }
}

impl Filesystem for Server {
    fn init(&mut self, _: &Request, config: &mut KernelConfig) -> io::Result<()> {
        // No page but the one that is touched. With none ahead, a read could not be killed.
        let _ = config.set_max_readahead(PAGE as u32);
        Ok(())
    }

    fn lookup(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEntry) {
        match name.as_encoded_bytes() == NAME.to_bytes() {
            true => reply.entry(&FOR_EVER, &attributes(FILE), Generation(0)),
            false => reply.error(Errno::ENOENT),
        }
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        reply.attr(&FOR_EVER, &attributes(ino));
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        _: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        // Who receives it is there for as long as this process.
        let _ = self.0.send((reply, size));
    }
}
