// SPDX-License-Identifier: GPL-2.0

//! System calls as they are: numbers in, a number or an errno out.
//!
//! Memory that the kernel is to read or write is an [`Addr`] and nothing else: that of a
//! [`Memory`](crate::memory::Memory), to which no reference exists.

use libc::{c_int, c_long};
use std::time::Duration;

/// A number, or an errno.
pub type Done = Result<u64, i32>;

/// An address in memory to which no reference exists, or one that does not exist.
#[derive(Clone, Copy)]
pub struct Addr(pub(crate) u64);

impl Addr {
    /// An address that nobody has.
    pub const NOWHERE: Self = Self(8);
}

/// A call with memory of an [`Addr`], or of the caller's that `args` point to for as long as the call
/// takes. Private to this crate's wrappers.
pub fn raw<const N: usize>(number: c_long, args: [u64; N]) -> Done {
    let mut all = [0; 6];
    all[..N].copy_from_slice(&args);
    let [a, b, c, d, e, f] = all;
    // SAFETY: By the rule of this file, the kernel changes no memory but some that nothing refers to,
    // or that the wrapper has for it.
    let said = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    match said {
        -1 => Err(errno()),
        _ => Ok(said as u64),
    }
}

/// What a request came to: a number, or an errno below 0.
pub fn of_request(result: i64) -> Done {
    match result {
        0.. => Ok(result as u64),
        _ => Err(-result as i32),
    }
}

/// What the last call of the C library said.
pub fn errno() -> i32 {
    std::io::Error::last_os_error()
        .raw_os_error()
        .unwrap_or(libc::EIO)
}

/// A number that a call is given.
fn n(value: c_int) -> u64 {
    value as i64 as u64
}

/// An open descriptor, closed when dropped.
pub struct Fd(pub c_int);

impl Drop for Fd {
    fn drop(&mut self) {
        let _ = raw(libc::SYS_close, [n(self.0)]);
    }
}

impl Fd {
    /// What a call that makes a descriptor has said.
    pub fn of(said: Done) -> Result<Self, i32> {
        said.map(|fd| Self(fd as c_int))
    }

    /// Opens a path.
    pub fn open(path: &std::ffi::CStr, flags: c_int) -> Result<Self, i32> {
        let flags = n(flags | libc::O_CLOEXEC);
        Self::of(raw(
            libc::SYS_openat,
            [n(libc::AT_FDCWD), path.as_ptr() as u64, flags, 0],
        ))
    }

    /// A pipe.
    pub fn pipe() -> Result<[Self; 2], i32> {
        let mut ends = [0; 2];
        let flags = n(libc::O_CLOEXEC | libc::O_NONBLOCK);
        raw(libc::SYS_pipe2, [ends.as_mut_ptr() as u64, flags])?;
        Ok(ends.map(Self))
    }

    /// Two sockets that are connected.
    pub fn sockets() -> Result<[Self; 2], i32> {
        let mut ends = [0; 2];
        let kind = n(libc::SOCK_STREAM | libc::SOCK_CLOEXEC);
        let args = [n(libc::AF_UNIX), kind, 0, ends.as_mut_ptr() as u64];
        raw(libc::SYS_socketpair, args)?;
        Ok(ends.map(Self))
    }
}

/// `mmap()` of `len` bytes to read and write: at `at` if that is fixed, of a file from an offset on,
/// or of fresh memory.
pub fn map(at: u64, len: usize, flags: c_int, file: Option<(&Fd, u64)>) -> Done {
    let prot = n(libc::PROT_READ | libc::PROT_WRITE);
    let (kind, fd, offset) = match file {
        Some((fd, offset)) => (0, n(fd.0), offset),
        None => (libc::MAP_ANONYMOUS, u64::MAX, 0),
    };
    let args = [at, len as u64, prot, n(flags | kind), fd, offset];
    raw(libc::SYS_mmap, args)
}

/// `struct timespec` of a duration.
pub fn timespec(limit: Duration) -> libc::timespec {
    libc::timespec {
        tv_sec: limit.as_secs() as i64,
        tv_nsec: limit.subsec_nanos().into(),
    }
}

