// SPDX-License-Identifier: GPL-2.0
//
// E0308: the last close() of a file, long after unbind, uses the device. In C: release() writes a
// register.

struct LastWord {
    device: kernel::sync::aref::ARef<Device>,
    regs: kernel::devres::Devres<u32>,
}

impl Drop for LastWord {
    fn drop(&mut self) {
        let _ = self.regs.access(&self.device);
    }
}
