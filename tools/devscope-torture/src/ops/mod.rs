// SPDX-License-Identifier: GPL-2.0

//! The operations.
//!
//! - [`files`]: open, close, and who has a descriptor
//! - [`io`]: reads, writes, ioctls, and what else is done to an open file
//! - [`waits`]: what waits for events
//! - [`asynchronous`]: Linux AIO and io_uring
//! - [`maps`]: memory of the device

pub mod asynchronous;
pub mod files;
pub mod io;
pub mod maps;
pub mod waits;

macro_rules! operations {
    ($($name:ident $text:literal $weight:literal $kind:ident,)*) => {
        /// An operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u32)]
        #[allow(missing_docs)]
        pub enum Op { $($name),* }

        impl Op {
            /// All of them, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();

            /// What it is called.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// How often it is made, of all.
            pub fn weight(self) -> usize {
                match self { $(Self::$name => $weight),* }
            }

            /// What it may do.
            pub fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind),* }
            }
        }
    };
}

/// What an operation may do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It comes back at once, unless the driver has it wait.
    Plain,
    /// It can be had to sleep until something happens.
    Sleeps,
    /// It can, and takes memory that a page fault may hold up.
    Copies,
}

operations! {
    Open "open" 6 Plain,
    Close "close" 5 Plain,
    Read "read" 10 Copies,
    Readv "readv" 3 Copies,
    Pread "pread" 3 Copies,
    PreadNowait "preadv2-nowait" 2 Plain,
    Write "write" 8 Copies,
    Writev "writev" 3 Copies,
    Pwrite "pwrite" 3 Copies,
    Lseek "lseek" 2 Plain,
    Ioctl "ioctl" 14 Copies,
    Poll "poll" 6 Sleeps,
    Select "select" 3 Sleeps,
    Epoll "epoll" 6 Sleeps,
    EpollForget "epoll-del" 2 Plain,
    Mmap "mmap" 4 Plain,
    Touch "touch" 8 Plain,
    Munmap "munmap" 2 Plain,
    SpliceFrom "splice-from" 3 Sleeps,
    SpliceTo "splice-to" 2 Plain,
    Sendfile "sendfile" 2 Plain,
    AioRead "aio-read" 2 Plain,
    AioPoll "aio-poll" 3 Sleeps,
    UringRead "uring-read" 4 Copies,
    UringWrite "uring-write" 2 Plain,
    UringPoll "uring-poll" 3 Sleeps,
    UringCommand "uring-cmd" 4 Sleeps,
    Fasync "fasync" 3 Plain,
    Dup "dup" 4 Plain,
    Fork "fork" 1 Sleeps,
    ScmRights "scm-rights" 1 Plain,
    PidfdGetfd "pidfd-getfd" 1 Plain,
    Revoke "revoke" 1 Plain,
    Fsync "fsync" 2 Plain,
    Fdinfo "fdinfo" 1 Plain,
    Flock "flock" 2 Plain,
    Lock "lock" 2 Plain,
    Fadvise "fadvise" 1 Plain,
}

impl Op {
    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.name() == name)
    }

    /// Whether it is one of those with these names.
    pub fn is_in(self, names: &[String]) -> bool {
        names.iter().any(|name| name == self.name())
    }

    /// Whether a good result says that the driver did something for the file.
    pub fn reaches_device(self) -> bool {
        matches!(
            self,
            Self::Read
                | Self::Readv
                | Self::Pread
                | Self::PreadNowait
                | Self::Write
                | Self::Writev
                | Self::Pwrite
                | Self::Ioctl
                | Self::Mmap
                | Self::UringRead
                | Self::UringWrite
                | Self::UringCommand
        )
    }

    /// Whether it may wait for the driver, where the file blocks.
    pub fn may_block(self) -> bool {
        let moves = matches!(self, Self::SpliceTo | Self::Sendfile | Self::Fsync);
        moves
            || self.reaches_device() && self != Self::Mmap
            || self.kind() != Kind::Plain
            || self == Self::AioRead
    }

    /// Whether threads of the kernel's may make it for the caller.
    pub fn has_helpers(self) -> bool {
        matches!(
            self,
            Self::UringRead | Self::UringWrite | Self::UringPoll | Self::UringCommand
        )
    }

    /// Whether it may give others something to read, or end their sleep.
    pub fn may_feed(self) -> bool {
        let writes = matches!(
            self,
            Self::Write | Self::Writev | Self::Pwrite | Self::UringWrite
        );
        writes
            || matches!(
                self,
                Self::SpliceTo | Self::Sendfile | Self::Ioctl | Self::Revoke
            )
    }

    /// Whether 0 says nothing: the end of a file, or nothing written.
    pub fn may_say_nothing(self) -> bool {
        !matches!(self, Self::Ioctl | Self::Mmap | Self::UringCommand)
    }
}

#[cfg(test)]
mod tests {
    use super::Op;

    #[test]
    fn names() {
        for (at, op) in Op::ALL.iter().enumerate() {
            assert_eq!(*op as usize, at);
            assert_eq!(Op::named(op.name()), Some(*op));
        }
    }
}
