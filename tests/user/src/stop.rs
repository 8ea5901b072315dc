// SPDX-License-Identifier: GPL-2.0

//! Ways to stop a process: signals, a debugger, the freezers of both versions of cgroups, suspend.

use crate::cgroup::{Cgroup, Kind};
use libc::{c_int, c_long, pid_t};
use std::{fs, io, ptr};

/// A way to stop one process.
pub trait Stop {
    /// Starts to stop the process, and does not wait.
    fn stop(&mut self);

    /// Whether the process has stopped. This is true until [`Self::go_on`].
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

    /// Creates it for the process `pid`, which is a child of the caller.
    pub fn of(self, pid: pid_t) -> Box<dyn Stop> {
        match self {
            Self::Signal => Box::new(Signal(pid)),
            Self::Debugger => Box::new(Debugger::seize(pid)),
            Self::Cgroup => Box::new(Freezable::new(&CGROUP, pid)),
            Self::Freezer => Box::new(Freezable::new(&FREEZER, pid)),
        }
    }

    /// Whether it stops a process that is in a killable sleep. The others stop it only when this
    /// sleep has ended.
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

/// The freezer files of a version of cgroups.
struct Version {
    kind: Kind,
    file: &'static str,
    freeze: &'static str,
    thaw: &'static str,
    /// The file that shows the state, and its line that means "frozen".
    shown: (&'static str, &'static str),
}

const CGROUP: Version = Version {
    kind: Kind::Unified,
    file: "cgroup.freeze",
    freeze: "1",
    thaw: "0",
    shown: ("cgroup.events", "frozen 1"),
};

const FREEZER: Version = Version {
    kind: Kind::Controller(c"freezer"),
    file: "freezer.state",
    freeze: "FROZEN",
    thaw: "THAWED",
    shown: ("freezer.state", "FROZEN"),
};

/// A cgroup with one process, which is thawed when this is dropped.
struct Freezable {
    version: &'static Version,
    cgroup: Cgroup,
}

impl Freezable {
    fn new(version: &'static Version, pid: pid_t) -> Self {
        let cgroup = Cgroup::new(version.kind, pid);
        Self { version, cgroup }
    }
}

impl Stop for Freezable {
    fn stop(&mut self) {
        self.cgroup.write(self.version.file, self.version.freeze);
    }

    fn has_stopped(&mut self) -> bool {
        let (file, line) = self.version.shown;
        self.cgroup.read(file).lines().any(|it| it == line)
    }

    fn go_on(&mut self) {
        self.cgroup.write(self.version.file, self.version.thaw);
    }
}

impl Drop for Freezable {
    fn drop(&mut self) {
        self.go_on();
    }
}

/// The letter of the process's state.
fn state(pid: pid_t) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit(')').next()?.trim().chars().next()
}

/// Starts to suspend, stays for a second at the point where all processes are frozen, and resumes.
///
/// # Errors
///
/// EBUSY if a process cannot be frozen within 20 s.
pub fn suspend() -> io::Result<()> {
    const TEST: &str = "/sys/power/pm_test";
    fs::write("/sys/module/suspend/parameters/pm_test_delay", "1").expect("pm_test_delay");
    fs::write(TEST, "freezer").expect(TEST);
    let said = fs::write("/sys/power/state", "freeze");
    fs::write(TEST, "none").expect(TEST);
    said
}
