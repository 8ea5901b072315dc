// SPDX-License-Identifier: GPL-2.0
//
// E0597: registered data borrows from the stack of probe(). In C: the private data is a local
// variable.

struct Borrowing<'a>(#[expect(dead_code)] &'a u32);

struct BorrowingFile;

#[vtable]
impl FileOperations for BorrowingFile {
    type Device = CovariantForLt!(Borrowing<'_>);

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self)
    }
}

fn misuse<'bound>(binding: &mut Binding<'bound>) -> Result {
    let local = 1;
    let data = binding.share(Ok(Borrowing(&local)))?;
    miscdevice_sync::register::<BorrowingFile>(
        binding,
        miscdevice_sync::Options::new(c"borrowing"),
        data,
    )
}
