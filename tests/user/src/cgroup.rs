// SPDX-License-Identifier: GPL-2.0

//! A cgroup with one process in it.

use crate::{wait_until, HANG};
use libc::pid_t;
use rustix::mount::{mount, unmount, MountFlags, UnmountFlags};
use std::{ffi::CStr, fs, path::PathBuf};

/// The kind of hierarchy.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Version 2.
    Unified,
    /// Version 1, with this controller.
    Controller(&'static CStr),
}

/// The group. When it is dropped, the process is moved to the root of the hierarchy.
pub struct Cgroup {
    root: PathBuf,
    group: PathBuf,
}

impl Cgroup {
    /// Creates a group, and moves the process to it.
    ///
    /// # Panics
    ///
    /// If the kernel cannot do that.
    pub fn new(kind: Kind, pid: pid_t) -> Self {
        let (name, option) = match kind {
            Kind::Unified => ("cgroup2", None),
            Kind::Controller(name) => ("cgroup", Some(name)),
        };
        let root = std::env::temp_dir().join(format!("{name}-{pid}"));
        fs::create_dir_all(&root).expect("mkdir");
        let mounted = mount("none", &root, name, MountFlags::empty(), option);
        mounted.unwrap_or_else(|e| panic!("mount of a {name}: {e}"));
        let group = root.join(format!("test-{pid}"));
        let cgroup = Self { root, group };
        fs::create_dir(&cgroup.group).expect("mkdir of a cgroup");
        cgroup.write("cgroup.procs", &pid.to_string());
        cgroup
    }

    /// Writes to one of its files.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn write(&self, file: &str, text: &str) {
        fs::write(self.group.join(file), text).expect(file);
    }

    /// Reads one of its files.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.group.join(file)).expect(file)
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // The group can be removed when the process has exited or was moved.
        if let Ok(pids) = fs::read_to_string(self.group.join("cgroup.procs")) {
            for pid in pids.lines() {
                let _ = fs::write(self.root.join("cgroup.procs"), pid);
            }
        }
        wait_until(HANG, || fs::remove_dir(&self.group).is_ok());
        let _ = unmount(&self.root, UnmountFlags::DETACH);
        let _ = fs::remove_dir(&self.root);
    }
}
