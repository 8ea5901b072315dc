// SPDX-License-Identifier: GPL-2.0

//! What keeps a process from running: signals, a debugger, the freezers of both versions of cgroups,
//! suspend.

use crate::{wait_until, HANG};
use libc::{c_int, c_long, pid_t};
use rustix::mount::{mount, unmount, MountFlags, UnmountFlags};
use std::{fs, io, path::PathBuf, ptr};

/// Something that stops one process.
pub trait Stop {
    /// Asks for it, and does not wait.
    fn stop(&mut self);

    /// Whether the process has stopped. It says so until [`Self::go_on`].
    fn has_stopped(&mut self) -> bool;

    /// Lets it run again.
    fn go_on(&mut self);
}

/// A way to stop a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// `SIGSTOP`.
    Signal,
    /// `PTRACE_INTERRUPT` of a debugger that has seized it.
    Debugger,
    /// `cgroup.freeze`.
    Cgroup,
    /// `freezer.state` of a cgroup of the first version: as for suspend, but of this process only.
    Freezer,
}

impl By {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Signal, Self::Debugger, Self::Cgroup, Self::Freezer];

    /// For the process `pid`, which is a child of the caller's.
    pub fn of(self, pid: pid_t) -> Box<dyn Stop> {
        match self {
            Self::Signal => Box::new(Signal(pid)),
            Self::Debugger => Box::new(Debugger::seize(pid)),
            Self::Cgroup => Box::new(Cgroup::new(&CGROUP, pid)),
            Self::Freezer => Box::new(Cgroup::new(&FREEZER, pid)),
        }
    }

    /// Whether it finds a process in a sleep that only a signal that kills ends; the others stop it
    /// when it has come back from there.
    pub fn finds_killable(self) -> bool {
        self == Self::Freezer
    }
}

struct Signal(pid_t);

impl Stop for Signal {
    fn stop(&mut self) {
        // SAFETY: Takes no pointers.
        unsafe { libc::kill(self.0, libc::SIGSTOP) };
    }

    fn has_stopped(&mut self) -> bool {
        state(self.0) == Some('T')
    }

    fn go_on(&mut self) {
        // SAFETY: Takes no pointers.
        unsafe { libc::kill(self.0, libc::SIGCONT) };
    }
}

struct Debugger {
    pid: pid_t,
    stopped: bool,
}

fn ptrace(request: u32, pid: pid_t) {
    let null = ptr::null_mut::<libc::c_void>();
    // SAFETY: None of the requests made here takes a pointer.
    let said: c_long = unsafe { libc::ptrace(request, pid, null, null) };
    assert_eq!(said, 0, "ptrace: {}", io::Error::last_os_error());
}

impl Debugger {
    fn seize(pid: pid_t) -> Self {
        ptrace(libc::PTRACE_SEIZE, pid);
        Self {
            pid,
            stopped: false,
        }
    }
}

impl Stop for Debugger {
    fn stop(&mut self) {
        ptrace(libc::PTRACE_INTERRUPT, self.pid);
    }

    fn has_stopped(&mut self) -> bool {
        let mut status: c_int = 0;
        // SAFETY: `status` is a valid place to write to.
        let told = unsafe { libc::waitpid(self.pid, &mut status, libc::WNOHANG) } == self.pid;
        self.stopped |= told && libc::WIFSTOPPED(status);
        self.stopped
    }

    fn go_on(&mut self) {
        ptrace(libc::PTRACE_DETACH, self.pid);
    }
}

/// How a version of cgroups freezes.
struct Version {
    kind: &'static str,
    option: Option<&'static std::ffi::CStr>,
    file: &'static str,
    freeze: &'static str,
    thaw: &'static str,
    /// What shows the state, and the line of it that says "frozen".
    shown: (&'static str, &'static str),
}

const CGROUP: Version = Version {
    kind: "cgroup2",
    option: None,
    file: "cgroup.freeze",
    freeze: "1",
    thaw: "0",
    shown: ("cgroup.events", "frozen 1"),
};

const FREEZER: Version = Version {
    kind: "cgroup",
    option: Some(c"freezer"),
    file: "freezer.state",
    freeze: "FROZEN",
    thaw: "THAWED",
    shown: ("freezer.state", "FROZEN"),
};

/// A cgroup with one process in it.
struct Cgroup {
    version: &'static Version,
    root: PathBuf,
    group: PathBuf,
}

impl Cgroup {
    fn new(version: &'static Version, pid: pid_t) -> Self {
        let root = std::env::temp_dir().join(format!("{}-{pid}", version.kind));
        fs::create_dir_all(&root).expect("mkdir");
        let mounted = mount(
            "none",
            &root,
            version.kind,
            MountFlags::empty(),
            version.option,
        );
        mounted.unwrap_or_else(|e| panic!("mount of a {}: {e}", version.kind));
        let group = root.join(format!("test-{pid}"));
        let cgroup = Self {
            version,
            root,
            group,
        };
        fs::create_dir(&cgroup.group).expect("mkdir of a cgroup");
        fs::write(cgroup.group.join("cgroup.procs"), pid.to_string()).expect("cgroup.procs");
        cgroup
    }

    fn write(&self, text: &str) {
        fs::write(self.group.join(self.version.file), text).expect(self.version.file);
    }
}

impl Stop for Cgroup {
    fn stop(&mut self) {
        self.write(self.version.freeze);
    }

    fn has_stopped(&mut self) -> bool {
        let (file, line) = self.version.shown;
        let text = fs::read_to_string(self.group.join(file)).expect(file);
        text.lines().any(|it| it == line)
    }

    fn go_on(&mut self) {
        self.write(self.version.thaw);
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        self.write(self.version.thaw);
        // It goes when the process is gone, or elsewhere.
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

/// The letter of a process' state.
fn state(pid: pid_t) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit(')').next()?.trim().chars().next()
}

/// Suspends as far as all processes being frozen, for a second, and goes on.
///
/// # Errors
///
/// EBUSY when somebody cannot be frozen within 20 s.
pub fn suspend() -> io::Result<()> {
    const TEST: &str = "/sys/power/pm_test";
    fs::write("/sys/module/suspend/parameters/pm_test_delay", "1").expect("pm_test_delay");
    fs::write(TEST, "freezer").expect(TEST);
    let said = fs::write("/sys/power/state", "freeze");
    fs::write(TEST, "none").expect(TEST);
    said
}
