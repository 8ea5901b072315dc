// SPDX-License-Identifier: GPL-2.0

//! The device of a node in sysfs, and its driver.

use std::{
    fs, io,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// A node whose device has a driver.
pub struct Target {
    /// The class device's directory when it was found, where the node comes again, if not elsewhere
    /// below the device.
    entry: PathBuf,
    /// Its class.
    class: String,
    /// Its name without numbers.
    pattern: String,
    /// The device that has the driver.
    pub bound: Bound,
    /// The driver's module, if it is one.
    pub module: Option<String>,
    /// The device above that has a driver, too, if there is one.
    pub parent: Option<Bound>,
    /// What has the bus forget the device, if it is PCI,
    pub remove: Option<PathBuf>,
    /// and what has it found again.
    pub rescan: Option<PathBuf>,
}

/// A device, and its driver.
pub struct Bound {
    /// The device.
    pub device: PathBuf,
    /// The driver.
    pub driver: PathBuf,
}

impl Bound {
    /// The nearest one, from `dir` up.
    fn above(dir: &Path) -> Option<Self> {
        let mut dirs = dir.ancestors();
        dirs.find_map(|device| {
            Some(Self {
                driver: device.join("driver").canonicalize().ok()?,
                device: device.to_owned(),
            })
        })
    }

    /// Whether the driver has it.
    pub fn is_bound(&self) -> bool {
        self.device.join("driver").exists()
    }

    /// Why it cannot be unbound and bound, if so.
    pub fn obstacle(&self) -> Option<String> {
        let files = ["bind", "unbind"];
        let missing = files.iter().find(|file| !self.driver.join(file).exists())?;
        Some(format!("{} has no {missing}", self.driver.display()))
    }

    /// Writes the device's name to the driver's file `unbind` or `bind`. It may never return.
    pub fn write(&self, file: &str) -> io::Result<()> {
        fs::write(self.driver.join(file), name(&self.device))
    }
}

/// A node as it is now.
pub struct Node {
    /// Its path.
    pub path: String,
    /// Its number.
    pub number: u64,
}

impl Target {
    /// Finds it.
    pub fn find(node: &Path) -> Result<(Self, Node), String> {
        let shown = node.display();
        let meta = fs::metadata(node).map_err(|e| format!("{shown}: {e}"))?;
        if !meta.file_type().is_char_device() {
            return Err(format!("{shown} is no character device"));
        }
        let (major, minor) = (libc::major(meta.rdev()), libc::minor(meta.rdev()));
        let entry = PathBuf::from(format!("/sys/dev/char/{major}:{minor}"));
        let entry = entry
            .canonicalize()
            .map_err(|e| format!("{}: {e}", entry.display()))?;
        let bound = Bound::above(&entry).ok_or_else(|| {
            let entry = entry.display();
            format!(
                "{shown} is {entry}, and no device above it has a driver: nothing can be unbound"
            )
        })?;
        if let Some(why) = bound.obstacle() {
            return Err(why);
        }
        let module = fs::canonicalize(bound.driver.join("module")).ok();
        let (remove, rescan) = pci_files(&bound.device).unzip();
        let target = Self {
            remove,
            rescan,
            class: class(&entry).unwrap_or_default(),
            pattern: pattern(&name(&entry)),
            parent: bound.device.parent().and_then(Bound::above),
            bound,
            entry: entry.clone(),
            module: module.map(|it| name(&it)),
        };
        let node = Node {
            path: node.display().to_string(),
            number: meta.rdev(),
        };
        Ok((target, node))
    }

    /// The node, once it is there; its name and number may be others.
    pub fn wait_for_node(&self, limit: Duration) -> Option<Node> {
        let start = Instant::now();
        loop {
            let node = node_of(&self.entry).or_else(|| self.look(&self.bound.device, 0));
            if node.is_some() || start.elapsed() > limit {
                return node;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Looks for a class device below `dir`, and its node.
    fn look(&self, dir: &Path, depth: usize) -> Option<Node> {
        let mut entries = fs::read_dir(dir).into_iter().flatten().flatten();
        entries.find_map(|entry| {
            let path = entry.path();
            if depth > 4 || !entry.file_type().is_ok_and(|it| it.is_dir()) {
                return None;
            }
            let fits = pattern(&name(&path)) == self.pattern
                && class(&path).as_deref() == Some(&self.class)
                && path.join("dev").exists();
            let node = fits.then(|| node_of(&path)).flatten();
            node.or_else(|| self.look(&path, depth + 1))
        })
    }
}

/// The files that have a PCI device removed, and its bus scanned.
fn pci_files(device: &Path) -> Option<(PathBuf, PathBuf)> {
    let remove = device.join("remove");
    if class(device).as_deref() != Some("pci") || !remove.exists() {
        return None;
    }
    let buses = fs::read_dir(device.parent()?.join("pci_bus"));
    let bus = buses.into_iter().flatten().flatten().next();
    let scan = bus.map(|bus| bus.path().join("rescan"));
    let all = PathBuf::from("/sys/bus/pci/rescan");
    Some((remove, scan.filter(|it| it.exists()).unwrap_or(all)))
}

/// The node of a class device, if it is there.
fn node_of(dir: &Path) -> Option<Node> {
    let text = fs::read_to_string(dir.join("uevent")).ok()?;
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("DEVNAME="))?;
    let path = format!("/dev/{name}");
    let number = fs::metadata(&path).ok()?.rdev();
    Some(Node { path, number })
}

/// The class or bus of an entry.
fn class(dir: &Path) -> Option<String> {
    fs::canonicalize(dir.join("subsystem"))
        .ok()
        .map(|it| name(&it))
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// A name without its numbers.
fn pattern(name: &str) -> String {
    name.chars().filter(|it| !it.is_ascii_digit()).collect()
}

/// How often each of some modules is in use, of those that are loaded.
pub fn users(modules: &[String]) -> Vec<(String, i64)> {
    let count = |name: &String| {
        let text = fs::read_to_string(format!("/sys/module/{name}/refcnt")).ok()?;
        Some((name.clone(), text.trim().parse().ok()?))
    };
    modules.iter().filter_map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn patterns() {
        assert_eq!(pattern("event12"), pattern("event3"));
        assert_ne!(pattern("testdev0"), pattern("testdev0-mem"));
    }
}
