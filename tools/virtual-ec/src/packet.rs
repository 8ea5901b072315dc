// SPDX-License-Identifier: GPL-2.0

//! Host protocol v3: `struct ec_host_request` and `struct ec_host_response`, eight bytes each, and
//! data. All bytes of a packet add up to 0.

use crate::status::{SUCCESS, Status};

/// The size of the packet buffer, for requests and replies.
pub const PACKET_SIZE: usize = 0x100;

/// The size of either header.
pub const HEADER: usize = 8;

/// The largest parameters of a request, and the largest data of a reply.
pub const MAX_DATA: usize = PACKET_SIZE - HEADER;

/// `EC_HOST_REQUEST_VERSION`, `EC_HOST_RESPONSE_VERSION`.
const STRUCT_VERSION: u8 = 3;

/// A request that is well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    pub command: u16,
    pub version: u8,
    pub params: &'a [u8],
}

impl<'a> Request<'a> {
    /// Takes a packet apart.
    ///
    /// # Errors
    ///
    /// INVALID_HEADER for another version of the header or a reserved byte that is set,
    /// REQUEST_TRUNCATED for more data than there can be, INVALID_CHECKSUM.
    pub fn parse(packet: &'a [u8; PACKET_SIZE]) -> Result<Self, Status> {
        let [
            version,
            _checksum,
            c0,
            c1,
            command_version,
            reserved,
            l0,
            l1,
            ..,
        ] = *packet;
        if version != STRUCT_VERSION || reserved != 0 {
            return Err(Status::INVALID_HEADER);
        }
        let end = HEADER + usize::from(u16::from_le_bytes([l0, l1]));
        let Some(whole) = packet.get(..end) else {
            return Err(Status::REQUEST_TRUNCATED);
        };
        if sum(whole) != 0 {
            return Err(Status::INVALID_CHECKSUM);
        }
        Ok(Self {
            command: u16::from_le_bytes([c0, c1]),
            version: command_version,
            params: &whole[HEADER..],
        })
    }
}

/// The packet buffer with a request in it, as hosts write it: after that comes what was there before.
pub fn request(command: u16, version: u8, params: &[u8]) -> [u8; PACKET_SIZE] {
    let mut packet = [0xa5; PACKET_SIZE];
    let end = HEADER + params.len();
    packet[0] = STRUCT_VERSION;
    packet[2..4].copy_from_slice(&command.to_le_bytes());
    packet[4..6].copy_from_slice(&[version, 0]);
    packet[6..8].copy_from_slice(&(params.len() as u16).to_le_bytes());
    packet[HEADER..end].copy_from_slice(params);
    seal(&mut packet[..end]);
    packet
}

/// The packet of a reply.
pub fn reply(result: &Result<Vec<u8>, Status>) -> Vec<u8> {
    let (code, data) = match result {
        Ok(data) if data.len() > MAX_DATA => (Status::RESPONSE_TOO_BIG.0, &[][..]),
        Ok(data) => (SUCCESS, &data[..]),
        Err(status) => (status.0, &[][..]),
    };
    let len = u16::try_from(data.len()).unwrap_or_default();
    let mut packet = vec![STRUCT_VERSION, 0];
    packet.extend(code.to_le_bytes());
    packet.extend(len.to_le_bytes());
    packet.extend([0, 0]);
    packet.extend(data);
    seal(&mut packet);
    packet
}

/// Sets the checksum so that all bytes add up to 0.
pub fn seal(packet: &mut [u8]) {
    packet[1] = 0;
    packet[1] = sum(packet).wrapping_neg();
}

/// The sum of all bytes.
pub fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request() {
        let packet = request(0x4001, 2, &[1, 2, 3]);
        let request = Request::parse(&packet).unwrap();
        assert_eq!((request.command, request.version), (0x4001, 2));
        assert_eq!(request.params, [1, 2, 3]);
        assert!(Request::parse(&super::request(1, 0, &[9; MAX_DATA])).is_ok());
    }

    #[test]
    fn what_follows_a_request_does_not_count() {
        let mut packet = request(1, 0, &[1]);
        packet[HEADER + 1..].fill(0x77);
        assert!(Request::parse(&packet).is_ok());
    }

    #[test]
    fn malformed_requests() {
        let broken = |at: usize, value: u8, reseal: bool| {
            let mut packet = request(1, 0, &[4; 8]);
            packet[at] = value;
            if reseal {
                seal(&mut packet[..HEADER + 8]);
            }
            Request::parse(&packet).map(|_| ()).unwrap_err()
        };
        assert_eq!(broken(0, 2, true), Status::INVALID_HEADER);
        assert_eq!(broken(5, 1, true), Status::INVALID_HEADER);
        assert_eq!(broken(7, 1, true), Status::REQUEST_TRUNCATED);
        assert_eq!(broken(6, 249, true), Status::REQUEST_TRUNCATED);
        assert_eq!(broken(1, 0, false), Status::INVALID_CHECKSUM);
        assert_eq!(broken(9, 5, false), Status::INVALID_CHECKSUM);
        assert!(Request::parse(&[0; PACKET_SIZE]).is_err());
        assert!(Request::parse(&[0xff; PACKET_SIZE]).is_err());
    }

    #[test]
    fn replies() {
        let packet = reply(&Ok(vec![5; 9]));
        assert_eq!((packet[0], packet.len(), sum(&packet)), (3, 17, 0));
        assert_eq!(packet[4..6], [9, 0]);
        let error = reply(&Err(Status::INVALID_PARAM));
        assert_eq!((error[2], error.len(), sum(&error)), (3, 8, 0));
        let large = reply(&Ok(vec![0; MAX_DATA + 1]));
        assert_eq!((large[2], large.len()), (14, 8));
    }
}
