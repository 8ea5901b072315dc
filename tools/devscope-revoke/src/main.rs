// SPDX-License-Identifier: GPL-2.0

//! Revokes open files of devices. See `devscope-revoke.8`.

#![forbid(unsafe_code)]

use clap::{Args, Parser};
use devscope_revoke::{revoke_all, Control};
use rustix::{
    fd::{OwnedFd, RawFd},
    io,
    process::{pidfd_getfd, pidfd_open, Pid, PidfdFlags, PidfdGetfdFlags},
};
use std::{path::PathBuf, process::ExitCode, str::FromStr};

/// Revoke the open files of devices.
///
/// It works for devices whose driver uses Devscope. It wakes the tasks that sleep in a call on such a
/// file. When the command has ended, no program is in a call on a revoked file. The device stays bound,
/// and can be opened again.
#[derive(Parser)]
#[command(name = "devscope-revoke", version)]
struct Command {
    #[command(flatten)]
    what: What,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
struct What {
    /// Revoke the open file of descriptor FD in the process PID, and so all descriptors that share it.
    /// This needs the permission to trace the process.
    #[arg(long, value_name = "PID:FD")]
    fd: Vec<Descriptor>,
    /// Revoke all open files of the device with this node. The caller has to be the owner of the node,
    /// or have CAP_SYS_ADMIN.
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
