// SPDX-License-Identifier: GPL-2.0

//! Permissions and limits for creating devices with their descriptors.

use devscope_tests::{
    cgroup::{Cgroup, Kind},
    child::{Child, End},
    device::open,
    disks::{self, start_of, wanted, Ramdisk},
    loopchan::{pair, NODES},
    maker::{descriptors, nodes_of, Maker},
    pairs::{self, assert_connected, Loopchan},
    ramdisk::{create, OPEN_READ},
};
use rustix::{
    fd::{AsRawFd, OwnedFd},
    fs::{fsetxattr, fstat, OFlags, XattrFlags},
    io::Errno,
    process::getpid,
};
use std::{fs, path::Path};

/// The user nobody.
const NOBODY: u32 = 65534;

/// Runs `act` in a process without privileges, which inherits the open files.
fn unprivileged(act: impl FnOnce()) {
    unprivileged_after(|| {}, act);
}

/// As [`unprivileged`], but the process first runs `before` with its privileges.
fn unprivileged_after(before: impl FnOnce(), act: impl FnOnce()) {
    let child = Child::fork(|| {
        before();
        // SAFETY: Takes no pointers. The process has one thread.
        let gone = unsafe {
            libc::setgroups(0, std::ptr::null()) == 0
                && libc::setgid(NOBODY) == 0
                && libc::setuid(NOBODY) == 0
        };
        assert!(gone, "the privileges stay");
        act();
        0
    });
    assert_eq!(child.wait(), End::Exit(0));
}

/// Checks what an unprivileged user may do with `maker`. The device that `make` creates has a node.
fn by_nobody<T>(maker: &Maker, name: &str, make: impl FnOnce() -> T, file: fn(&T) -> &OwnedFd) {
    unprivileged(|| {
        // Only root may open the control node.
        let control = Path::new("/dev").join(name);
        assert_eq!(open(&control, OFlags::RDWR).err(), Some(Errno::ACCESS));
        // But its descriptor can be inherited.
        let made = make();
        let stat = fstat(file(&made)).expect("fstat");
        assert_eq!((stat.st_uid, stat.st_gid), (NOBODY, NOBODY));
        assert_eq!(stat.st_mode & 0o7777, 0o600);
        // The user may not open the node, nor reopen the descriptor.
        for node in nodes_of(name) {
            assert_eq!(open(&node, OFlags::RDONLY).err(), Some(Errno::ACCESS));
        }
        let path = format!("/proc/self/fd/{}", file(&made).as_raw_fd());
        let again = open(Path::new(&path), OFlags::RDONLY);
        assert_eq!(again.err(), Some(Errno::ACCESS));
    });
    maker.assert_none();
}

#[test]
fn pair_by_nobody() {
    let loopchan = Loopchan::new();
    let make = || {
        let ends = loopchan.pair(NODES);
        assert_connected(&ends[0], &ends[1]);
        ends
    };
    by_nobody(&loopchan, pairs::MODULE, make, |ends| &ends[0]);
}

#[test]
fn disk_by_nobody() {
    let ramdisk = Ramdisk::new();
    let make = || {
        let disk = ramdisk.disk(0);
        assert_eq!(start_of(&disk.fd), Ok([0; 512]));
        disk
    };
    by_nobody(&ramdisk, disks::MODULE, make, |disk| &disk.fd);
}

/// With Smack, everyone may read an inode with the label `_`, which that of a new device has, and
/// only tasks with this label may write to it.
#[test]
fn as_the_security_module_likes() {
    let loopchan = Loopchan::new();
    let ramdisk = Ramdisk::new();
    for maker in [&*loopchan, &*ramdisk] {
        // Its operations are allowed with each label.
        let labelled = fsetxattr(
            &maker.control,
            "security.SMACK64",
            b"*",
            XattrFlags::empty(),
        );
        labelled.expect("a label, of Smack");
    }
    let label = || fs::write("/proc/self/attr/current", "elsewhere").expect("a label, of Smack");
    unprivileged_after(label, || {
        for flags in [0, NODES] {
            let made = pair(&loopchan.control, flags);
            assert_eq!(made.err(), Some(Errno::ACCESS));
        }
        let made = create(&ramdisk.control, &wanted(0));
        assert_eq!(made.err(), Some(Errno::ACCESS));
        assert!(create(&ramdisk.control, &wanted(OPEN_READ)).is_ok());
    });
    loopchan.assert_none();
    ramdisk.assert_none();
}

/// A cgroup that may not use any devices cannot create one with a number.
#[test]
fn as_the_device_cgroup_likes() {
    let loopchan = Loopchan::new();
    let ramdisk = Ramdisk::new();
    let child = Child::fork(|| {
        let group = Cgroup::new(
            Kind::Controller(c"devices"),
            getpid().as_raw_nonzero().get(),
        );
        group.write("devices.deny", "a");
        let made = pair(&loopchan.control, NODES);
        assert_eq!(made.err(), Some(Errno::PERM));
        let made = create(&ramdisk.control, &wanted(0));
        assert_eq!(made.err(), Some(Errno::PERM));
        assert!(pair(&loopchan.control, 0).is_ok());
        group.write("devices.allow", "b *:* rw");
        assert!(create(&ramdisk.control, &wanted(0)).is_ok());
        0
    });
    assert_eq!(child.wait(), End::Exit(0));
    loopchan.assert_none();
    ramdisk.assert_none();
}

/// The descriptor table is full.
#[test]
fn no_disk_without_a_descriptor() {
    let ramdisk = Ramdisk::new();
    let before = descriptors();
    let made = ramdisk.with_room(0, || create(&ramdisk.control, &wanted(0)).map(drop));
    assert_eq!(made, Err(Errno::MFILE));
    ramdisk.assert_none();
    assert_eq!(descriptors(), before);
    let made = ramdisk.with_room(1, || create(&ramdisk.control, &wanted(0)).map(drop));
    assert_eq!(made, Ok(()));
    ramdisk.assert_none();
}
