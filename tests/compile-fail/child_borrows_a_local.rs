// SPDX-License-Identifier: GPL-2.0
//
// E0515: the data of a new device borrows from the function that creates it. In C: a pointer to the
// stack.

struct ChildFile;

impl chardev::Child for ChildFile {
    type Parent = CovariantForLt!(Echo);
    type Argument = u32;

    fn device<'a>(_parent: &'a Echo, argument: u32) -> impl PinInit<&'a u32, Error> {
        Ok(&argument)
    }
}

#[vtable]
impl FileOperations for ChildFile {
    type Device = CovariantForLt!(&'_ u32);

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self)
    }
}
