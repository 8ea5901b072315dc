// SPDX-License-Identifier: GPL-2.0

//! Disks that are created with their descriptors, and removed when they are no longer open.

use devscope_tests::{
    child::{Child, End},
    device::open,
    disks::{self, start_of, wanted, Mounted, Ramdisk, SIZE},
    effort, fdpass,
    killed::at_each_step,
    module::unload,
    pages::Pages,
    ramdisk::{create, Create, CREATE, DISCARD, OPEN_DIRECT, OPEN_EXCL, OPEN_READ, READ_ONLY},
};
use rustix::{
    fd::{AsFd, AsRawFd},
    fs::{fallocate, fstat, major, minor, FallocateFlags, FileType, OFlags},
    io::{fcntl_getfd, pread, pwrite, read, write, Errno, FdFlags},
    mm::MprotectFlags,
};
use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    thread,
    time::Duration,
};

#[test]
fn a_disk() {
    let ramdisk = Ramdisk::new();
    let disk = ramdisk.disk(0);
    assert_eq!(pwrite(&disk.fd, &[7; 512], 0), Ok(512));
    assert_eq!(start_of(&disk.fd), Ok([7; 512]));
    let node = disk.open(OFlags::RDONLY);
    assert_eq!(start_of(&node), Ok([7; 512]));
    let stat = fstat(&disk.fd).expect("fstat");
    assert_eq!(FileType::from_raw_mode(stat.st_mode), FileType::BlockDevice);
    let number = (major(stat.st_rdev), minor(stat.st_rdev));
    assert_eq!(number, (disk.made.major, disk.made.minor));
    assert_eq!(fcntl_getfd(&disk.fd), Ok(FdFlags::CLOEXEC));
    assert_eq!(disk.attribute("size"), (SIZE / 512).to_string());
    assert_eq!(disk.attribute("ro"), "0");
    assert_eq!(disk.attribute("diskseq"), disk.made.diskseq.to_string());
    let other = ramdisk.disk(0);
    assert!(other.made.diskseq > disk.made.diskseq);
    ramdisk.assert_count(2);
}

#[test]
fn no_second_open_of_the_descriptor() {
    let ramdisk = Ramdisk::new();
    let disk = ramdisk.disk(0);
    let path = format!("/proc/self/fd/{}", disk.fd.as_raw_fd());
    let again = open(Path::new(&path), OFlags::RDONLY);
    assert_eq!(again.err(), Some(Errno::ACCESS));
}

/// As a loop device with `LO_FLAGS_AUTOCLEAR`.
#[test]
fn last_close() {
    let ramdisk = Ramdisk::new();
    let disk = ramdisk.disk(0);
    let (path, other) = (disk.node(), disk.open(OFlags::RDONLY));
    drop(disk);
    thread::sleep(Duration::from_millis(50));
    ramdisk.assert_count(1);
    assert_eq!(start_of(&other), Ok([0; 512]));
    drop(other);
    let gone = open(&path, OFlags::RDONLY).err();
    assert!(matches!(gone, Some(Errno::NXIO | Errno::NOENT)), "{gone:?}");
    ramdisk.assert_none();
}

#[test]
fn exclusive() {
    let ramdisk = Ramdisk::new();
    let disk = ramdisk.disk(OPEN_EXCL);
    let flags = OFlags::RDONLY | OFlags::EXCL;
    assert_eq!(open(&disk.node(), flags).err(), Some(Errno::BUSY));
    assert_eq!(start_of(disk.open(OFlags::RDONLY)), Ok([0; 512]));
    let shared = ramdisk.disk(0);
    drop(shared.open(flags));
}

#[test]
fn read_only() {
    let ramdisk = Ramdisk::new();
    let disk = ramdisk.disk(READ_ONLY);
    assert_eq!(disk.attribute("ro"), "1");
    assert_eq!(pwrite(&disk.fd, &[7; 512], 0), Err(Errno::PERM));
    assert_eq!(start_of(&disk.fd), Ok([0; 512]));
    let reader = ramdisk.disk(OPEN_READ);
    assert_eq!(pwrite(&reader.fd, &[7; 512], 0), Err(Errno::BADF));
}

#[test]
fn discard() {
    let ramdisk = Ramdisk::new();
    let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    let disk = ramdisk.disk(DISCARD | OPEN_DIRECT);
    let page = Pages::fresh(1);
    page.set(0, &[7; 4096]);
    assert_eq!(page.write(&disk.fd, 0, 4096), Ok(4096));
    assert_eq!(fallocate(&disk.fd, punch, 0, 4096), Ok(()));
    assert_eq!(start_of(disk.open(OFlags::RDONLY)), Ok([0; 512]));
    let without = ramdisk.disk(0);
    assert_eq!(without.attribute("queue/discard_max_bytes"), "0");
}

