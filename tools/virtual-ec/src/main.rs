// SPDX-License-Identifier: GPL-2.0

//! `virtual-ec`: an EC for one virtual machine, while it runs.

use std::io::stdin;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Parser;
use rustix::fs::{FileType, fstat};

use virtual_ec::log::Log;
use virtual_ec::server::Server;
use virtual_ec::shared::Shared;

/// A ChromeOS EC whose serial line to the guest is the socket on standard input.
#[derive(Debug, Parser)]
struct Cli {
    /// The file that QEMU maps as the guest's packet buffer and memory map.
    #[arg(long)]
    memory: PathBuf,
    /// The file for the log of commands.
    #[arg(long)]
    log: Option<PathBuf>,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let line = stdin()
        .as_fd()
        .try_clone_to_owned()
        .context("standard input")?;
    let mode = fstat(&line).context("standard input")?.st_mode;
    if FileType::from_raw_mode(mode) != FileType::Socket {
        bail!("standard input has to be a socket that QEMU has the other end of");
    }
    let shared = Shared::open(&cli.memory)?;
    let log = Log::create(cli.log.as_deref())?;
    Server::new(UnixStream::from(line), shared, log)?.run()
}
