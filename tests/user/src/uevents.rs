// SPDX-License-Identifier: GPL-2.0

//! The uevents that the kernel sends to udev.

use rustix::{
    fd::OwnedFd,
    io::Errno,
    net::{
        bind,
        netlink::{SocketAddrNetlink, KOBJECT_UEVENT},
        recv, socket_with, sockopt, AddressFamily, RecvFlags, SocketFlags, SocketType,
    },
};
use std::collections::BTreeMap;

/// The group of messages from the kernel.
const KERNEL: u32 = 1;
/// Twice the kernel's limit for one message.
const LONGEST: usize = 8192;

/// The keys of a message and their values.
pub type Uevent = BTreeMap<String, String>;

/// A listener.
pub struct Uevents(OwnedFd);

impl Uevents {
    /// Listens from now on.
    ///
    /// # Panics
    ///
    /// If there is no such socket.
    pub fn listen() -> Self {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let (family, protocol) = (AddressFamily::NETLINK, Some(KOBJECT_UEVENT));
        let socket = socket_with(family, SocketType::DGRAM, flags, protocol).expect("netlink");
        sockopt::set_socket_recv_buffer_size(&socket, 1 << 20).expect("a buffer");
        bind(&socket, &SocketAddrNetlink::new(0, KERNEL)).expect("bind to uevents");
        Self(socket)
    }

    /// Takes all messages. None is late: a sender returns when its message is in the queue of each
    /// listener.
    ///
    /// # Panics
    ///
    /// If messages were lost.
    pub fn take(&self) -> Vec<Uevent> {
        let mut uevents = Vec::new();
        loop {
            let mut bytes = [0; LONGEST];
            match recv(&self.0, &mut bytes, RecvFlags::empty()) {
                Ok((len, _)) => uevents.push(parse(&bytes[..len])),
                Err(Errno::AGAIN) => return uevents,
                Err(error) => panic!("uevents: {error}"),
            }
        }
    }
}

fn parse(message: &[u8]) -> Uevent {
    String::from_utf8_lossy(message)
        .split('\0')
        .filter_map(|word| word.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn keys_of_a_message() {
        let uevent = parse(b"add@/devices/a\0ACTION=add\0DEVPATH=/devices/a\0SEQNUM=7\0");
        assert_eq!(uevent.len(), 3);
        assert_eq!(uevent["ACTION"], "add");
    }
}
