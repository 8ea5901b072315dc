// SPDX-License-Identifier: GPL-2.0

//! Takes access to a device away. See `devscope-revoke.8`.

#![forbid(unsafe_code)]

use clap::{Args, Parser};
use devscope_revoke::{revoke_all, Control};
use rustix::{
    fd::{OwnedFd, RawFd},
    io,
    process::{pidfd_getfd, pidfd_open, Pid, PidfdFlags, PidfdGetfdFlags},
};
use std::{path::PathBuf, process::ExitCode, str::FromStr};

/// Take access to devices away from the programs that have them open.
///
/// It works for devices whose driver is one of Devscope's. Whoever is asleep in a call is woken, and
/// when the command is done, no program is in a call on what was revoked. The device stays: it can be
/// opened again.
#[derive(Parser)]
#[command(name = "devscope-revoke", version)]
struct Command {
    #[command(flatten)]
    what: What,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
struct What {
    /// Revoke one open file: that of descriptor FD in the process PID, and all that share it. This
    /// needs the right to trace the process.
    #[arg(long, value_name = "PID:FD")]
    fd: Vec<Descriptor>,
    /// Revoke all open files of the device with this node. This needs to be the node's owner, or
    /// CAP_SYS_ADMIN.
    #[arg(value_name = "NODE")]
    nodes: Vec<PathBuf>,
}

/// A descriptor of another process.
#[derive(Clone, Copy)]
struct Descriptor {
    pid: Pid,
    fd: RawFd,
}

impl FromStr for Descriptor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (pid, fd) = text.split_once(':')?;
            let fd: RawFd = fd.parse().ok()?;
            let pid = pid.parse().ok().filter(|pid| *pid > 0)?;
            let pid = Pid::from_raw(pid)?;
            (fd >= 0).then_some(Self { pid, fd })
        };
        parse().ok_or("not a process and a descriptor, as in 123:4")
    }
}

impl Descriptor {
    /// A copy of it.
    fn get(self) -> io::Result<OwnedFd> {
        let process = pidfd_open(self.pid, PidfdFlags::empty())?;
        pidfd_getfd(process, self.fd, PidfdGetfdFlags::empty())
    }
}

fn main() -> ExitCode {
    let What { fd, nodes } = Command::parse().what;
    let mut failed = false;
    let mut tell = |what: String, result: io::Result<()>| {
        if let Err(error) = result {
            eprintln!("devscope-revoke: {what}: {error}");
            failed = true;
        }
    };
    for it in fd {
        let revoked = it.get().and_then(|fd| Control::open()?.revoke(fd));
        tell(format!("{}:{}", it.pid.as_raw_nonzero(), it.fd), revoked);
    }
    for node in nodes {
        tell(node.display().to_string(), revoke_all(&node));
    }
    match failed {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}
