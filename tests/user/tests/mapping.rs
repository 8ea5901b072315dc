// SPDX-License-Identifier: GPL-2.0

//! Mappings of a device's registers and of its driver's pages, and their end.

use devscope_tests::{
    child::{Child, End},
    device::{open, Device},
    mapped::{Mapped, BOTH},
    pages::PAGE,
    testchild,
    testdev::{map_answer, map_revoke, MapAnswer, MAP_COUNT, MAP_MAGIC, MAP_PAGES, MAP_STATUS},
    FOR_EVER,
};
use libc::c_void;
use rustix::{
    fd::OwnedFd,
    fs::OFlags,
    io::{pread, pwrite, read, write, Errno},
    mm::{MapFlags, MprotectFlags, ProtFlags},
    pipe::pipe,
    process::{setrlimit, Resource, Rlimit},
};
use std::{fs, ptr::null_mut, thread::sleep};

const PROTECT_BOTH: MprotectFlags = MprotectFlags::READ.union(MprotectFlags::WRITE);

fn pages(fd: &OwnedFd) -> Mapped {
    Mapped::of(fd, MAP_PAGES, MAP_COUNT).expect("mmap of the pages")
}

fn status(fd: &OwnedFd) -> Mapped {
    Mapped::with(fd, MAP_STATUS, 1, ProtFlags::READ, MapFlags::SHARED).expect("mmap of the status")
}

/// A word of the pages, as the driver reads it.
fn drivers_word(fd: &OwnedFd, at: usize) -> u32 {
    let mut word = [0; 4];
    assert_eq!(pread(fd, &mut word, at as u64), Ok(4));
    u32::from_ne_bytes(word)
}

/// How a process ends that accesses the first word.
fn touched(mapped: &Mapped) -> End {
    Child::fork(|| {
        mapped.touch(0);
        0
    })
    .wait()
}

const SIGBUS: End = End::Signal(libc::SIGBUS);

#[test]
fn program_and_driver_see_the_same() {
    let device = Device::get("testdev", 0);
    let (fd, other) = (device.open_map(), device.open_map());
    let (mapped, others) = (pages(&fd), pages(&other));
    for page in 0..MAP_COUNT {
        let (at, word) = (page * PAGE + 8, 0x1234_0000 + page as u32);
        assert_eq!(mapped.store(at, word), Ok(()));
        assert_eq!(others.load(at), Ok(word));
        assert_eq!(drivers_word(&fd, at), word);
        assert_eq!(pwrite(&fd, &(!word).to_ne_bytes(), at as u64), Ok(4));
        assert_eq!(mapped.touch(at), !word);
    }
    // A part of it, and the end.
    let last = Mapped::of(&fd, MAP_PAGES + 3, 1).expect("mmap of the last page");
    assert_eq!(last.load(8), Ok(!0x1234_0003));
    assert_eq!(touched(&mapped), End::Exit(0));
}

#[test]
fn registers() {
    let device = Device::get("testdev", 0);
    let fd = device.open_map();
    let mapped = Mapped::of(&fd, 0, 1).expect("mmap of the registers");
    // The header of the first test, as the child's driver reads it.
    mapped.poke(0, 0);
    assert_eq!(mapped.touch(0), testchild::HEADER);
    device.unbind();
    assert_eq!(touched(&mapped), SIGBUS);
}

