// SPDX-License-Identifier: GPL-2.0

//! System calls as they are: numbers in, a number or an errno out.
//!
//! Memory that the kernel is to read or write is an [`Addr`] and nothing else: that of a
//! [`Memory`](crate::memory::Memory), to which no reference exists.

use libc::{c_int, c_long};
use rustix::{
    event::{PollFd, PollFlags},
    fd::{AsFd, AsRawFd},
    fs::{Mode, OFlags},
    io::Errno,
    mm::UserfaultfdFlags,
    net::{
        recvmsg, sendmsg, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags,
        SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    },
    path::Arg,
    pipe::{pipe_with, PipeFlags, SpliceFlags},
    process::{pidfd_getfd, pidfd_open, Pid, PidfdFlags, PidfdGetfdFlags},
    time::{clock_gettime, ClockId, Timespec},
};
use std::{
    io::{IoSlice, IoSliceMut},
    mem::MaybeUninit,
    time::Duration,
};

/// An open descriptor, closed when dropped.
pub use rustix::fd::OwnedFd as Fd;

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

/// What rustix has said, with the number of the errno.
pub fn plain<T>(said: rustix::io::Result<T>) -> Result<T, i32> {
    said.map_err(Errno::raw_os_error)
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

/// Closes a descriptor that a call has made, if it has.
pub fn close(fd: c_int) {
    let _ = raw(libc::SYS_close, [n(fd)]);
}

/// A userfaultfd on which nobody waits.
pub fn userfaultfd() -> Result<Fd, i32> {
    let flags = UserfaultfdFlags::CLOEXEC | UserfaultfdFlags::NONBLOCK;
    // SAFETY: It is told of memory that nothing refers to, by the rule of this file.
    plain(unsafe { rustix::mm::userfaultfd(flags) })
}

/// Opens a path.
pub fn open(path: impl Arg, flags: OFlags) -> Result<Fd, i32> {
    let flags = flags | OFlags::CLOEXEC;
    plain(rustix::fs::open(path, flags, Mode::empty()))
}

/// A pipe.
pub fn pipe() -> Result<[Fd; 2], i32> {
    let flags = PipeFlags::CLOEXEC | PipeFlags::NONBLOCK;
    plain(pipe_with(flags)).map(Into::into)
}

/// `mmap()` of `len` bytes to read and write: at `at` if that is fixed, of a file from an offset on,
/// or of fresh memory.
pub fn map(at: u64, len: usize, flags: c_int, file: Option<(&Fd, u64)>) -> Done {
    let prot = n(libc::PROT_READ | libc::PROT_WRITE);
    let (kind, fd, offset) = match file {
        Some((fd, offset)) => (0, n(fd.as_raw_fd()), offset),
        None => (libc::MAP_ANONYMOUS, u64::MAX, 0),
    };
    let args = [at, len as u64, prot, n(flags | kind), fd, offset];
    raw(libc::SYS_mmap, args)
}

/// `struct timespec` of a duration.
pub fn timespec(limit: Duration) -> Timespec {
    Timespec {
        tv_sec: limit.as_secs() as i64,
        tv_nsec: limit.subsec_nanos().into(),
    }
}

/// A call of a descriptor and numbers.
pub fn of_fd<const N: usize>(number: c_long, fd: &Fd, rest: [u64; N]) -> Done {
    let mut all = [0; 6];
    all[0] = n(fd.as_raw_fd());
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
pub fn poll(fd: &Fd, events: PollFlags, limit: Option<Duration>) -> Done {
    let mut entry = [PollFd::new(fd, events)];
    let time = limit.map(timespec);
    plain(rustix::event::poll(&mut entry, time.as_ref()))?;
    Ok(entry[0].revents().bits().into())
}

/// `pselect()` of one descriptor for reading, writing and what is exceptional.
pub fn select(fd: &Fd, limit: Option<Duration>) -> Done {
    let mut sets = [[0u64; 16]; 3];
    let number = fd.as_raw_fd();
    let (word, bit) = (number as usize / 64, number as usize % 64);
    for set in &mut sets {
        *set.get_mut(word).ok_or(libc::EINVAL)? |= 1 << bit;
    }
    let mut time = limit.map(timespec);
    let time = time.as_mut().map_or(0, |it| &raw mut *it as u64);
    let [read, write, except] = sets.each_mut().map(|it| it.as_mut_ptr() as u64);
    raw(
        libc::SYS_pselect6,
        [n(number + 1), read, write, except, time, 0],
    )
}

/// `fcntl()` with a number.
pub fn fcntl(fd: &Fd, what: c_int, argument: c_int) -> Done {
    of_fd(libc::SYS_fcntl, fd, [n(what), n(argument)])
}

/// `splice()` of up to `len` bytes, without waiting for the pipe.
pub fn splice(from: &Fd, to: &Fd, len: usize) -> Done {
    let said = rustix::pipe::splice(from, None, to, None, len, SpliceFlags::NONBLOCK);
    plain(said).map(|len| len as u64)
}

/// Sends a descriptor over a socket.
pub fn send_fd(socket: impl AsFd, fd: &Fd) -> Result<usize, i32> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let fds = [fd.as_fd()];
    control.push(SendAncillaryMessage::ScmRights(&fds));
    let part = [IoSlice::new(&[0])];
    plain(sendmsg(socket, &part, &mut control, SendFlags::DONTWAIT))
}

/// Receives one.
pub fn receive_fd(socket: impl AsFd) -> Result<Fd, i32> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let mut part = [IoSliceMut::new(&mut byte)];
    let flags = RecvFlags::DONTWAIT;
    plain(recvmsg(socket, &mut part, &mut control, flags))?;
    let fd = control.drain().find_map(|it| match it {
        RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
        _ => None,
    });
    fd.ok_or(libc::ENOMSG)
}

/// The descriptor `fd` of the process `pid`, if both are numbers of some.
pub fn fd_of(pid: c_int, fd: c_int) -> Result<Fd, i32> {
    let pid = Pid::from_raw(pid).filter(|_| fd >= 0).ok_or(libc::EBADF)?;
    let process = plain(pidfd_open(pid, PidfdFlags::empty()))?;
    plain(pidfd_getfd(process, fd, PidfdGetfdFlags::empty()))
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

/// The caller's process.
pub fn pid() -> c_int {
    std::process::id() as c_int
}

/// Nanoseconds since boot, the same for all processes.
pub fn now() -> u64 {
    nanoseconds(ClockId::Monotonic)
}

/// Nanoseconds of a processor that the caller's thread has had.
pub fn cpu_time() -> u64 {
    nanoseconds(ClockId::ThreadCPUTime)
}

fn nanoseconds(which: ClockId) -> u64 {
    let time = clock_gettime(which);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
