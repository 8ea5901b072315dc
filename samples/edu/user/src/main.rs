// SPDX-License-Identifier: GPL-2.0

//! A program that uses Devscope's edu driver for QEMU's edu device.
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
//! Take the device away while `edu listen` runs (`echo 0000:00:04.0 > .../edu/unbind`): it prints
//! this and exits.

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

/// Use QEMU's edu device.
#[derive(Parser)]
struct Args {
    /// The node of the device.
    #[arg(short, long, default_value = "/dev/edu0")]
    device: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compute a factorial (modulo 2^32).
    Factorial {
        /// The number.
        number: u32,
    },
    /// Print all results, also of other programs, until the device is gone.
    Listen,
    /// Print the identification of the device, and check that it is alive.
    Ident,
    /// Print a part of the device's own memory.
    RamRead {
        /// The offset of the part.
        offset: u64,
        /// The length in bytes.
        length: usize,
    },
    /// The same from the mapped DMA buffer, without a copy.
    RamMap {
        /// The offset of the part.
        offset: u32,
        /// The length in bytes.
        length: u32,
    },
    /// Write text to the device's own memory.
    RamWrite {
        /// The offset in the memory.
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
    // Ignore errors, such as a closed pipe.
    let _ = out.write_all(bytes).and_then(|()| out.write_all(b"\n"));
}

fn open_node(path: &Path) -> io::Result<OwnedFd> {
    open(path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
}

/// Returns the memory node of the device with the node `device`.
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
