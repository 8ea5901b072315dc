// SPDX-License-Identifier: GPL-2.0

//! A driver that looks up descriptors of a process that has freed its descriptor table.

use devscope_tests::{
    child::{Child, End},
    hostile::{attack, Attack},
};
use rustix::fs::OFlags;

#[test]
fn at_the_last_close() {
    let curious = Attack::with_devices("files_at_exit", 1);
    let child = Child::fork(|| {
        let file = curious.device(0).open(OFlags::RDWR);
        let looked = attack(&file, 0, 0);
        // The kernel closes it.
        std::mem::forget(file);
        i32::from(looked != Ok(()))
    });
    assert_eq!(child.wait(), End::Exit(0));
    // The device still works after the exit.
    assert_eq!(attack(curious.device(0).open(OFlags::RDWR), 0, 0), Ok(()));
}

#[test]
fn at_the_last_close_without_a_device() {
    let curious = Attack::with_devices("files_at_exit", 1);
    let file = curious.device(0).open(OFlags::RDWR);
    let child = Child::fork(|| {
        // SAFETY: No preconditions.
        unsafe { libc::pause() }
    });
    // The child still has it.
    drop(file);
    curious.device(0).unbind();
    child.signal(libc::SIGKILL);
    assert_eq!(child.wait(), End::Signal(libc::SIGKILL));
    curious.device(0).bind();
    assert_eq!(attack(curious.device(0).open(OFlags::RDWR), 0, 0), Ok(()));
}
