// SPDX-License-Identifier: GPL-2.0
//
// E0521 or lifetime may not live long enough: an open file of a child's node keeps its parent's
// data, which it outlives. In C: a file's private data points to the parent driver's.

struct Child<'bound> {
    parent: &'bound Echo,
}

struct ChildFile(#[expect(dead_code)] &'static Echo);

#[vtable]
impl FileOperations for ChildFile {
    type Device = CovariantForLt!(Child<'_>);

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self(scope.data().parent))
    }
}
