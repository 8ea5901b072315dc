// SPDX-License-Identifier: GPL-2.0
//
// E0599: what is left after unplug is read, and a register with it. In C: read() after remove(), by
// the pointer that the file has to the device.

fn misuse(left: &Left<'_, EchoFile>) -> usize {
    left.data().line.lock().len()
}
