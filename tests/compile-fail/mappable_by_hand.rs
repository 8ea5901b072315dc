// SPDX-License-Identifier: GPL-2.0
//
// E0200: a driver says which page frames it has. In C: any number is one.

struct All;

impl devscope::mapping::Mappable for All {
    const CACHE: devscope::mapping::Cache = devscope::mapping::Cache::Normal;

    fn pages(&self) -> usize {
        usize::MAX
    }

    fn frame(&self, page: usize) -> Result<usize> {
        Ok(page)
    }

    fn address(&self) -> *mut u8 {
        core::ptr::null_mut()
    }
}