#[test]
fn what_cannot_be_mapped() {
    let device = Device::get("testdev", 0);
    let fd = device.open_map();
    let fails = |fd: &OwnedFd, first, count, protection, flags| {
        Mapped::with(fd, first, count, protection, flags).map(drop)
    };
    // A private copy of a page could not be revoked.
    for protection in [ProtFlags::READ, BOTH] {
        let private = fails(&fd, MAP_PAGES, 1, protection, MapFlags::PRIVATE);
        assert_eq!(private, Err(Errno::INVAL));
    }
    // Beyond the end.
    for (first, count) in [
        (0, 2),
        (MAP_STATUS, 2),
        (MAP_PAGES, 5),
        (MAP_PAGES + 4, 1),
        (2, 1),
    ] {
        let beyond = fails(&fd, first, count, ProtFlags::READ, MapFlags::SHARED);
        assert_eq!(beyond, Err(Errno::INVAL), "{count} from {first}");
    }
    let huge = u64::MAX >> 13;
    let far = fails(&fd, huge, 1, ProtFlags::READ, MapFlags::SHARED);
    assert_eq!(far, Err(Errno::INVAL));
    // For writing.
    let written = fails(&fd, MAP_STATUS, 1, BOTH, MapFlags::SHARED);
    assert_eq!(written, Err(Errno::ACCESS));
    let read_only = status(&fd);
    assert_eq!(read_only.load(0), Ok(MAP_MAGIC));
    assert_eq!(read_only.protect(PROTECT_BOTH), Err(Errno::ACCESS));
    assert_eq!(read_only.store(0, 0), Err(Errno::FAULT));
    // The program gets the driver's error.
    map_answer(&fd, MapAnswer::Error).unwrap();
    let error = fails(&fd, MAP_PAGES, 1, BOTH, MapFlags::SHARED);
    assert_eq!(error, Err(Errno::IO));
    // A file that is open for reading.
    let reader = open(&device.map_node(), OFlags::RDONLY).expect("open");
    let written = fails(&reader, MAP_PAGES, 1, BOTH, MapFlags::SHARED);
    assert_eq!(written, Err(Errno::ACCESS));
    let mapped = Mapped::with(&reader, MAP_PAGES, 1, ProtFlags::READ, MapFlags::SHARED);
    let mapped = mapped.expect("mmap for reading");
    assert!(mapped.load(0).is_ok());
    assert_eq!(mapped.protect(PROTECT_BOTH), Err(Errno::ACCESS));
    // A driver without the method.
    let memory = device.open_mem();
    assert_eq!(
        fails(&memory, 0, 1, BOTH, MapFlags::SHARED),
        Err(Errno::NODEV)
    );
}

#[test]
fn unplugged() {
    let device = Device::get("testdev", 0);
    let fd = device.open_map();
    let (mapped, never_touched) = (pages(&fd), pages(&fd));
    assert_eq!(mapped.store(0, 7), Ok(()));
    device.unbind();
    for mapped in [&mapped, &never_touched] {
        assert_eq!(mapped.load(0), Err(Errno::FAULT));
        assert_eq!(mapped.store(0, 8), Err(Errno::FAULT));
        assert_eq!(touched(mapped), SIGBUS);
    }
    let again = Mapped::of(&fd, MAP_PAGES, 1).map(drop);
    assert_eq!(again, Err(Errno::NODEV));
    device.bind();
    assert_eq!(mapped.load(0), Err(Errno::FAULT));
    // The new one has pages of its own.
    let fresh = pages(&device.open_map());
    assert_eq!(fresh.load(0), Ok(0));
}

#[test]
fn one_file_revoked() {
    let device = Device::get("testdev", 0);
    let (fd, other) = (device.open_map(), device.open_map());
    let (mapped, again, others) = (pages(&fd), pages(&fd), pages(&other));
    for mapped in [&mapped, &again, &others] {
        assert_eq!(mapped.store(0, 7), Ok(()));
    }
    assert_eq!(map_revoke(&fd), Ok(()));
    for mapped in [&mapped, &again] {
        assert_eq!(mapped.load(0), Err(Errno::FAULT));
        assert_eq!(touched(mapped), SIGBUS);
    }
    assert_eq!(Mapped::of(&fd, MAP_PAGES, 1).map(drop), Err(Errno::NODEV));
    assert_eq!(map_revoke(&fd), Err(Errno::NODEV));
    // The other mappings still work.
    assert_eq!(others.load(0), Ok(7));
    assert_eq!(touched(&others), End::Exit(0));
    assert_eq!(pages(&device.open_map()).load(0), Ok(7));
}

/// The mapping outlives its pages, and all calls on it still work.
fn outlives(mut mapped: Mapped) {
    assert_eq!(mapped.lock(), Ok(()));
    assert_eq!(mapped.protect(MprotectFlags::READ), Ok(()));
    assert_eq!(mapped.protect(PROTECT_BOTH), Ok(()));
    assert_eq!(mapped.advise(libc::MADV_DONTFORK), Ok(()));
    assert_eq!(mapped.advise(libc::MADV_NORMAL), Ok(()));
    // It cannot be extended.
    assert_eq!(mapped.moved(MAP_COUNT + 1), Err(Errno::FAULT));
    assert_eq!(mapped.moved(MAP_COUNT), Ok(()));
    assert_eq!(mapped.load(0), Err(Errno::FAULT));
    assert_eq!(mapped.store(PAGE, 0), Err(Errno::FAULT));
}

