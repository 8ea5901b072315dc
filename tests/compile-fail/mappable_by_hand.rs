// SPDX-License-Identifier: GPL-2.0
//
// E0200: a driver chooses its page frames itself. In C: any page frame number is accepted.

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
