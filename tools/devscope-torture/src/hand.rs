// SPDX-License-Identifier: GPL-2.0

//! The process that takes the device away and brings it back: any of that may never return.

use crate::{
    crew::quiet,
    finding::Kind,
    shared::Shared,
    sys::{self, Fd},
    target::Target,
    way::Module,
};
use devscope_revoke::revoke_all;
use rustix::{
    event::PollFlags,
    io::{read, write, Errno},
    system::{delete_module, finit_module},
};
use std::{
    ffi::CString,
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};
use strum::{FromRepr, IntoStaticStr};

/// What there is to be done with a device.
pub struct Means {
    /// The device, and its driver.
    pub target: Target,
    /// The driver's module, if it may be loaded.
    pub module: Option<Module>,
    /// One processor runs while the bus looks for devices.
    pub one_cpu: bool,
}

/// What it is told.
#[derive(Clone, Copy, PartialEq, Eq, FromRepr, IntoStaticStr)]
#[strum(serialize_all = "lowercase", const_into_str)]
#[repr(u8)]
pub enum Order {
    /// Unbind the driver.
    Unbind,
    /// Bind it.
    Bind,
    /// Unbind the driver of the device above.
    #[strum(serialize = "unbind of the device above")]
    UnbindParent,
    /// Bind that.
    #[strum(serialize = "bind of the device above")]
    BindParent,
    /// Have the bus forget the device.
    Remove,
    /// Have the bus look for devices.
    Rescan,
    /// Revoke all files.
    Revoke,
    /// Unload the driver's module.
    Unload,
    /// Load it.
    Load,
}

impl Order {
    /// What it is called that it does not return.
    pub fn hang(self) -> Kind {
        match self {
            Self::Unbind | Self::UnbindParent => Kind::UnbindHang,
            Self::Bind | Self::BindParent => Kind::BindHang,
            Self::Remove => Kind::RemoveHang,
            Self::Rescan => Kind::RescanHang,
            Self::Revoke => Kind::RevokeHang,
            Self::Unload => Kind::UnloadHang,
            Self::Load => Kind::LoadHang,
        }
    }
}

/// Something that it has done.
pub struct Answer {
    /// What was said to it.
    pub said: Result<(), i32>,
    /// How long it took.
    pub took: Duration,
}

/// The process.
pub struct Hand {
    /// Its number.
    pub pid: i32,
    orders: Fd,
    answers: Fd,
}

impl Hand {
    /// Starts it.
    pub fn start(means: &Means, shared: &Shared) -> Result<Self, i32> {
        let [theirs, orders] = sys::pipe()?;
        let [answers, ours] = sys::pipe()?;
        let Some(pid) = sys::fork()? else {
            quiet();
            drop((orders, answers));
            obey(means, shared, &theirs, &ours);
            sys::exit(0);
        };
        Ok(Self {
            pid,
            orders,
            answers,
        })
    }

    /// Tells it to do something.
    pub fn tell(&self, order: Order) {
        let _ = write(&self.orders, &[order as u8]);
    }

    /// Its answer, if that comes within a moment.
    pub fn answer(&self, moment: Duration) -> Option<Answer> {
        sys::poll(&self.answers, PollFlags::IN, Some(moment)).ok()?;
        let mut answer = [0u64; 2];
        let place = answer.as_mut_ptr() as u64;
        let got = sys::of_fd(libc::SYS_read, &self.answers, [place, 16]);
        let [errno, took] = answer;
        (got == Ok(16)).then(|| Answer {
            said: if errno == 0 {
                Ok(())
            } else {
                Err(errno as i32)
            },
            took: Duration::from_nanos(took),
        })
    }

    /// Ends it, or leaves it where it hangs.
    pub fn end(self) {
        let _ = sys::kill(self.pid, libc::SIGKILL);
        let start = Instant::now();
        while sys::wait(self.pid, libc::WNOHANG) == Ok(0) && start.elapsed().as_secs() < 1 {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Does what it is told, for as long as somebody may tell.
fn obey(means: &Means, shared: &Shared, orders: &Fd, answers: &Fd) {
    let mut byte = [0u8];
    loop {
        match read(orders, &mut byte) {
            Ok(1) => {}
            Err(Errno::AGAIN | Errno::INTR) => {
                let _ = sys::poll(orders, PollFlags::IN, None);
                continue;
            }
            _ => return,
        }
        let Some(order) = Order::from_repr(byte[0]) else {
            return;
        };
        let others = match (means.one_cpu, order) {
            (true, Order::Rescan) => turn_off(),
            _ => Vec::new(),
        };
        let start = Instant::now();
        let said = means.act(order, shared);
        let took = start.elapsed().as_nanos() as u64;
        for cpu in others {
            let _ = fs::write(cpu, "1");
        }
        let answer = [said.err().unwrap_or(0) as u64, took];
        let _ = sys::of_fd(libc::SYS_write, answers, [answer.as_ptr() as u64, 16]);
    }
}

impl Means {
    fn act(&self, order: Order, shared: &Shared) -> Result<(), i32> {
        let errno = |e: io::Error| e.raw_os_error().unwrap_or(libc::EIO);
        let Target { bound, parent, .. } = &self.target;
        let parent = parent.as_ref().ok_or(libc::ENODEV);
        let module = self.module.as_ref().ok_or(libc::ENOENT);
        let write = |file: &Option<PathBuf>| {
            let file = file.as_ref().ok_or(libc::ENODEV)?;
            fs::write(file, "1").map_err(errno)
        };
        match order {
            Order::Unbind => bound.write("unbind").map_err(errno),
            Order::Bind => bound.write("bind").map_err(errno),
            Order::UnbindParent => parent?.write("unbind").map_err(errno),
            Order::BindParent => parent?.write("bind").map_err(errno),
            Order::Remove => write(&self.target.remove),
            Order::Rescan => write(&self.target.rescan),
            Order::Revoke => {
                let (path, _) = shared.node();
                let end = path.iter().position(|it| *it == 0).unwrap_or(path.len());
                let path = std::str::from_utf8(&path[..end]).map_err(|_| libc::EINVAL)?;
                sys::plain(revoke_all(path))
            }
            Order::Unload => unload(&module?.name()),
            Order::Load => load(module?),
        }
    }
}

fn unload(module: &str) -> Result<(), i32> {
    let name = CString::new(module).map_err(|_| libc::EINVAL)?;
    sys::plain(delete_module(&name, libc::O_NONBLOCK))
}

fn load(module: &Module) -> Result<(), i32> {
    let file = fs::File::open(&module.file).map_err(|e| e.raw_os_error().unwrap_or(libc::EIO))?;
    let parameters = CString::new(&*module.parameters).map_err(|_| libc::EINVAL)?;
    sys::plain(finit_module(file, &parameters, 0))
}

/// Turns all processors off but the first. Returns what they are turned on by.
fn turn_off() -> Vec<PathBuf> {
    let all = fs::read_dir(Path::new("/sys/devices/system/cpu"));
    let files = all.into_iter().flatten().flatten();
    let files = files.map(|cpu| cpu.path().join("online"));
    let runs = |file: &PathBuf| fs::read_to_string(file).is_ok_and(|it| it.trim() == "1");
    // The first has no such file where it cannot be turned off.
    files
        .filter(|file| !file.ends_with("cpu0/online") && runs(file))
        .filter(|file| fs::write(file, "0").is_ok())
        .collect()
}
