// SPDX-License-Identifier: GPL-2.0

//! The guest's file system: busybox, the guest scripts, modules and programs. The kernel's own tool
//! puts them together.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use fs_err as fs;

use crate::exec;
use crate::files;
use crate::guest::Programs;
use crate::ko::Available;
use crate::machine::Machine;
use crate::memo::Inputs;
use crate::paths::{self, Paths};

const DIRS: &[&str] = &[
    "bin",
    "dev",
    "etc",
    "etc/mode",
    "etc/torture",
    "modules",
    "proc",
    "programs",
    "root",
    "sys",
    "tests",
    "tmp",
];

/// What every guest has of our own.
const ROOT: &str = "tools/vm/guest/files";

/// What goes into a file system.
#[derive(Debug, Default)]
pub struct Initramfs {
    files: Vec<(String, PathBuf)>,
    texts: Vec<(String, String)>,
}

impl Initramfs {
    /// What every guest has: busybox and what is in [`ROOT`].
    pub fn new(paths: &Paths) -> Result<Self> {
        let mut image = Self::default();
        let busybox = exec::find("busybox")?;
        if !is_static(&fs::read(&busybox)?) {
            let file = busybox.display();
            bail!("{file} is not linked statically; install busybox-static");
        }
        image.add("bin/busybox", busybox);
        image.files("", &paths.root().join(ROOT))?;
        Ok(image)
    }

    /// Adds the modules `names` with all they depend on; the guest finds the order of loading in
    /// the file `list`.
    pub fn modules(&mut self, list: &str, names: &[String], available: &Available) -> Result<()> {
        let mut text = String::new();
        for (name, file) in available.in_order(names)? {
            text.push_str(&name);
            text.push('\n');
            self.add(&format!("modules/{name}.ko"), file);
        }
        self.text(&format!("etc/{list}"), &text);
        Ok(())
    }

    /// Adds programs to the directory `dir`.
    pub fn programs(&mut self, dir: &str, programs: &Programs) {
        for (name, file) in programs {
            self.add(&format!("{dir}/{name}"), file.clone());
        }
    }

    /// Adds all files of the directory `from` to the directory `dir`.
    pub fn files(&mut self, dir: &str, from: &Path) -> Result<()> {
        for file in files::below(from)? {
            let name = Path::new(dir).join(file.strip_prefix(from)?);
            self.add(&name.display().to_string(), file);
        }
        Ok(())
    }

    fn add(&mut self, name: &str, source: PathBuf) {
        if !self.files.iter().any(|(there, _)| there == name) {
            self.files.push((name.to_owned(), source));
        }
    }

    /// Adds a file with this text.
    pub fn text(&mut self, name: &str, text: &str) {
        self.texts.push((name.to_owned(), text.to_owned()));
    }

    /// Writes the archive for `machine`, unless the one there is made of the same things.
    pub fn write(&self, machine: &Machine<'_>) -> Result<PathBuf> {
        let dir = machine.paths.build("images").join(&machine.name);
        fs::create_dir_all(&dir)?;
        let [list, tmp, archive, stamp] =
            ["list", "tmp", "archive.cpio", "stamp"].map(|name| dir.join(name));
        let digest = self.digest();
        if archive.exists() && fs::read_to_string(&stamp).is_ok_and(|text| text == digest) {
            return Ok(archive);
        }
        fs::write(&list, self.list(&dir)?)?;
        let mut command = exec::command(machine.kernel.built("usr/gen_init_cpio")?);
        exec::output(command.arg("-o").arg(&tmp).arg(&list))?;
        fs::rename(&tmp, &archive)?;
        paths::write(&stamp, digest)?;
        Ok(archive)
    }

    /// What the kernel's tool reads. The texts are written to `dir`.
    fn list(&self, dir: &Path) -> Result<String> {
        let mut list = String::new();
        for dir in DIRS {
            list += &format!("dir /{dir} 755 0 0\n");
        }
        list += "slink /bin/sh busybox 777 0 0\n";
        for (name, text) in &self.texts {
            let file = dir.join(name.replace('/', "-"));
            fs::write(&file, text)?;
            list += &format!("file /{name} {} 644 0 0\n", file.display());
        }
        for (name, source) in &self.files {
            list += &format!("file /{name} {} 755 0 0\n", source.display());
        }
        Ok(list)
    }

    /// Changes whenever a file or its name does.
    fn digest(&self) -> String {
        let mut inputs = Inputs::new(Path::new(""));
        for (name, text) in &self.texts {
            inputs = inputs.text(name).text(text);
        }
        for (name, source) in &self.files {
            inputs = inputs.text(name).made(source);
        }
        inputs.digest()
    }
}

/// Whether an ELF program asks for no interpreter.
fn is_static(elf: &[u8]) -> bool {
    const INTERPRETER: &[u8] = b"ld-linux";
    let head = &elf[..elf.len().min(4096)];
    !head.windows(INTERPRETER.len()).any(|w| w == INTERPRETER)
}
