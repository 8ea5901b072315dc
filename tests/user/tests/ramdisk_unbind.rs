// SPDX-License-Identifier: GPL-2.0

//! Disks whose device is unbound: calls fail, and do not hang.

use devscope_tests::{
    disks::{self, nodes, start_of, wanted, Mounted, Ramdisk},
    effort,
    pages::Pages,
    ramdisk::{self, create, OPEN_DIRECT},
    wait_until, HANG,
};
use rustix::{
    fd::OwnedFd,
    fs::{seek, OFlags, SeekFrom},
    io::{pwrite, Errno},
};
use std::{fs, path::PathBuf, thread, time::Duration};

/// Asserts that reads and writes of a disk fail.
fn assert_dead(fd: &OwnedFd) {
    let page = Pages::fresh(1);
    assert!(!matches!(page.read(fd, 0, 4096), Ok(1..)), "it can be read");
    assert!(
        !matches!(page.write(fd, 0, 4096), Ok(1..)),
        "it can be written"
    );
}

#[test]
fn unbind() {
    let ramdisk = Ramdisk::new();
    let disk = ramdisk.disk(0);
    let direct = ramdisk.disk(OPEN_DIRECT);
    assert_eq!(
        pwrite(&disk.fd, &[7; 512], 0),
        Ok(512),
        "which nobody writes back"
    );
    ramdisk.device.unbind();
    assert_dead(&disk.fd);
    assert_dead(&direct.fd);
    assert_eq!(nodes(), [] as [PathBuf; 0]);
    let late = create(&ramdisk.control, &wanted(0));
    assert_eq!(late.err(), Some(Errno::NODEV));
    ramdisk.device.bind();
    let control = ramdisk.device.open(OFlags::RDWR);
    let new = disks::disk(&control, 0);
    drop((disk, direct));
    assert_eq!(ramdisk::count(&control), Ok(1));
    assert_eq!(start_of(&new.fd), Ok([0; 512]));
}

/// Reads and writes until a call fails. Returns the number of calls.
fn load(fd: OwnedFd, page: &Pages) -> u64 {
    let mut calls = 0;
    loop {
        let wrote = page.write(&fd, 0, 4096);
        let read = page.read(&fd, 0, 4096);
        match (wrote, read) {
            (Ok(4096), Ok(4096)) => calls += 1,
            // The end of the disk.
            _ if seek(&fd, SeekFrom::Start(0)).is_ok() && page.read(&fd, 0, 4096) == Ok(4096) => {}
            _ => return calls,
        }
    }
}

/// Under load, with and without the page cache, and on a file system: calls fail, and do not hang.
#[test]
fn unbind_under_load() {
    let ramdisk = Ramdisk::new();
    for _ in 0..effort::choose(2, 100) {
        let control = ramdisk.device.open(OFlags::RDWR);
        let disk = disks::disk(&control, 0);
        let node = disk.node();
        let kept = disk.format();
        let mounted = Mounted::new(&node);
        let workers: Vec<_> = [0, OPEN_DIRECT, OPEN_DIRECT]
            .into_iter()
            .map(|flags| {
                let disk = disks::disk(&control, flags);
                thread::spawn(move || load(disk.fd, &Pages::fresh(1)))
            })
            .collect();
        let file = mounted.file("load");
        let writer = thread::spawn(move || {
            let write = || {
                let file = fs::File::create(&file)?;
                std::io::Write::write_all(&mut &file, &[7; 8192])?;
                file.sync_all()
            };
            while write().is_ok() {}
        });
        thread::sleep(Duration::from_millis(effort::choose(200, 50)));
        ramdisk.device.unbind();
        let ended = wait_until(HANG, || {
            writer.is_finished() && workers.iter().all(|worker| worker.is_finished())
        });
        assert!(ended, "HANG: somebody waits for a disk that is gone");
        for worker in workers {
            assert!(worker.join().expect("a worker") > 0, "there was no load");
        }
        writer.join().expect("a writer");
        drop(mounted);
        drop(kept);
        ramdisk.device.bind();
    }
    assert_eq!(nodes(), [] as [PathBuf; 0]);
}
