// SPDX-License-Identifier: GPL-2.0

//! `/dev/devscope`: user space revokes an open file, or all of a device; and who may do this.

use devscope_revoke::{revoke, revoke_all, Control};
use devscope_tests::{
    child::{Child, End},
    device::{open, Device},
    ec::{Driver, TestEc},
    evdev::{
        away::{Mouse, Way},
        client::{assert_gone, client},
        ioctls::grab,
        Handler, Handlers,
    },
    events::{poll_for, GONE},
    inbox,
    proc::{calls, end_of},
    sleeper::Sleeper,
    FOR_EVER, UNBIND_LIMIT,
};
use rustix::{
    event::PollFlags,
    fd::{AsFd, AsRawFd, OwnedFd},
    fs::{chown, makedev, mknodat, stat, FileType, Gid, Mode, OFlags, Uid, CWD},
    io::{dup, read, write, Errno, Result},
    mount::{mount, unmount, MountFlags, UnmountFlags},
    pipe::pipe,
};
use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

const NOBODY: u32 = 65534;

/// Opens a node with `O_PATH`.
fn path(node: &Path) -> OwnedFd {
    open(node, OFlags::PATH).expect("O_PATH")
}

/// Makes another process call `setup` and then `f`. Returns the result of `f`.
fn elsewhere(setup: impl FnOnce(), f: impl FnOnce() -> Result<()>) -> Result<()> {
    let child = Child::fork(|| {
        setup();
        f().map_or_else(Errno::raw_os_error, |()| 0)
    });
    match child.wait() {
        End::Exit(0) => Ok(()),
        End::Exit(code) => Err(Errno::from_raw_os_error(code)),
        End::Signal(signal) => panic!("killed by {signal}"),
    }
}

/// Becomes a user without any privilege.
fn nobody() {
    // SAFETY: Takes no pointers, and this process has one thread.
    let said = unsafe { libc::setresuid(NOBODY, NOBODY, NOBODY) };
    assert_eq!(said, 0, "setresuid");
}

/// Keeps the capabilities in `mask` and no other one.
fn capable(mask: u32) {
    #[repr(C)]
    struct Header(u32, i32);
    let (header, data) = (Header(0x2008_0522, 0), [[mask, mask, 0], [0; 3]]);
    // SAFETY: Both structures are those of version 3 of the call.
    let said = unsafe { libc::syscall(libc::SYS_capset, &header, &data) };
    assert_eq!(said, 0, "capset");
}

const CAP_FOWNER: u32 = 1 << 3;
const CAP_SYS_ADMIN: u32 = 1 << 21;

#[test]
fn each_kind_of_file() {
    let device = Device::get("testdev", 0);
    let files = [
        (device.open(OFlags::RDWR), Errno::NODEV),
        (device.open_mem(), Errno::NODEV),
        (device.open_box(), Errno::ACCESS),
    ];
    for (file, errno) in &files {
        assert_eq!(end_of(file), "live");
        assert_eq!(revoke(file), Ok(()));
        assert_eq!(end_of(file), "revoked");
        assert_eq!(read(file, &mut [0; 4]), Err(*errno));
        assert_eq!(revoke(file), Err(Errno::NODEV), "a second time");
    }
    // A new file is not affected.
    assert_eq!(write(device.open_box(), b"news"), Ok(4));
    let file = device.open_box();
    device.unbind();
    assert_eq!(revoke(&file), Err(Errno::NODEV));
    assert_eq!(end_of(&file), "unplugged");
}

#[test]
fn an_input_device() {
    let _handlers = Handlers::only(Handler::Devscope);
    let mouse = Mouse::new(Way::Destroy);
    let (file, other) = (client(mouse.node()), client(mouse.node()));
    assert_eq!(grab(&file), Ok(()));
    assert_eq!(revoke(dup(&file).expect("dup")), Ok(()));
    assert_gone(&file, "revoked");
    assert_eq!(end_of(&file), "revoked");
    // The grab of the revoked file has ended, so another file can grab the device.
    assert_eq!(grab(&other), Ok(()));
    assert_eq!(revoke_all(mouse.node()), Ok(()));
    assert_gone(&other, "all are revoked");
    let new = client(mouse.node());
    assert_eq!(grab(&new), Ok(()));
    assert_eq!(end_of(&new), "live");
}

#[test]
fn an_input_device_of_c() {
    let _handlers = Handlers::only(Handler::C);
    let mouse = Mouse::new(Way::Destroy);
    assert_eq!(revoke(client(mouse.node())), Err(Errno::NOTTY));
    assert_eq!(revoke_all(mouse.node()), Err(Errno::NOTTY));
}

