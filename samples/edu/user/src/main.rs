// SPDX-License-Identifier: GPL-2.0

//! A small program for QEMU's edu device, through Devscope's edu driver.
//!
//! ```text
//! # edu ident
//! edu device, version 1.0
//! # edu factorial 5
//! 5! = 120
//! # edu listen
//! 120
//! # edu ram-write 16 hello
//! # edu ram-read 16 5
//! hello
//! # edu ram-map 16 5
//! hello
//! ```
//!
//! Take the device away while `edu listen` runs (`echo 0000:00:04.0 > .../edu/unbind`): it says so
//! and ends.

use clap::{Parser, Subcommand};
use devscope_uapi::edu;
use rustix::{
    fd::OwnedFd,
    fs::{open, Mode, OFlags},
    io::{self, pread, pwrite, read, write, Errno},
};
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Talk to QEMU's edu device.
#[derive(Parser)]
struct Args {
    /// The device's node.
    #[arg(short, long, default_value = "/dev/edu0")]
    device: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Have the device compute a factorial (modulo 2^32).
    Factorial {
        /// Of which number.
        number: u32,
    },
    /// Print every result, whoever asked for it, until the device goes away.
    Listen,
    /// Ask the device who it is, and whether it is alive.
    Ident,
    /// Print a part of the device's own memory.
    RamRead {
        /// Where it starts.
        offset: u64,
        /// How many bytes.
        length: usize,
    },
    /// The same, out of the buffer that the device writes to: nothing is copied on the way.
    RamMap {
        /// Where it starts.
        offset: u32,
        /// How many bytes.
        length: u32,
    },
    /// Put text into the device's own memory.
    RamWrite {
        /// Where to.
        offset: u64,
        /// The text.
        text: String,
    },
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Errno::NODEV) => {
            eprintln!("{}: the device is gone", args.device.display());
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{}: {error}", args.device.display());
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> io::Result<()> {
    let device = match args.command {
        Command::RamRead { .. } | Command::RamMap { .. } | Command::RamWrite { .. } => {
            open_node(&ram_node(&args.device))?
        }
        _ => open_node(&args.device)?,
    };
    match &args.command {
        Command::Factorial { number } => {
            write(&device, &number.to_ne_bytes())?;
            println!("{number}! = {}", next_result(&device)?);
            Ok(())
        }
        Command::Listen => loop {
            println!("{}", next_result(&device)?);
        },
        Command::Ident => {
            let ident = edu::ident(&device)?;
            println!("edu device, version {}.{}", ident.major, ident.minor);
            let alive = edu::alive(&device, 0x1234_5678)? == !0x1234_5678;
            println!("{}", if alive { "alive" } else { "not itself" });
            Ok(())
        }
        Command::RamRead { offset, length } => {
            let mut bytes = vec![0; *length];
            let len = pread(&device, &mut bytes, *offset)?;
            print(&bytes[..len]);
            Ok(())
        }
        Command::RamMap { offset, length } => {
            let buffer = edu::Buffer::map(&device)?;
            let (offset, length) = (*offset, *length);
            edu::fetch(&device, edu::Range { offset, length })?;
            let mut bytes = vec![0; length as usize];
            buffer.copy(&mut bytes);
            print(&bytes);
            Ok(())
        }
        Command::RamWrite { offset, text } => pwrite(&device, text.as_bytes(), *offset).map(drop),
    }
}

/// Prints a line.
fn print(bytes: &[u8]) {
    let mut out = std::io::stdout();
    // Who closes the pipe has read enough.
    let _ = out.write_all(bytes).and_then(|()| out.write_all(b"\n"));
}

fn open_node(path: &Path) -> io::Result<OwnedFd> {
    open(path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
}

/// The node of the memory of the device that has the node `device`.
fn ram_node(device: &Path) -> PathBuf {
    let mut path = device.as_os_str().to_owned();
    path.push("-ram");
    path.into()
}

/// Waits for the next result.
fn next_result(device: &OwnedFd) -> io::Result<u32> {
    let mut bytes = [0; 4];
    read(device, &mut bytes)?;
    Ok(u32::from_ne_bytes(bytes))
}
