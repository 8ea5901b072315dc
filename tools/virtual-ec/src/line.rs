// SPDX-License-Identifier: GPL-2.0

//! The serial line to the guest. Its other end is a UART and the ACPI method that serves it
//! (`tools/vm/firmware/virtual-ec.asl`).
//!
//! # The driver's side
//!
//! The LPC driver writes a request into the packet buffer, writes 0xda to port 0x204, reads that
//! port until `status & 0x06` is 0, for at most a second, and takes the reply from where it wrote
//! the request. It never looks whether it reads its own request.
//!
//! # No stale reply, no lost one
//!
//! Port 0x204 is the interrupt enable register of a UART at 0x203, which keeps the low four bits of
//! what is written. It says by itself what state a command is in:
//!
//! | IER  | written by            | the driver sees | interrupts        |
//! |------|-----------------------|-----------------|-------------------|
//! | 0x01 | the method: idle/done | not busy        | a byte came       |
//! | 0x0a | the driver: 0xda      | busy (0x02)     | the UART can send |
//! | 0x05 | the method: accepted  | busy (0x04)     | a byte came       |
//!
//! - The driver's own `outb` makes the status busy. There is no moment in which it can read the
//!   "done" of the command before: that value is what it overwrites.
//! - The same `outb` enables the interrupt of a UART that can send, which a UART that is idle
//!   raises at once. The interrupt is level-triggered and stays up until the method has accepted
//!   the command. So no doorbell is lost.
//! - Reading the port has no effect. Polls disturb nothing and nobody has to keep up with them.
//! - The method accepts once: it goes from 0x0a to 0x05 and only then sends a byte, a number that
//!   is another for each of 128 doorbells in a row. Another run of it sees 0x05 and sends nothing. So no request is
//!   executed twice.
//! - The driver rings after it has written the request, and holds its lock until it has the reply.
//!   The EC reads the request once, when the byte comes. So no request is half written.
//! - The EC writes the reply, then sends the number back. The method turns 0x05 into 0x01 only for
//!   the number of the last doorbell, and only from 0x05: a byte for a command that the driver has
//!   given up finds 0x0a (it has rung again) or another number, and does nothing.
//! - Nobody but the driver's 0xda and the method writes the register, and the method is serialized.
//!
//! What is left is a driver that gives up while the EC is answering. The EC answers no command
//! later than [`crate::server::PATIENCE`] after it has heard of it, which leaves the driver time
//! until its second is over. An EC that is told to be slower is silent, like one that hangs. Only
//! for a driver that gives up does time count: if the guest stalls for the rest of that second, the
//! driver times out, and its next request may meet the late reply in the packet buffer, or its
//! doorbell the method between its look at the register and its write. No software in the guest or
//! here can exclude that, since the driver tells nobody that it gives up.
//!
//! # Events
//!
//! [`EVENT`] has the method notify the EC's device, upon which the driver asks for events until
//! there are none. See [`crate::events`] for when it is sent.
//!
//! The EC's bytes wait in the socket until the method has read the one before: QEMU delivers one
//! when the UART's receive register is free, and the method's read makes it look again.

/// Asks for a notification of the EC's device.
pub const EVENT: u8 = 0x01;

/// The doorbell that `bytes` of the guest's end with: an even number, which is its answer too.
/// Those before are of commands that the driver has given up.
pub fn doorbell(bytes: &[u8]) -> Option<u8> {
    bytes.iter().copied().rfind(|byte| byte % 2 == 0)
}

#[cfg(test)]
mod tests {
    use super::{EVENT, doorbell};

    #[test]
    fn the_last_doorbell_counts() {
        assert_eq!(doorbell(&[0x80, 0x82]), Some(0x82));
        assert_eq!(doorbell(&[0x00, 0x01]), Some(0x00));
        assert_eq!(doorbell(&[EVENT]), None);
        assert_eq!(doorbell(&[]), None);
    }
}
