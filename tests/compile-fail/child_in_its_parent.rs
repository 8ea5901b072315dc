// SPDX-License-Identifier: GPL-2.0
//
// E0277: a device could store a reference to data of its child, which ends first: the device's data
// has a lock around a reference. In C: a list of children from which some are not removed.

struct Hub<'a> {
    _slot: KBox<Mutex<Option<&'a u32>>>,
}

struct ChildFile;

impl chardev::Child for ChildFile {
    type Parent = ForLt!(Hub<'_>);
    type Argument = ();

    fn device<'a>(_parent: &'a Hub<'a>, _argument: ()) -> impl PinInit<(), Error> {
        Ok(())
    }
}

#[vtable]
impl FileOperations for ChildFile {
    type Device = CovariantForLt!(());

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self)
    }
}
