// SPDX-License-Identifier: GPL-2.0
//
// E0521: a reference to a file's data is kept after the call. In C: a pointer to the file's data,
// which the last close() frees.

fn misuse(left: &Left<'_, EchoFile>) {
    static KEPT: kernel::sync::SetOnce<&'static EchoFile> = kernel::sync::SetOnce::new();
    KEPT.populate(left.file());
}
