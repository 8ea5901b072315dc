// SPDX-License-Identifier: GPL-2.0

//! `/dev/bench-map`: memory to map. See `bench.h`.

use devscope::prelude::*;
use kernel::{
    dma::Coherent,
    ioctl::_IO,
    page::PAGE_SIZE,
    prelude::*, //
};

const BENCH_PAGES: usize = 1000;
const BENCH_ZAP: u32 = _IO(0xBE, 0x02);

/// The memory that is mapped.
pub(crate) struct Memory(Window<Coherent<[u8]>>);

impl Memory {
    pub(crate) fn new(device: &Device<Bound>) -> Result<Self> {
        let memory = Coherent::zeroed_slice(device, BENCH_PAGES * PAGE_SIZE, GFP_KERNEL)?;
        Ok(Self(Window::new(memory)?))
    }
}

pub(crate) struct MapFile;

#[vtable]
impl FileOperations for MapFile {
    type Device = CovariantForLt!(Memory);

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self)
    }

    fn mmap<'s>(scope: &'s Scope<'_, Self>, area: &Area) -> Result<Backing<'s>> {
        area.backed_by(&scope.data().0)
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, _arg: usize) -> Result<isize> {
        match cmd {
            BENCH_ZAP => scope.revoke().map(|()| 0),
            _ => Err(ENOTTY),
        }
    }
}
