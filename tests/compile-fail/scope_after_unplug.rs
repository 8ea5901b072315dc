// SPDX-License-Identifier: GPL-2.0
//
// E0599: a read after unplug uses the device. In C: read() after remove() uses the file's pointer
// to the device.

fn misuse(left: &Left<'_, EchoFile>) -> usize {
    left.data().line.lock().len()
}
