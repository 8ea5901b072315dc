// SPDX-License-Identifier: GPL-2.0
//
// E0277: a driver keeps a file that it has created for the caller, whose number is reserved in the
// caller's descriptor table. In C: fd_install() in another task.

struct Keeping {
    #[expect(dead_code)]
    file: chardev::NewFile,
}

fn misuse(binding: &mut Binding<'_>, file: chardev::NewFile) -> Result {
    binding.keep(Ok(Keeping { file }))
}
