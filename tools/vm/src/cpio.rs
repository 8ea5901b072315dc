// SPDX-License-Identifier: GPL-2.0

//! The archive format of an initramfs: cpio, "newc".

use std::io::{self, Write};

const DIR: u32 = 0o040000;
const FILE: u32 = 0o100000;
const LINK: u32 = 0o120000;

/// Writes entries, all owned by root and dated 1970, so that equal content is an equal archive.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    inode: u32,
}

impl<W: Write> Writer<W> {
    pub fn new(out: W) -> Self {
        Self { out, inode: 0 }
    }

    pub fn dir(&mut self, path: &str) -> io::Result<()> {
        self.entry(path, DIR | 0o755, &[])
    }

    pub fn file(&mut self, path: &str, mode: u32, data: &[u8]) -> io::Result<()> {
        self.entry(path, FILE | mode, data)
    }

    pub fn link(&mut self, path: &str, target: &str) -> io::Result<()> {
        self.entry(path, LINK | 0o777, target.as_bytes())
    }

    /// Ends the archive.
    pub fn finish(mut self) -> io::Result<W> {
        self.inode = 0;
        self.entry("TRAILER!!!", 0, &[])?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn entry(&mut self, path: &str, mode: u32, data: &[u8]) -> io::Result<()> {
        let size = u32::try_from(data.len()).map_err(io::Error::other)?;
        let name = u32::try_from(path.len() + 1).map_err(io::Error::other)?;
        self.inode += 1;
        let links = if mode & DIR == DIR { 2 } else { 1 };
        // Inode, mode, uid, gid, links, mtime, size, device (4), length of the name, checksum.
        let fields = [self.inode, mode, 0, 0, links, 0, size, 0, 0, 0, 0, name, 0];
        write!(self.out, "070701")?;
        for field in fields {
            write!(self.out, "{field:08x}")?;
        }
        self.out.write_all(path.as_bytes())?;
        self.out.write_all(&[0])?;
        self.pad(6 + 8 * fields.len() + path.len() + 1)?;
        self.out.write_all(data)?;
        self.pad(data.len())
    }

    fn pad(&mut self, written: usize) -> io::Result<()> {
        self.out.write_all(&[0; 3][..written.wrapping_neg() % 4])
    }
}

#[cfg(test)]
mod tests {
    use super::Writer;

    #[test]
    fn entries_are_aligned() {
        let mut cpio = Writer::new(Vec::new());
        cpio.dir("bin").unwrap();
        cpio.file("bin/a", 0o755, b"12345").unwrap();
        cpio.link("bin/b", "a").unwrap();
        let bytes = cpio.finish().unwrap();
        assert_eq!(bytes.len() % 4, 0);
        let text = String::from_utf8_lossy(&bytes);
        let headers: Vec<_> = text.match_indices("070701").map(|(at, _)| at % 4).collect();
        assert_eq!(headers, [0, 0, 0, 0]);
        assert!(text.contains("000081ed"), "mode of a program");
        assert!(text.contains("TRAILER!!!"));
    }
}