#[test]
fn what_cannot_be() {
    let ramdisk = Ramdisk::new();
    for bad in [
        Create {
            size: 0,
            ..wanted(0)
        },
        Create {
            size: 1000,
            ..wanted(0)
        },
        Create {
            size: 1 << 40,
            ..wanted(0)
        },
        Create {
            block_size: 513,
            ..wanted(0)
        },
        Create {
            block_size: 1 << 16,
            ..wanted(0)
        },
        Create {
            size: 512,
            block_size: 4096,
            ..wanted(0)
        },
        Create {
            flags: 0x100,
            ..wanted(0)
        },
        Create {
            reserved: 1,
            ..wanted(0)
        },
    ] {
        let made = create(&ramdisk.control, &bad);
        assert_eq!(made.err(), Some(Errno::INVAL), "{bad:?}");
    }
    ramdisk.assert_none();
}

/// Another process cannot open the node before the creator: otherwise it could exclude the creator
/// by `O_EXCL`.
#[test]
fn nobody_is_first() {
    let ramdisk = Ramdisk::new();
    let over = AtomicBool::new(false);
    let claimed = AtomicU32::new(0);
    thread::scope(|threads| {
        threads.spawn(|| {
            while !over.load(Relaxed) {
                let flags = OFlags::RDWR | OFlags::EXCL;
                if open(Path::new("/dev/ramdisk0"), flags).is_ok() {
                    claimed.fetch_add(1, Relaxed);
                }
            }
        });
        for _ in 0..effort::choose(10, 2000) {
            let made = create(&ramdisk.control, &wanted(OPEN_EXCL));
            if made.is_err() {
                over.store(true, Relaxed);
            }
            drop(made.expect("a disk of one's own"));
            ramdisk.assert_count(0);
        }
        over.store(true, Relaxed);
    });
    assert_eq!(claimed.load(Relaxed), 0);
}

#[test]
fn file_system() {
    let ramdisk = Ramdisk::new();
    let disk = ramdisk.disk(0);
    let node = disk.node();
    let kept = disk.format();
    let text = "so it goes\n".repeat(1000);
    {
        let mounted = Mounted::new(&node);
        fs::write(mounted.file("story"), &text).expect("write");
    }
    {
        let mounted = Mounted::new(&node);
        assert_eq!(
            fs::read_to_string(mounted.file("story")).expect("read"),
            text
        );
        // The mount keeps the disk.
        drop(kept);
        thread::sleep(Duration::from_millis(50));
        ramdisk.assert_count(1);
        assert_eq!(
            fs::read_to_string(mounted.file("story")).expect("read"),
            text
        );
    }
    ramdisk.assert_none();
}

#[test]
fn creator_is_gone() {
    let ramdisk = Ramdisk::new();
    let (ours, theirs) = fdpass::pair();
    let creator = Child::fork(|| {
        let disk = ramdisk.disk(0);
        assert_eq!(write(&disk.fd, &[7; 512]), Ok(512));
        fdpass::send(&theirs, disk.fd.as_fd());
        0
    });
    assert_eq!(creator.wait(), End::Exit(0));
    let fd = fdpass::receive(&ours);
    assert_eq!(start_of(&fd), Ok([7; 512]));
    ramdisk.assert_count(1);
    drop(fd);
    ramdisk.assert_none();
}

/// SIGKILL at each step of creating and closing.
#[test]
fn creator_is_killed_anywhere() {
    let ramdisk = Ramdisk::new();
    let steps = at_each_step(
        24,
        || drop(create(&ramdisk.control, &wanted(0))),
        || ramdisk.assert_none(),
    );
    eprintln!("{steps} steps");
    assert!(steps > 100);
}

/// The answer cannot be copied to user memory: the disk exists by then, and is removed.
#[test]
fn answer_to_nowhere() {
    let ramdisk = Ramdisk::new();
    let page = Pages::fresh(1);
    page.set(
        0,
        &[SIZE.to_ne_bytes(), [0; 8], [0; 8], [0; 8], [0; 8]].concat(),
    );
    page.protect(0, MprotectFlags::READ);
    let failed = page.ioctl(&ramdisk.control, CREATE, 0).err();
    assert_eq!(failed, Some(Errno::FAULT));
    ramdisk.assert_none();
}

#[test]
fn many_in_parallel() {
    let ramdisk = Ramdisk::new();
    let each = effort::choose(5, 250);
    thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                let small = Create {
                    size: 64 << 10,
                    ..wanted(0)
                };
                let make = |_| create(&ramdisk.control, &small).expect("a disk").0;
                let made: Vec<_> = (0..each).map(make).collect();
                for fd in &made {
                    assert_eq!(pwrite(fd, &[7; 512], 512), Ok(512));
                    assert_eq!(pread(fd, &mut [0; 512], 512), Ok(512));
                }
            });
        }
    });
    ramdisk.assert_none();
}

#[test]
fn rmmod() {
    let ramdisk = Ramdisk::new();
    let disk = ramdisk.disk(0);
    assert_eq!(unload(disks::MODULE), Err(Errno::AGAIN));
    assert_eq!(read(&disk.fd, &mut [0; 512]), Ok(512));
    drop(disk);
}

#[test]
fn rounds_leave_nothing() {
    let ramdisk = Ramdisk::new();
    ramdisk.assert_rounds_leave_nothing(40, |_| drop(ramdisk.disk(0)));
}