/// A call of a descriptor and numbers.
pub fn of_fd<const N: usize>(number: c_long, fd: &Fd, rest: [u64; N]) -> Done {
    let mut all = [0; 6];
    all[0] = n(fd.0);
    all[1..=N].copy_from_slice(&rest);
    raw(number, all)
}

/// `read()`, `write()` and `ioctl()` of memory.
pub fn of_memory(number: c_long, fd: &Fd, addr: Addr, len: usize) -> Done {
    of_fd(number, fd, [addr.0, len as u64])
}

/// `ioctl()`, whose argument may be an address.
pub fn ioctl(fd: &Fd, request: u32, argument: u64) -> Done {
    of_fd(libc::SYS_ioctl, fd, [request.into(), argument])
}

/// `pread()` and `pwrite()`.
pub fn at(number: c_long, fd: &Fd, addr: Addr, len: usize, offset: u64) -> Done {
    of_fd(number, fd, [addr.0, len as u64, offset])
}

/// `preadv2()` and `pwritev2()` of two parts, at the file's position.
pub fn vector(number: c_long, fd: &Fd, parts: [(Addr, usize); 2], flags: c_int) -> Done {
    let list = parts.map(|(addr, len)| [addr.0, len as u64]);
    let args = [list.as_ptr() as u64, 2, u64::MAX, u64::MAX, n(flags)];
    of_fd(number, fd, args)
}

/// `ppoll()` of one descriptor: its events.
pub fn poll(fd: &Fd, events: i16, limit: Option<Duration>) -> Done {
    let mut entry = libc::pollfd {
        fd: fd.0,
        events,
        revents: 0,
    };
    let time = limit.map(timespec);
    let time = time.as_ref().map_or(0, |it| &raw const *it as u64);
    raw(libc::SYS_ppoll, [&raw mut entry as u64, 1, time, 0, 8])?;
    Ok(entry.revents as u16 as u64)
}

/// `pselect()` of one descriptor for reading, writing and what is exceptional.
pub fn select(fd: &Fd, limit: Option<Duration>) -> Done {
    let mut sets = [[0u64; 16]; 3];
    let (word, bit) = (fd.0 as usize / 64, fd.0 as usize % 64);
    for set in &mut sets {
        *set.get_mut(word).ok_or(libc::EINVAL)? |= 1 << bit;
    }
    let mut time = limit.map(timespec);
    let time = time.as_mut().map_or(0, |it| &raw mut *it as u64);
    let [read, write, except] = sets.each_mut().map(|it| it.as_mut_ptr() as u64);
    raw(
        libc::SYS_pselect6,
        [n(fd.0 + 1), read, write, except, time, 0],
    )
}

/// Adds to an epoll set, or takes out.
pub fn epoll_ctl(epoll: &Fd, fd: &Fd, add: bool, events: u32) -> Done {
    let mut event = libc::epoll_event { events, u64: 0 };
    let what = if add {
        libc::EPOLL_CTL_ADD
    } else {
        libc::EPOLL_CTL_DEL
    };
    of_fd(
        libc::SYS_epoll_ctl,
        epoll,
        [n(what), n(fd.0), &raw mut event as u64],
    )
}

/// Waits for a set: the events of one of it.
pub fn epoll_wait(epoll: &Fd, limit_ms: c_int) -> Done {
    let mut event = libc::epoll_event { events: 0, u64: 0 };
    let args = [&raw mut event as u64, 1, n(limit_ms), 0, 8];
    let count = of_fd(libc::SYS_epoll_pwait, epoll, args)?;
    Ok(if count == 0 {
        0
    } else {
        u64::from(event.events)
    })
}

/// `fcntl()` with a number.
pub fn fcntl(fd: &Fd, what: c_int, argument: c_int) -> Done {
    of_fd(libc::SYS_fcntl, fd, [n(what), n(argument)])
}

/// A lock of the whole file by this process.
pub fn lock(fd: &Fd, kind: c_int) -> Done {
    // SAFETY: Zeros are a valid value.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = kind as i16;
    of_fd(
        libc::SYS_fcntl,
        fd,
        [n(libc::F_SETLK), &raw mut lock as u64],
    )
}

/// `splice()` of up to `len` bytes, without waiting for the pipe.
pub fn splice(from: &Fd, to: &Fd, len: usize) -> Done {
    let flags = u64::from(libc::SPLICE_F_NONBLOCK);
    of_fd(libc::SYS_splice, from, [0, n(to.0), 0, len as u64, flags])
}

