// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the test macro's output.

//! A character device, its list of open files, and files that are revoked.

use super::{opened::Opened, Log};
use crate::{
    binding::Binding,
    chardev::{self, Dynamic, Options},
    fops::{Fasync, FileOperations, OpenFiles, OpenScope, Scope},
    user::UserDest, //
};
use core::ops::ControlFlow;
use kernel::{
    bindings,
    fs::File,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
    types::CovariantForLt, //
};

/// The data of the device, and the log, which outlives it.
struct Data {
    log: Arc<Log>,
    files: OpenFiles<Client>,
    opened: Atomic<u32>,
}

#[pin_data]
struct Client {
    number: u32,
    #[pin]
    signal: Fasync,
}

const REVOKE: u32 = 1;
const PUT_FIRST: u32 = 2;
/// Returns the numbers of all files, in their order: as digits.
const LIST: u32 = 3;
/// The same of the first file only.
const FIRST: u32 = 4;

impl Data {
    fn list(&self, then: ControlFlow<()>) -> isize {
        let mut digits = 0;
        self.files.visit(|client| {
            digits = digits * 10 + client.number as isize;
            then
        });
        digits
    }
}

#[vtable]
impl FileOperations for Client {
    type Device = CovariantForLt!(Data);

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        let number = scope.data().opened.fetch_add(1, Relaxed) + 1;
        try_pin_init!(Self { number, signal <- Fasync::new() })
    }

    fn connect(scope: &Scope<'_, Self>) -> Result {
        scope.data().log.add("connect");
        // Every fourth one fails, after it was visible to others.
        match scope.file().number % 4 {
            0 => Err(EXDEV),
            _ => Ok(()),
        }
    }

    fn read_iter(_scope: Scope<'_, Self>, _user: &mut UserDest<'_>) -> Result<usize> {
        Ok(0)
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, _arg: usize) -> Result<isize> {
        match cmd {
            REVOKE => return scope.revoke().map(|()| 0),
            PUT_FIRST => scope.data().files.put_first(&scope),
            LIST => return Ok(scope.data().list(ControlFlow::Continue(()))),
            FIRST => return Ok(scope.data().list(ControlFlow::Break(()))),
            _ => return Err(ENOTTY),
        }
        Ok(0)
    }

    fn fasync(&self) -> &Fasync {
        &self.signal
    }

    fn open_files<'d>(data: &'d Data) -> &'d OpenFiles<Self> {
        &data.files
    }

    fn disconnect(scope: &Scope<'_, Self>) {
        scope.data().log.add("disconnect");
    }
}

fn registered() -> Result<(Arc<Log>, Binding<'static>)> {
    let (log, mut binding) = Log::bound()?;
    let data = binding.share(Ok(Data {
        log: log.clone(),
        files: OpenFiles::new(),
        opened: Atomic::new(0),
    }))?;
    chardev::register::<Client, _>(&mut binding, Options::new(NAME), Dynamic::new(NAME)?, data)?;
    // An `OpenFiles` is the list of one registration.
    let again = chardev::register::<Client, _>(
        &mut binding,
        Options::new(c"devscope-kunit-second"),
        Dynamic::new(NAME)?,
        data,
    );
    assert_eq!(again, Err(EBUSY));
    Ok((log, binding))
}

const NAME: &CStr = c"devscope-kunit-char";
const GONE: isize = -(bindings::ENODEV as isize);

#[kunit_tests(devscope_chardev)]
mod tests {
    use super::*;

    #[test]
    fn node_lives_with_the_binding() -> Result {
        let (log, binding) = registered()?;
        let file = Opened::new(NAME)?;
        assert_eq!(file.read(), 0);
        drop(binding);
        assert_eq!(file.read(), GONE);
        assert!(Opened::new(NAME).is_err());
        assert!(log.is(&["connect", "disconnect"]));
        Ok(())
    }

    #[test]
    fn driver_sees_its_open_files() -> Result {
        let (log, binding) = registered()?;
        let [first, second, third] = [Opened::new(NAME)?, Opened::new(NAME)?, Opened::new(NAME)?];
        assert_eq!(first.ioctl(LIST), 123);
        third.ioctl(PUT_FIRST);
        assert_eq!((first.ioctl(LIST), first.ioctl(FIRST)), (312, 3));
        drop(third);
        assert_eq!(first.ioctl(LIST), 12);
        // A file whose connect fails is not disconnected.
        assert!(Opened::new(NAME).is_err());
        assert_eq!(second.ioctl(LIST), 12);
        assert!(log.is(&["connect", "connect", "connect", "disconnect", "connect"]));
        drop(binding);
        Ok(())
    }

    #[test]
    fn file_revokes_itself() -> Result {
        let (log, binding) = registered()?;
        let (revoked, other) = (Opened::new(NAME)?, Opened::new(NAME)?);
        assert_eq!(revoked.ioctl(REVOKE), 0);
        assert!(log.is(&["connect", "connect", "disconnect"]));
        assert_eq!((revoked.ioctl(REVOKE), revoked.read()), (GONE, GONE));
        assert_eq!((other.ioctl(LIST), other.read()), (2, 0));
        // It is disconnected before its last close, and before unbind.
        let third = Opened::new(NAME)?;
        assert_eq!(third.ioctl(REVOKE), 0);
        drop(revoked);
        drop(binding);
        drop(third);
        assert!(log.is(&[
            "connect",
            "connect",
            "disconnect",
            "connect",
            "disconnect",
            "disconnect"
        ]));
        Ok(())
    }

    #[test]
    fn signals_end_with_the_device_or_the_file() -> Result {
        let (_log, binding) = registered()?;
        let (file, revoked, closed) = (Opened::new(NAME)?, Opened::new(NAME)?, Opened::new(NAME)?);
        for file in [&file, &revoked, &closed] {
            assert_eq!(file.turn_async_on(), 0);
            assert!(file.is_async());
        }
        drop(closed);
        assert_eq!(revoked.ioctl(REVOKE), 0);
        assert!(!revoked.is_async() && file.is_async());
        drop(binding);
        assert!(!file.is_async());
        assert_eq!(file.turn_async_on() as isize, GONE);
        assert!(!file.is_async());
        Ok(())
    }
}