#[test]
fn what_can_be_done_with_one_that_is_empty() {
    let device = Device::get("testdev", 0);
    let (revoked, unplugged) = (device.open_map(), device.open_map());
    let mapped = [&revoked, &unplugged].map(|fd| {
        let mut mapped = pages(fd);
        assert_eq!(mapped.store(0, 7), Ok(()));
        assert_eq!(mapped.lock(), Ok(()));
        assert_eq!(mapped.moved(MAP_COUNT), Ok(()));
        assert_eq!(mapped.load(0), Ok(7));
        mapped
    });
    let [first, second] = mapped;
    map_revoke(&revoked).unwrap();
    outlives(first);
    device.unbind();
    outlives(second);
}

#[test]
fn mapped_in_a_child() {
    let device = Device::get("testdev", 0);
    let fd = device.open_map();
    let mapped = pages(&fd);
    assert_eq!(mapped.store(0, 7), Ok(()));
    // Only the mapping holds the file, and later only the child has the mapping.
    drop(fd);
    let (reader, writer) = pipe().expect("pipe");
    let (told, tell) = pipe().expect("pipe");
    let child = Child::fork(move || {
        let byte = mapped.touch(0) as u8;
        assert_eq!(write(&writer, &[byte]), Ok(1));
        assert_eq!(read(&told, &mut [0]), Ok(1));
        mapped.touch(0);
        0
    });
    let mut byte = [0];
    assert_eq!((read(&reader, &mut byte), byte), (Ok(1), [7]));
    device.unbind();
    assert_eq!(write(&tell, &[0]), Ok(1));
    assert_eq!(child.wait(), SIGBUS);
}

#[test]
fn nobody_pins_a_page() {
    let device = Device::get("testdev", 0);
    let fd = device.open_map();
    for mapped in [
        pages(&fd),
        Mapped::of(&fd, 0, 1).expect("mmap of the registers"),
    ] {
        assert!(mapped.load(0).is_ok());
        // A pipe would keep a reference to the page.
        let (_reader, writer) = pipe().expect("pipe");
        assert_eq!(mapped.splice(&writer), Err(Errno::FAULT));
        // A buffer that io_uring reads into later.
        let ring = io_uring::IoUring::new(4).expect("io_uring_setup");
        let buffer = libc::iovec {
            iov_base: mapped.at(0),
            iov_len: PAGE,
        };
        // SAFETY: The kernel refuses the buffer; if it did not, nothing uses the ring.
        let registered = unsafe { ring.submitter().register_buffers(&[buffer]) };
        let error = registered.expect_err("a page is pinned");
        assert_eq!(error.raw_os_error(), Some(libc::EFAULT));
        // And another process could read it.
        let read = mapped.read_remotely().map(drop);
        assert_eq!(read, Err(Errno::FAULT));
    }
}

#[test]
fn dumped_with_a_core() {
    let dir = std::env::temp_dir().join("dumped");
    let device = Device::get("testdev", 0);
    for revoked in [false, true] {
        fs::create_dir_all(&dir).expect("mkdir");
        let fd = device.open_map();
        let (mapped, registers) = (pages(&fd), Mapped::of(&fd, 0, 1).expect("mmap"));
        assert!(mapped.load(0).is_ok() && registers.load(0).is_ok());
        if revoked {
            assert_eq!(map_revoke(&fd), Ok(()));
        }
        let child = Child::fork(|| {
            let all = Rlimit {
                current: None,
                maximum: None,
            };
            setrlimit(Resource::Core, all).expect("setrlimit");
            std::env::set_current_dir(&dir).expect("chdir");
            // The core dump includes all kinds of memory.
            fs::write("/proc/self/coredump_filter", "0x1ff").expect("coredump_filter");
            std::process::abort()
        });
        assert_eq!(child.wait(), End::Signal(libc::SIGABRT));
        let core = fs::read(dir.join("core")).expect("a core dump");
        assert_eq!(core[..4], *b"\x7fELF");
        fs::remove_dir_all(&dir).expect("rm -r");
    }
}

/// This process's memory, as a debugger opens it.
fn debugger() -> OwnedFd {
    open("/proc/self/mem".as_ref(), OFlags::RDWR).expect("/proc/self/mem")
}

