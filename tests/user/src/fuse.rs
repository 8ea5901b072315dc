// SPDX-License-Identifier: GPL-2.0

//! A FUSE file system of one file, whose server answers all requests but READ.
//!
//! An access to a page of the mapped file waits until the connection is aborted. C header:
//! `linux/fuse.h`; protocol 7.31, native byte order.

use crate::{events, pages::Pages, HANG};
use rustix::{
    event::PollFlags,
    fd::{AsRawFd, OwnedFd},
    fs::{open, Mode, OFlags},
    io::Errno,
    mount::{mount, unmount, MountFlags, UnmountFlags},
};
use std::{
    ffi::CString,
    fs,
    path::PathBuf,
    sync::{
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc::{self, Receiver, Sender},
        Arc,
    },
    thread::{self, JoinHandle},
    time::Duration,
};

const LOOKUP: u32 = 1;
const FORGET: u32 = 2;
const GETATTR: u32 = 3;
const OPEN: u32 = 14;
const READ: u32 = 15;
const RELEASE: u32 = 18;
const FLUSH: u32 = 25;
const INIT: u32 = 26;
const INTERRUPT: u32 = 36;
const DESTROY: u32 = 38;
const BATCH_FORGET: u32 = 42;

const ROOT: u64 = 1;
const FILE: u64 = 2;
const FILE_SIZE: u64 = 1 << 16;
/// Several READ requests may be pending. With this, their waiters can be killed.
const ASYNC_READ: u32 = 1;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// The mounted file system; aborted and unmounted when dropped.
pub struct Fuse {
    dir: PathBuf,
    stuck: Receiver<()>,
    stop: Arc<AtomicBool>,
    server: Option<JoinHandle<()>>,
}

impl Fuse {
    /// Mounts it, with its server running.
    pub fn mount() -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = PathBuf::from(format!("/tmp/fuse-{}-{number}", std::process::id()));
        fs::create_dir_all(&dir).expect("mkdir in /tmp");
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let fd = open("/dev/fuse", flags, Mode::empty()).expect("open /dev/fuse");
        let data = format!("fd={},rootmode=40000,user_id=0,group_id=0", fd.as_raw_fd());
        let data = CString::new(data).unwrap();
        mount("none", &dir, "fuse", MountFlags::empty(), Some(&*data)).expect("mount fuse");
        let (tell_stuck, stuck) = mpsc::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let server = thread::spawn(move || serve(fd, &tell_stuck, &stopped));
        Self {
            dir,
            stuck,
            stop,
            server: Some(server),
        }
    }

    /// Pages of the file. An access to one sends a READ, which is never answered.
    pub fn pages(&self, count: usize) -> Arc<Pages> {
        let path = self.dir.join("file");
        let file = open(&path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
        Arc::new(Pages::of_file(file.expect("open the FUSE file"), count))
    }

    /// Waits until a task is stuck in a fault on the file.
    pub fn wait_stuck(&self) {
        let stuck = self.stuck.recv_timeout(HANG);
        stuck.expect("nobody reads the FUSE file");
    }

    /// Aborts the connection: stuck tasks get an error.
    pub fn abort(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(server) = self.server.take() {
            server.join().expect("the FUSE server");
        }
    }
}

impl Drop for Fuse {
    fn drop(&mut self) {
        self.abort();
        let _ = unmount(&self.dir, UnmountFlags::DETACH);
        let _ = fs::remove_dir(&self.dir);
    }
}

/// The server. When it returns, it drops the last descriptor, which aborts the connection.
fn serve(fd: OwnedFd, stuck: &Sender<()>, stop: &AtomicBool) {
    let mut request = vec![0u8; 1 << 17];
    while !stop.load(Ordering::Relaxed) {
        events::poll_for(&fd, PollFlags::IN, Duration::from_millis(20));
        let len = match rustix::io::read(&fd, &mut request[..]) {
            Ok(len) => len,
            Err(Errno::AGAIN | Errno::INTR | Errno::NOENT) => continue,
            Err(_) => return,
        };
        let request = &request[..len];
        let body = match u32_at(request, 4) {
            FORGET | BATCH_FORGET | INTERRUPT | DESTROY => continue,
            READ => {
                let _ = stuck.send(());
                continue;
            }
            opcode => answer(opcode, request),
        };
        let _ = rustix::io::write(&fd, &reply(u64_at(request, 8), body));
    }
}

/// The answer to one request: the bytes behind the header, or an error.
fn answer(opcode: u32, request: &[u8]) -> Result<Vec<u8>, Errno> {
    let mut body = Vec::new();
    match opcode {
        INIT => {
            // major, minor, max_readahead, flags
            put_u32(&mut body, &[7, 31, 1 << 16, ASYNC_READ]);
            // max_background and congestion_threshold, max_write, time_gran; the rest is zero
            put_u32(&mut body, &[12 | 9 << 16, 1 << 16, 1]);
            body.resize(64, 0);
        }
        LOOKUP => {
            // nodeid, generation, and how long the entry and its attributes are valid
            put_u64(&mut body, &[FILE, 0, 3600, 3600, 0]);
            put_attr(&mut body, FILE);
        }
        GETATTR => {
            put_u64(&mut body, &[3600, 0]);
            put_attr(&mut body, u64_at(request, 16));
        }
        OPEN => body.resize(16, 0),
        FLUSH | RELEASE => {}
        _ => return Err(Errno::NOSYS),
    }
    Ok(body)
}

/// `struct fuse_attr` of the root or of the file.
fn put_attr(body: &mut Vec<u8>, node: u64) {
    let mode = match node {
        ROOT => libc::S_IFDIR | 0o755,
        _ => libc::S_IFREG | 0o644,
    };
    // ino, size, blocks, three times
    put_u64(body, &[node, FILE_SIZE, FILE_SIZE / 512, 0, 0, 0]);
    // three times' nanoseconds, mode, nlink, uid, gid, rdev, blksize, flags
    put_u32(body, &[0, 0, 0, mode, 1, 0, 0, 0, 4096, 0]);
}

/// `struct fuse_out_header` and the body.
fn reply(unique: u64, body: Result<Vec<u8>, Errno>) -> Vec<u8> {
    let (error, body) = match body {
        Ok(body) => (0, body),
        Err(errno) => (-errno.raw_os_error(), Vec::new()),
    };
    let mut reply = Vec::new();
    put_u32(&mut reply, &[16 + body.len() as u32, error as u32]);
    put_u64(&mut reply, &[unique]);
    reply.extend(body);
    reply
}

fn put_u32(out: &mut Vec<u8>, values: &[u32]) {
    out.extend(values.iter().flat_map(|value| value.to_ne_bytes()));
}

fn put_u64(out: &mut Vec<u8>, values: &[u64]) {
    out.extend(values.iter().flat_map(|value| value.to_ne_bytes()));
}

fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_ne_bytes(bytes[offset..offset + 4].try_into().unwrap())
}

fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    u64::from_ne_bytes(bytes[offset..offset + 8].try_into().unwrap())
}
