// SPDX-License-Identifier: GPL-2.0

//! The guest's file system: busybox, the guest scripts, modules and programs.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::cpio::Writer;
use crate::exec;
use crate::guest::Programs;
use crate::ko::Available;
use crate::paths::{self, Paths};

const DIRS: &[&str] = &[
    "bin", "dev", "etc", "modules", "proc", "programs", "root", "sys", "tests", "tmp",
];

const TEXTS: &[(&str, &str)] = &[
    (
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n",
    ),
    ("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
    ("etc/hostname", "devscope\n"),
];

/// What goes into a file system.
#[derive(Debug, Default)]
pub struct Initramfs {
    files: Vec<(String, PathBuf)>,
    texts: Vec<(String, String)>,
}

impl Initramfs {
    /// What every guest has: busybox and the scripts of tools/vm/guest.
    pub fn new(paths: &Paths) -> Result<Self> {
        let mut image = Self::default();
        image.add("bin/busybox", exec::find("busybox")?);
        let scripts = paths.root().join("tools/vm/guest");
        image.add("init", scripts.join("init"));
        image.add("etc/functions", scripts.join("functions"));
        for mode in fs::read_dir(scripts.join("mode")).context("cannot read the guest's scripts")? {
            let mode = mode?;
            let name = mode.file_name().to_string_lossy().into_owned();
            image.add(&format!("etc/mode-{name}"), mode.path());
        }
        for (name, text) in TEXTS {
            image.text(name, text);
        }
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

    fn add(&mut self, name: &str, source: PathBuf) {
        if !self.files.iter().any(|(there, _)| there == name) {
            self.files.push((name.to_owned(), source));
        }
    }

    /// Adds a file with this text.
    pub fn text(&mut self, name: &str, text: &str) {
        self.texts.push((name.to_owned(), text.to_owned()));
    }

    /// Writes the archive, unless the one there is made of the same things.
    pub fn write(&self, paths: &Paths, name: &str) -> Result<PathBuf> {
        let dir = paths.build("images");
        fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let archive = dir.join(format!("{name}.cpio"));
        let stamp = dir.join(format!("{name}.stamp"));
        let digest = self.digest()?;
        if archive.exists() && fs::read_to_string(&stamp).is_ok_and(|text| text == digest) {
            return Ok(archive);
        }
        let tmp = dir.join(format!("{name}.{}.tmp", std::process::id()));
        self.archive(&tmp)
            .with_context(|| format!("cannot write {}", tmp.display()))?;
        fs::rename(&tmp, &archive)?;
        paths::write(&stamp, digest)?;
        Ok(archive)
    }

    fn archive(&self, to: &Path) -> Result<()> {
        let mut cpio = Writer::new(BufWriter::new(File::create(to)?));
        for dir in DIRS {
            cpio.dir(dir)?;
        }
        cpio.link("bin/sh", "busybox")?;
        for (name, text) in &self.texts {
            cpio.file(name, 0o644, text.as_bytes())?;
        }
        for (name, source) in &self.files {
            let data =
                fs::read(source).with_context(|| format!("cannot read {}", source.display()))?;
            if name == "bin/busybox" && !is_static(&data) {
                bail!(
                    "{} is not linked statically; install busybox-static",
                    source.display()
                );
            }
            cpio.file(name, 0o755, &data)?;
        }
        cpio.finish()?;
        Ok(())
    }

    /// Changes whenever a file or its name does.
    fn digest(&self) -> Result<String> {
        let mut hash = Sha256::new();
        for (name, text) in &self.texts {
            hash.update(format!("{name}\0{text}\0"));
        }
        for (name, source) in &self.files {
            let meta = fs::metadata(source)
                .with_context(|| format!("cannot read {}", source.display()))?;
            let (source, len, time) = (source.display(), meta.len(), meta.modified()?);
            hash.update(format!("{name}\0{source}\0{len}\0{time:?}\0"));
        }
        Ok(format!("{:?}", hash.finalize()))
    }
}

/// Whether an ELF program asks for no interpreter.
fn is_static(elf: &[u8]) -> bool {
    const INTERPRETER: &[u8] = b"ld-linux";
    let head = &elf[..elf.len().min(4096)];
    !head.windows(INTERPRETER.len()).any(|w| w == INTERPRETER)
}
