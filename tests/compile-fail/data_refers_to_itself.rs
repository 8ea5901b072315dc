// SPDX-License-Identifier: GPL-2.0
//
// lifetime may not live long enough: data with a lock in it keeps a reference to itself, which its
// drop could use. In C: a list entry is freed while it is on the list.

#[pin_data]
struct Knot<'a> {
    value: u32,
    #[pin]
    slot: Mutex<Option<&'a u32>>,
}

struct KnotFile;

#[vtable]
impl FileOperations for KnotFile {
    type Device = ForLt!(Knot<'_>);

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self)
    }
}

fn misuse(scope: &Scope<'_, KnotFile>) {
    scope.with_data(|knot| *knot.slot.lock() = Some(&knot.value));
}