#[test]
fn an_embedded_controller() {
    let ec = TestEc::with(Driver::Devscope);
    let (file, other) = (ec.open(OFlags::RDWR), ec.open(OFlags::RDWR));
    assert_eq!(revoke(&file), Ok(()));
    assert_eq!(read(&file, &mut [0; 4]), Err(Errno::NODEV));
    assert_eq!(end_of(&other), "live");
    assert_eq!(revoke_all("/dev/cros_ec"), Ok(()));
    assert_eq!(end_of(&other), "revoked");
    assert_eq!(end_of(ec.open(OFlags::RDWR)), "live");
}

#[test]
fn what_is_no_file_of_devscope() {
    let control = Control::open().expect("the control node");
    let (end, _other) = pipe().expect("pipe");
    let strangers: [OwnedFd; 5] = [
        end,
        File::open("/dev/null").expect("null").into(),
        File::open("/proc/self/exe").expect("a file").into(),
        File::open("/dev").expect("a directory").into(),
        open(Path::new(devscope_revoke::CONTROL), OFlags::RDWR).expect("the control node"),
    ];
    for stranger in &strangers {
        assert_eq!(control.revoke(stranger), Err(Errno::NOTTY));
    }
    for node in [
        "/dev/null",
        "/proc/self/exe",
        "/dev",
        devscope_revoke::CONTROL,
    ] {
        assert_eq!(revoke_all(node), Err(Errno::NOTTY), "{node}");
    }
    assert_eq!(revoke_all("/dev/nowhere"), Err(Errno::NOENT));
    // The node of a device is not an open file of it.
    let device = Device::get("testdev", 0);
    assert_eq!(control.revoke(path(&device.box_node())), Err(Errno::BADF));
    let file = device.open_box();
    for number in [u32::MAX as usize, usize::MAX, 9999] {
        for command in [0xde80, 0xde81] {
            let fd = control.as_fd().as_raw_fd();
            // SAFETY: The argument is a number.
            let said = unsafe { libc::ioctl(fd, command, number) };
            assert_eq!((said, last_errno()), (-1, libc::EBADF));
        }
    }
    // SAFETY: The argument is a number.
    let said = unsafe { libc::ioctl(control.as_fd().as_raw_fd(), 0xde7f, file.as_raw_fd()) };
    assert_eq!((said, last_errno()), (-1, libc::ENOTTY));
    assert_eq!(end_of(&file), "live");
}

fn last_errno() -> i32 {
    std::io::Error::last_os_error()
        .raw_os_error()
        .expect("an errno")
}

/// All misc devices share a cdev, but only files of one device are revoked.
#[test]
fn all_of_one_device() {
    let device = Device::get("testdev", 0);
    let files = [device.open_box(), device.open_box()];
    let others = [device.open_mem(), device.open(OFlags::RDWR)];
    // By the node, or by any descriptor of it.
    assert_eq!(revoke_all(device.box_node()), Ok(()));
    for file in &files {
        assert_eq!(end_of(file), "revoked");
    }
    let file = device.open_box();
    assert_eq!(
        Control::open().expect("it is there").revoke_all(&file),
        Ok(())
    );
    assert_eq!(end_of(&file), "revoked");
    for other in &others {
        assert_eq!(end_of(other), "live");
    }
    assert_eq!(end_of(device.open_box()), "live");
}

#[test]
fn who_sleeps_is_woken() {
    let device = Device::get("testdev", 0);
    let file = Arc::new(device.open(OFlags::RDWR));
    let (reading, polling) = (file.clone(), file.clone());
    let reader = Sleeper::asleep("a reader", calls::READ, move || {
        read(&*reading, &mut [0; 4])
    });
    let poller = Sleeper::asleep("a poller", calls::POLL, move || {
        poll_for(&*polling, PollFlags::IN, FOR_EVER)
    });
    // A caller that only a hook of the driver wakes.
    let inside = Sleeper::asleep("inside", calls::IOCTL, {
        let file = device.open_box();
        move || inbox::hidden(file)
    });
    assert_eq!(revoke_all(device.box_node()), Ok(()));
    assert_eq!(inside.result_within(UNBIND_LIMIT), Err(Errno::CANCELED));
    assert_eq!(revoke_all(device.node()), Ok(()));
    assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
    assert_eq!(poller.result_within(UNBIND_LIMIT), GONE);
}

#[test]
fn any_holder_may_revoke_its_file() {
    let device = Device::get("testdev", 0);
    let file = device.open_box();
    assert_eq!(elsewhere(nobody, || revoke(&file)), Ok(()));
    assert_eq!(end_of(&file), "revoked");
}

