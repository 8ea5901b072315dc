// SPDX-License-Identifier: GPL-2.0

//! `insmod` and `rmmod` of a module in `/modules`.

use crate::device::open;
use rustix::{
    fs::OFlags,
    io,
    system::{delete_module, finit_module},
};
use std::{ffi::CString, path::Path};

/// Loads `/modules/NAME.ko` with parameters such as `"fail_step=1"`.
///
/// # Errors
///
/// EEXIST when it is loaded already; whatever its `init` says.
pub fn load(name: &str, parameters: &str) -> io::Result<()> {
    let file = open(Path::new(&format!("/modules/{name}.ko")), OFlags::RDONLY)?;
    finit_module(file, &CString::new(parameters).unwrap(), 0)
}

/// Unloads a module, without waiting for its users.
///
/// # Errors
///
/// EAGAIN (the same as EWOULDBLOCK) when it is in use, ENOENT when it is not loaded.
pub fn unload(name: &str) -> io::Result<()> {
    delete_module(&CString::new(name).unwrap(), libc::O_NONBLOCK)
}

/// Whether a module is loaded.
pub fn is_loaded(name: &str) -> bool {
    Path::new("/sys/module").join(name).join("refcnt").exists()
}
