// SPDX-License-Identifier: GPL-2.0

//! The disks that `/dev/ramdisk` creates, and a file system on them.

use crate::{
    device::open,
    maker::{nodes_of, Maker},
    module::Loaded,
    ramdisk::{self, Create},
};
use fatfs::{format_volume, FormatVolumeOptions};
use rustix::{
    fd::{AsFd, OwnedFd},
    fs::OFlags,
    mount::{mount, unmount, MountFlags, UnmountFlags},
};
use std::{
    fs::{self, File},
    ops::Deref,
    path::{Path, PathBuf},
};

/// The module, its device and its control node.
pub const MODULE: &str = "ramdisk";

/// A disk size that suffices for a file system.
pub const SIZE: u64 = 2 << 20;

/// The driver, loaded.
pub struct Ramdisk(Maker);

impl Deref for Ramdisk {
    type Target = Maker;

    fn deref(&self) -> &Maker {
        &self.0
    }
}

impl Default for Ramdisk {
    fn default() -> Self {
        Self::new()
    }
}

impl Ramdisk {
    /// Loads it, which must succeed.
    pub fn new() -> Self {
        Self(Maker::new(MODULE, |control| ramdisk::count(control)))
    }

    /// Creates a disk, which must succeed.
    pub fn disk(&self, flags: u32) -> Disk {
        disk(&self.control, flags)
    }
}

/// The arguments that create a disk.
pub fn wanted(flags: u32) -> Create {
    Create {
        size: SIZE,
        flags,
        ..Create::default()
    }
}

/// Creates a disk with a control node, which must succeed.
pub fn disk(control: &OwnedFd, flags: u32) -> Disk {
    let (fd, made) = ramdisk::create(control, &wanted(flags)).expect("a disk");
    Disk { fd, made }
}

/// The nodes of all disks.
pub fn nodes() -> Vec<PathBuf> {
    nodes_of(MODULE)
}

/// A disk, with its descriptor.
pub struct Disk {
    /// The descriptor that was created with it.
    pub fd: OwnedFd,
    /// The answer of the driver.
    pub made: Create,
}

impl Disk {
    /// Its directory in sysfs.
    pub fn sysfs(&self) -> PathBuf {
        let number = format!("{}:{}", self.made.major, self.made.minor);
        Path::new("/sys/dev/block").join(number)
    }

    /// The content of one of its files in sysfs.
    pub fn attribute(&self, name: &str) -> String {
        let text = fs::read_to_string(self.sysfs().join(name)).expect("a disk in sysfs");
        text.trim().to_owned()
    }

    /// Its node.
    pub fn node(&self) -> PathBuf {
        let path = fs::canonicalize(self.sysfs()).expect("a disk in sysfs");
        Path::new("/dev").join(path.file_name().expect("a name"))
    }

    /// Opens its node, which must succeed.
    pub fn open(&self, flags: OFlags) -> OwnedFd {
        open(&self.node(), flags).expect("open the node of a disk")
    }

    /// Creates a file system on it, and closes the descriptor that can write. The descriptor that
    /// this returns keeps the disk.
    pub fn format(self) -> OwnedFd {
        let file = File::from(self.fd.try_clone().expect("dup"));
        format_volume(file, FormatVolumeOptions::new()).expect("format");
        let reader = self.open(OFlags::RDONLY);
        rustix::fs::fsync(&self.fd).expect("fsync");
        reader
    }
}

/// A file system that is mounted until this is dropped.
pub struct Mounted {
    at: PathBuf,
    _modules: Loaded,
}

impl Mounted {
    /// Mounts the file system of the disk `node`.
    pub fn new(node: &Path) -> Self {
        let modules = Loaded::new(&["nls_cp437", "nls_iso8859_1", "vfat"]);
        let at = PathBuf::from(format!("/tmp/mounted-{}", std::process::id()));
        fs::create_dir_all(&at).expect("a directory");
        let names = c"codepage=437,iocharset=iso8859-1";
        mount(node, &at, "vfat", MountFlags::NOATIME, names).expect("mount");
        Self {
            at,
            _modules: modules,
        }
    }

    /// A file on it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.at.join(name)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Err(error) = unmount(&self.at, UnmountFlags::empty()) {
            eprintln!("umount {}: {error}", self.at.display());
        }
        let _ = fs::remove_dir(&self.at);
    }
}

/// The first bytes of `fd`.
pub fn start_of(fd: impl AsFd) -> rustix::io::Result<[u8; 512]> {
    let mut bytes = [0; 512];
    rustix::io::pread(fd, &mut bytes, 0).and_then(|count| match count {
        512 => Ok(bytes),
        _ => Err(rustix::io::Errno::IO),
    })
}
