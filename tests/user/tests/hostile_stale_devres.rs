// SPDX-License-Identifier: GPL-2.0

//! A handle to a value of an earlier binding, and the cookie of a later one.

use devscope_tests::hostile::{attack, Attack};
use rustix::{fs::OFlags, io::Errno};

const OURS: u8 = 1;
const THEIRS: u8 = 2;

#[test]
fn value_of_an_earlier_binding() {
    let stale = Attack::with_devices("stale_devres", 1);
    let device = stale.device(0);
    let fd = device.open(OFlags::RDWR);
    assert_eq!(attack(&fd, OURS, 0), Ok(()), "it is of this binding");
    assert_eq!(attack(&fd, THEIRS, 0), Ok(()));
    drop(fd);

    device.unbind();
    device.bind();
    let fd = device.open(OFlags::RDWR);
    assert_eq!(attack(&fd, OURS, 0), Err(Errno::NODEV));
    // A reference to freed memory. If this fails, the kernel crate is fixed: then remove this call,
    // and its description in Documentation/hostile-drivers.rst.
    assert_eq!(attack(&fd, THEIRS, 0), Ok(()));
}
