// SPDX-License-Identifier: GPL-2.0

//! `insmod` and `rmmod` of a module in `/modules`.

use crate::{device::open, wait_until, HANG};
use rustix::{
    fs::OFlags,
    io,
    system::{delete_module, finit_module},
};
use std::{ffi::CString, fs, path::Path};

/// Loads `/modules/NAME.ko` with parameters such as `"fail_step=1"`.
///
/// # Errors
///
/// EEXIST if it is loaded already; those of its `init`.
pub fn load(name: &str, parameters: &str) -> io::Result<()> {
    let file = open(Path::new(&format!("/modules/{name}.ko")), OFlags::RDONLY)?;
    finit_module(file, &CString::new(parameters).unwrap(), 0)
}

/// Unloads a module, without waiting for its users.
///
/// # Errors
///
/// EAGAIN (the same as EWOULDBLOCK) if it is in use, ENOENT if it is not loaded.
pub fn unload(name: &str) -> io::Result<()> {
    delete_module(&CString::new(name).unwrap(), libc::O_NONBLOCK)
}

/// Whether a module is loaded.
pub fn is_loaded(name: &str) -> bool {
    Path::new("/sys/module").join(name).join("refcnt").exists()
}

/// The values of `key`, such as "alias", in the file of a module.
///
/// # Panics
///
/// If there is no such file.
pub fn information(name: &str, key: &str) -> Vec<String> {
    values(&file_of(name), key)
}

fn file_of(name: &str) -> Vec<u8> {
    let file = format!("/modules/{name}.ko");
    fs::read(&file).unwrap_or_else(|e| panic!("cannot read {file}: {e}"))
}

/// Modules that are loaded while this lives, with the modules that they depend on.
#[derive(Debug)]
pub struct Loaded {
    names: Vec<String>,
}

impl Loaded {
    /// Loads `names` in this order, which must succeed. A module that is loaded already is not
    /// loaded again, and stays loaded when this is dropped.
    pub fn new(names: &[&str]) -> Self {
        let mut loaded = Self { names: Vec::new() };
        for name in names {
            loaded.add(name);
        }
        loaded
    }

    /// Loads the modules that `name` depends on, which must succeed.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn dependencies_of(name: &str) -> Self {
        let mut loaded = Self { names: Vec::new() };
        loaded.add_dependencies_of(name);
        loaded
    }

    fn add_dependencies_of(&mut self, name: &str) {
        for dependency in depends(&file_of(name)) {
            self.add(&dependency);
        }
    }

    fn add(&mut self, name: &str) {
        if is_loaded(name) {
            return;
        }
        self.add_dependencies_of(name);
        load(name, "").unwrap_or_else(|e| panic!("insmod {name}: {e}"));
        self.names.push(name.to_owned());
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        for name in self.names.iter().rev() {
            // A task that has dropped its reference may still run code of the module.
            if !wait_until(HANG, || unload(name).is_ok()) {
                eprintln!("rmmod {name}: it is in use");
            }
        }
    }
}

/// The modules that one depends on.
fn depends(module: &[u8]) -> Vec<String> {
    let values = values(module, "depends").join(",").replace('-', "_");
    values
        .split(',')
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Reads all values of a key out of a module's .modinfo section.
fn values(module: &[u8], key: &str) -> Vec<String> {
    let key = format!("\0{key}=");
    let key = key.as_bytes();
    let starts = module.windows(key.len()).enumerate();
    starts
        .filter(|(_, bytes)| *bytes == key)
        .map(|(at, _)| {
            let value = module[at + key.len()..].split(|&byte| byte == 0).next();
            String::from_utf8_lossy(value.unwrap_or_default()).into_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{depends, values};

    #[test]
    fn dependencies_of_a_module() {
        assert_eq!(
            depends(b"\x7fELF\0depends=cros_ec,cros-ec-proto\0"),
            ["cros_ec", "cros_ec_proto"]
        );
        assert!(depends(b"\0depends=\0").is_empty());
    }

    #[test]
    fn values_of_a_key() {
        let module = b"\x7fELF\0alias=input:b*\0license=GPL\0alias=char-13-*\0";
        assert_eq!(values(module, "alias"), ["input:b*", "char-13-*"]);
        assert!(values(module, "author").is_empty());
    }
}
