// SPDX-License-Identifier: GPL-2.0

//! The names of errors.

macro_rules! names {
    ($($name:ident)*) => {
        &[$((libc::$name, stringify!($name))),*]
    };
}

/// Those that drivers and the kernel's calls say.
const NAMES: &[(i32, &str)] = names! {
    E2BIG EACCES EADDRINUSE EAGAIN EALREADY EBADE EBADF EBADMSG EBUSY ECANCELED ECHILD ECONNRESET
    EDEADLK EDESTADDRREQ EDOM EEXIST EFAULT EFBIG EINPROGRESS EINTR EINVAL EIO EISDIR EKEYREJECTED
    ELOOP EMFILE EMLINK EMSGSIZE ENAMETOOLONG ENFILE ENOBUFS ENODATA ENODEV ENOENT ENOLCK ENOMEM
    ENOSPC ENOSYS ENOTCONN ENOTDIR ENOTTY ENXIO EOPNOTSUPP EOVERFLOW EPERM EPIPE EPROTO ERANGE EROFS
    ESHUTDOWN ESPIPE ESRCH ESTALE ETIME ETIMEDOUT ETXTBSY EXDEV
};

/// The error of a name.
pub fn number(name: &str) -> Option<i32> {
    let found = NAMES.iter().find(|(_, it)| *it == name);
    found.map(|(number, _)| *number)
}

/// The name of `errno`, or its number.
pub fn name(errno: i32) -> String {
    let found = NAMES.iter().find(|(number, _)| *number == errno);
    found.map_or_else(|| errno.to_string(), |(_, name)| (*name).to_owned())
}