/// `sendfile()` from the beginning of `from`.
pub fn sendfile(to: &Fd, from: &Fd, len: usize) -> Done {
    let mut offset = 0i64;
    of_fd(
        libc::SYS_sendfile,
        to,
        [n(from.0), &raw mut offset as u64, len as u64],
    )
}

/// Sends a descriptor over a socket.
pub fn send_fd(socket: &Fd, fd: &Fd) -> Done {
    let mut control = Control::new(fd.0);
    let mut byte = 0u8;
    message(libc::SYS_sendmsg, socket, &mut byte, &mut control)
}

/// Receives one.
pub fn receive_fd(socket: &Fd) -> Result<Fd, i32> {
    let mut control = Control::new(-1);
    let mut byte = 0u8;
    message(libc::SYS_recvmsg, socket, &mut byte, &mut control)?;
    match control.fd {
        -1 => Err(libc::ENOMSG),
        fd => Ok(Fd(fd)),
    }
}

/// `struct cmsghdr` with one descriptor.
#[repr(C, align(8))]
struct Control {
    len: usize,
    level: c_int,
    kind: c_int,
    fd: c_int,
}

impl Control {
    fn new(fd: c_int) -> Self {
        Self {
            len: 20,
            level: libc::SOL_SOCKET,
            kind: libc::SCM_RIGHTS,
            fd,
        }
    }
}

fn message(number: c_long, socket: &Fd, byte: &mut u8, control: &mut Control) -> Done {
    let part = libc::iovec {
        iov_base: (&raw mut *byte).cast(),
        iov_len: 1,
    };
    // SAFETY: Zeros are a valid value.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = (&raw const part).cast_mut();
    header.msg_iovlen = 1;
    header.msg_control = (&raw mut *control).cast();
    header.msg_controllen = size_of::<Control>();
    of_fd(
        number,
        socket,
        [&raw mut header as u64, n(libc::MSG_DONTWAIT)],
    )
}

/// The descriptor `fd` of the process `pid`.
pub fn fd_of(pid: c_int, fd: c_int) -> Result<Fd, i32> {
    let process = Fd::of(raw(libc::SYS_pidfd_open, [n(pid), 0]))?;
    Fd::of(of_fd(libc::SYS_pidfd_getfd, &process, [n(fd), 0]))
}

/// Sends a signal to one thread.
pub fn tgkill(pid: c_int, tid: c_int, signal: c_int) -> Done {
    raw(libc::SYS_tgkill, [n(pid), n(tid), n(signal)])
}

/// Sends a signal to a process.
pub fn kill(pid: c_int, signal: c_int) -> Done {
    raw(libc::SYS_kill, [n(pid), n(signal)])
}

/// Takes note of a child's end: its number, or 0 if there is none yet.
pub fn wait(pid: c_int, flags: c_int) -> Done {
    raw(libc::SYS_wait4, [n(pid), 0, n(flags), 0])
}

/// A child, which is this function's second return, with `None`. It must not allocate.
pub fn fork() -> Result<Option<c_int>, i32> {
    // SAFETY: The child of a process with other threads makes system calls, and exits.
    match unsafe { libc::fork() } {
        -1 => Err(errno()),
        0 => Ok(None),
        pid => Ok(Some(pid)),
    }
}

/// Ends this process at once.
pub fn exit(status: c_int) -> ! {
    // SAFETY: It is safe to call at any time.
    unsafe { libc::_exit(status) }
}

/// The caller's thread.
pub fn tid() -> c_int {
    raw(libc::SYS_gettid, []).unwrap_or(0) as c_int
}

/// The caller's process.
pub fn pid() -> c_int {
    std::process::id() as c_int
}

/// Nanoseconds since boot, the same for all processes.
pub fn now() -> u64 {
    clock(libc::CLOCK_MONOTONIC)
}

/// Nanoseconds of a processor that the caller's thread has had.
pub fn cpu_time() -> u64 {
    clock(libc::CLOCK_THREAD_CPUTIME_ID)
}

fn clock(which: libc::clockid_t) -> u64 {
    let mut time = timespec(Duration::ZERO);
    // SAFETY: `time` is a valid place to write to.
    unsafe { libc::clock_gettime(which, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