#[test]
fn the_owner_of_a_node_may_revoke_all() {
    let device = Device::get("testdev", 0);
    let node = device.box_node();
    let file = device.open_box();
    let all = || revoke_all(&node);
    assert_eq!(elsewhere(nobody, all), Err(Errno::PERM));
    // Not even with a descriptor for reading and writing.
    let by_file = || Control::open()?.revoke_all(&file);
    assert_eq!(elsewhere(nobody, by_file), Err(Errno::PERM));
    assert_eq!(end_of(&file), "live");
    let own = |user: u32| {
        let (user, group) = (Some(Uid::from_raw(user)), None::<Gid>);
        chown(&node, user, group).expect("chown");
    };
    own(NOBODY);
    assert_eq!(elsewhere(nobody, all), Ok(()));
    assert_eq!(end_of(&file), "revoked");

    let file = device.open_box();
    assert_eq!(elsewhere(|| capable(0), all), Err(Errno::PERM));
    assert_eq!(end_of(&file), "live");
    for mask in [CAP_SYS_ADMIN, CAP_FOWNER] {
        let file = device.open_box();
        assert_eq!(elsewhere(|| capable(mask), all), Ok(()));
        assert_eq!(end_of(&file), "revoked");
    }
    own(0);
}

/// A process with all capabilities in its own user namespace has none in that of the node.
#[test]
fn a_user_namespace_gives_no_right() {
    let device = Device::get("testdev", 0);
    let (node, file) = (device.box_node(), device.open_box());
    let become_root = || {
        nobody();
        // Otherwise /proc/self belongs to root after setresuid().
        // SAFETY: Takes no pointers.
        unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1) };
        // SAFETY: Takes no pointers, and this process has one thread.
        let said = unsafe { libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNS) };
        assert_eq!(said, 0, "unshare");
        let map = format!("0 {NOBODY} 1");
        std::fs::write("/proc/self/uid_map", map).expect("uid_map");
        // SAFETY: Takes no pointers.
        assert_eq!(unsafe { libc::geteuid() }, 0);
    };
    assert_eq!(
        elsewhere(become_root, || revoke_all(&node)),
        Err(Errno::PERM)
    );
    assert_eq!(end_of(&file), "live");
    // It may still revoke a file by its descriptor.
    assert_eq!(elsewhere(become_root, || revoke(&file)), Ok(()));
    assert_eq!(end_of(&file), "revoked");
}

/// A file system that is mounted for this test.
struct Mounted(PathBuf);

impl Mounted {
    fn new(name: &str, flags: MountFlags) -> Self {
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&dir).expect("mkdir");
        mount("none", &dir, "tmpfs", flags, None).expect("mount");
        Self(dir)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        unmount(&self.0, UnmountFlags::DETACH).expect("unmount");
    }
}

/// With FUSE, any user can create a file system in which every node belongs to this user: such
/// nodes cannot be opened, and must not count as a permission.
#[test]
fn nodes_elsewhere() {
    let device = Device::get("testdev", 0);
    let file = device.open_box();
    let number = stat(device.box_node()).expect("stat").st_rdev;
    let make = |dir: &Path, kind, number| {
        let node = dir.join("node");
        mknodat(CWD, &node, kind, Mode::from_raw_mode(0o600), number).expect("mknod");
        node
    };
    let no_devices = Mounted::new("no-devices", MountFlags::NODEV);
    let node = make(&no_devices.0, FileType::CharacterDevice, number);
    assert_eq!(revoke_all(&node), Err(Errno::ACCESS));
    assert_eq!(end_of(&file), "live");

    let devices = Mounted::new("devices", MountFlags::empty());
    let node = make(&devices.0, FileType::BlockDevice, number);
    assert_eq!(revoke_all(&node), Err(Errno::NOTTY), "a block device");
    std::fs::remove_file(&node).expect("rm");
    let node = make(&devices.0, FileType::CharacterDevice, makedev(10, 254));
    assert_eq!(revoke_all(&node), Err(Errno::NOTTY), "a number of nobody");
    std::fs::remove_file(&node).expect("rm");
    assert_eq!(end_of(&file), "live");
    let node = make(&devices.0, FileType::CharacterDevice, number);
    assert_eq!(revoke_all(&node), Ok(()));
    assert_eq!(end_of(&file), "revoked");

    // This node stays after unbind, and its number may then belong to another device.
    device.unbind();
    assert_eq!(revoke_all(&node), Err(Errno::NOTTY));
}

#[test]
fn while_the_device_comes_and_goes() {
    let device = Device::get("testdev", 0);
    let node = path(&device.box_node());
    let mut said = [0; 3];
    let child = Child::fork(|| {
        for _ in 0..10 {
            device.unbind();
            device.bind();
        }
        0
    });
    let control = Control::open().expect("the control node");
    while !Path::new(&format!("/proc/{}/stat", child.pid())).exists() {}
    let running = || {
        let stat =
            std::fs::read_to_string(format!("/proc/{}/stat", child.pid())).unwrap_or_default();
        !stat.contains(") Z ")
    };
    while running() {
        let file = open(&device.box_node(), OFlags::RDWR);
        let which = match control.revoke_all(&node) {
            Ok(()) => 0,
            Err(Errno::NODEV) => 1,
            Err(Errno::NOTTY) => 2,
            Err(other) => panic!("{other}"),
        };
        said[which] += 1;
        drop(file);
    }
    assert_eq!(child.wait(), End::Exit(0));
    eprintln!("done, gone, not there: {said:?}");
    assert!(said[0] > 0);
}
