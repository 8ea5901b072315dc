// SPDX-License-Identifier: GPL-2.0

//! The program's connections: a guest that says anything, and one that goes away.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Result;
use virtual_ec::log::Log;
use virtual_ec::packet::{PACKET_SIZE, request};
use virtual_ec::server::Server;
use virtual_ec::shared::Shared;

/// After so long a reply counts as missing.
const PATIENCE: Duration = Duration::from_secs(10);

struct Guest {
    line: Option<UnixStream>,
    memory: File,
    path: PathBuf,
    server: Option<JoinHandle<Result<()>>>,
}

impl Guest {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("virtual-ec-{}-{name}", std::process::id()));
        let memory = File::options()
            .create(true)
            .truncate(true)
            .read(true)
            .write(true)
            .open(&path);
        let memory = memory.expect("a file");
        memory.set_len(4096).expect("its size");
        let (line, theirs) = UnixStream::pair().expect("a socket");
        line.set_read_timeout(Some(PATIENCE)).expect("a limit");
        let shared = Shared::open(&path).expect("the memory");
        let log = Log::create(None).expect("no log");
        let mut server = Server::new(theirs, shared, log).expect("a server");
        Self {
            line: Some(line),
            memory,
            path,
            server: Some(thread::spawn(move || server.run())),
        }
    }

    fn line(&mut self) -> &mut UnixStream {
        self.line.as_mut().expect("it is there until the end")
    }

    fn ring(&mut self, packet: &[u8], bytes: &[u8]) {
        self.memory.write_all_at(packet, 0).expect("the packet");
        self.line().write_all(bytes).expect("the line");
    }

    fn heard(&mut self) -> u8 {
        let mut byte = [0];
        self.line().read_exact(&mut byte).expect("a byte of the EC");
        byte[0]
    }

    fn result(&self) -> u16 {
        let mut bytes = [0; 2];
        self.memory.read_exact_at(&mut bytes, 2).expect("the reply");
        u16::from_le_bytes(bytes)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.line = None;
        let ended = self.server.take().map(JoinHandle::join);
        std::fs::remove_file(&self.path).expect("the file was there");
        if !thread::panicking() {
            ended.unwrap().expect("no panic").expect("no error");
        }
    }
}

#[test]
fn answers_and_ends_with_the_line() {
    let mut guest = Guest::new("answers");
    guest.ring(&request(1, 0, &[0; 4]), &[0x80]);
    assert_eq!((guest.heard(), guest.result()), (0x80, 0));
    guest.ring(&request(0x3dff, 0, &[]), &[0x82]);
    assert_eq!((guest.heard(), guest.result()), (0x82, 1));
    let mut mark = [0; 2];
    guest
        .memory
        .read_exact_at(&mut mark, 0x120)
        .expect("the memory map");
    assert_eq!(&mark, b"EC");
}

#[test]
fn survives_garbage() {
    let mut guest = Guest::new("garbage");
    for seed in 0..200_u32 {
        let bytes: Vec<u8> = (0..PACKET_SIZE as u32)
            .map(|at| (seed.wrapping_mul(2_654_435_761).rotate_left(at % 32) ^ at) as u8)
            .collect();
        let number = (2 * seed) as u8;
        guest.ring(&bytes, &[0x01, 0x7f, number]);
        assert_eq!(guest.heard(), number);
        assert_ne!(guest.result(), 0);
    }
}

#[test]
fn only_the_last_doorbell_is_answered() {
    let mut guest = Guest::new("last");
    // Slow: 200 ms for one command.
    let slow = [&[2, 0, 0, 0][..], &[1, 0, 0, 0], &[200, 0, 0, 0]].concat();
    guest.ring(&request(0x3e00, 0, &slow), &[0x80]);
    assert_eq!(guest.heard(), 0x80);
    guest.ring(&request(1, 0, &[0; 4]), &[0x82]);
    thread::sleep(Duration::from_millis(20));
    guest.ring(&request(1, 0, &[0; 4]), &[0x84]);
    assert_eq!(guest.heard(), 0x84, "0x82 was given up");
    thread::sleep(Duration::from_millis(250));
    guest.ring(&request(1, 0, &[0; 4]), &[0x86]);
    assert_eq!(guest.heard(), 0x86);
}
