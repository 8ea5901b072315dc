// SPDX-License-Identifier: GPL-2.0
//
// E0521 or lifetime may not live long enough: an open file of a child keeps a reference that the
// child borrows, and is closed after the device is gone. In C: a file's private data points to the
// device's.

struct ChildFile(#[expect(dead_code)] &'static Echo);

impl chardev::Child for ChildFile {
    type Parent = CovariantForLt!(Echo);
    type Argument = ();

    fn device<'a>(parent: &'a Echo, _argument: ()) -> impl PinInit<&'a Echo, Error> {
        Ok(parent)
    }
}

#[vtable]
impl FileOperations for ChildFile {
    type Device = CovariantForLt!(&'_ Echo);

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self(scope.data()))
    }
}
