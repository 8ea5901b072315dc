// SPDX-License-Identifier: GPL-2.0
//
// E0478: the data of an open file borrows from the binding, which it outlives. In C: a file's
// private data points to the device's.

struct LongFile<'bound>(#[expect(dead_code)] &'bound Device<Bound>);

#[vtable]
impl<'bound> FileOperations for LongFile<'bound> {
    type Device = CovariantForLt!(Echo);

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Err(ENODEV)
    }
}