#[test]
fn debuggers_see_it() {
    let device = Device::get("testdev", 0);
    let fd = device.open_map();
    let (mapped, constant) = (pages(&fd), status(&fd));
    let memory = debugger();
    let mut word = [0; 4];
    let at = |mapped: &Mapped, at| mapped.at(at) as u64;
    // Before the first access.
    let two = 0x0102_0304_u32.to_ne_bytes();
    assert_eq!(pwrite(&memory, &two, at(&mapped, 8)), Ok(4));
    assert_eq!(drivers_word(&fd, 8), 0x0102_0304);
    assert_eq!(pread(&memory, &mut word, at(&constant, 0)), Ok(4));
    assert_eq!(u32::from_ne_bytes(word), MAP_MAGIC);
    assert!(pwrite(&memory, &two, at(&constant, 0)).is_err());
    assert_eq!(constant.load(0), Ok(MAP_MAGIC));
    // From one page into the next, and to the end of the mapping.
    let long = vec![0x5a; 2 * PAGE];
    assert_eq!(pwrite(&memory, &long, at(&mapped, PAGE - 16)), Ok(2 * PAGE));
    assert_eq!(drivers_word(&fd, 3 * PAGE - 20), 0x5a5a_5a5a);
    assert_eq!(drivers_word(&fd, 3 * PAGE - 16), 0);
    device.unbind();
    for mapped in [&mapped, &constant] {
        assert_eq!(pread(&memory, &mut word, at(mapped, 0)), Err(Errno::IO));
    }
    assert_eq!(pwrite(&memory, &two, at(&mapped, 0)), Err(Errno::IO));
}

#[test]
fn traced() {
    let device = Device::get("testdev", 0);
    let fd = device.open_map();
    let mapped = pages(&fd);
    assert_eq!(mapped.store(0, 0x7777_7777), Ok(()));
    let address = mapped.at(0);
    let child = Child::fork(|| {
        sleep(FOR_EVER);
        0
    });
    let nothing = null_mut::<c_void>();
    let peek = || {
        // SAFETY: glibc's wrapper stores the word itself; errors are in errno.
        unsafe {
            *libc::__errno_location() = 0;
            let word = libc::ptrace(libc::PTRACE_PEEKDATA, child.pid(), address, nothing);
            (word as u32, *libc::__errno_location())
        }
    };
    // SAFETY: Takes no pointers.
    let attached = unsafe { libc::ptrace(libc::PTRACE_ATTACH, child.pid(), nothing, nothing) };
    assert_eq!(attached, 0);
    // SAFETY: Nothing is written.
    let stopped = unsafe { libc::waitpid(child.pid(), null_mut(), 0) };
    assert_eq!(stopped, child.pid());
    assert_eq!(peek(), (0x7777_7777, 0));
    map_revoke(&fd).unwrap();
    assert_eq!(peek(), (u32::MAX, libc::EIO));
}

#[test]
fn answers_that_change() {
    let device = Device::get("testdev", 0);
    let fd = device.open_map();
    for answer in [MapAnswer::OtherCache, MapAnswer::Error, MapAnswer::ReadOnly] {
        let mapped = pages(&fd);
        assert_eq!(mapped.store(0, 7), Ok(()));
        map_answer(&fd, answer).unwrap();
        // Existing pages stay; a new page must have the same cache mode.
        assert_eq!(mapped.load(0), Ok(7));
        for page in 1..MAP_COUNT {
            let (at, kind) = (page * PAGE, (answer, page));
            assert_eq!(mapped.load(at), Err(Errno::FAULT), "{kind:?}");
            assert_eq!(mapped.store(at, 0), Err(Errno::FAULT), "{kind:?}");
        }
        map_answer(&fd, MapAnswer::Honest).unwrap();
        assert_eq!(mapped.store(PAGE, 7), Ok(()));
    }
    // The other way round: a mapping that was set up as read-only stays read-only.
    map_answer(&fd, MapAnswer::ReadOnly).unwrap();
    let constant = Mapped::with(&fd, MAP_PAGES, 1, ProtFlags::READ, MapFlags::SHARED);
    let constant = constant.expect("mmap");
    map_answer(&fd, MapAnswer::Honest).unwrap();
    assert_eq!(constant.load(0), Err(Errno::FAULT));
    assert_eq!(constant.protect(PROTECT_BOTH), Err(Errno::ACCESS));
}
