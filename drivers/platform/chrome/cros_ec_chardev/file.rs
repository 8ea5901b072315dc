// SPDX-License-Identifier: GPL-2.0

//! The file operations.

use crate::{client::Client, Chardev};
use devscope::prelude::*;
use devscope_cros_ec::{bindings, memory, Command, Header};
use kernel::{
    ioctl::{_IO, _IOWR},
    prelude::*,
    sync::Arc, //
};
use zerocopy::FromZeros;
use zerocopy_derive::{FromBytes, IntoBytes};

const TRANSFER: u32 = _IOWR::<Header>(bindings::CROS_EC_DEV_IOC, 0);
const READ_MEMORY: u32 = _IOWR::<ReadMemory>(bindings::CROS_EC_DEV_IOC, 1);
const EVENT_MASK: u32 = _IO(bindings::CROS_EC_DEV_IOC, 2);

/// The version of the interface, with a terminating zero.
const INTERFACE: &[u8] = bindings::CROS_EC_DEV_VERSION;

/// The maximum length of its text and that of both images.
const VERSION_TEXT: usize = INTERFACE.len() + size_of::<Version>();

/// `struct cros_ec_readmem`.
#[repr(C)]
#[derive(FromBytes, IntoBytes, Immutable)]
struct ReadMemory {
    offset: u32,
    bytes: u32,
    buffer: [u8; memory::SIZE],
    _padding: u8,
}

/// An open file.
pub(crate) struct EcFile {
    client: Arc<Client>,
    turns: Arc<Turns>,
}

#[vtable]
impl FileOperations for EcFile {
    type Device = CovariantForLt!(Chardev<'_>);

    const KEEPS_POSITION: bool = true;

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        let turns = scope.data().turns.clone();
        try_init!(Self {
            turns,
            client: Arc::pin_init(Client::new(), GFP_KERNEL)?,
        }? Error)
    }

    fn connect(scope: &Scope<'_, Self>) -> Result {
        let client = scope.file().client.clone();
        scope.data().clients.lock().push(client, GFP_KERNEL)?;
        Ok(())
    }

    fn read(scope: Scope<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        if scope.file().client.mask() != 0 {
            Self::read_event(scope, user)
        } else if user.position() == 0 {
            Self::read_version(scope, user)
        } else {
            Ok(0)
        }
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        match cmd {
            TRANSFER => Self::transfer(scope, UserPtr::from_addr(arg)),
            READ_MEMORY => Self::read_memory(scope, UserPtr::from_addr(arg)),
            EVENT_MASK => {
                scope.file().client.set_mask(arg);
                Ok(0)
            }
            _ => Err(ENOTTY),
        }
    }

    fn poll(scope: &Scope<'_, Self>, table: &mut PollTable<'_, Self>) -> Events {
        table.wait(|f| &f.client.queue);
        Events::IN.when(scope.file().client.has_events())
    }

    fn wake(chardev: &Chardev<'_>) {
        chardev.turns.close();
    }

    fn disconnect(scope: &Scope<'_, Self>) {
        let gone = &scope.file().client;
        scope
            .data()
            .clients
            .lock()
            .retain(|client| !Arc::ptr_eq(client, gone));
    }
}

impl EcFile {
    /// Reads one event, or as much of it as fits.
    fn read_event(scope: Scope<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        if user.is_empty() {
            // Only checks for errors.
            let nothing = scope.is_nonblocking() && !scope.file().client.has_events();
            return if nothing { Err(EAGAIN) } else { Ok(0) };
        }
        let mut event = None;
        let scope = scope.wait_interruptible(
            |f| &f.client.queue,
            |s| {
                event = s.file().client.take();
                event.is_some()
            },
        )?;
        let event = event.ok_or(EIO)?;
        Self::give(scope, user, event.as_bytes())
    }

    /// Reads the versions of this interface and of both images of the controller, and which image
    /// runs.
    fn read_version(scope: Scope<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        let mut command = Command::new(Header {
            command: bindings::EC_CMD_GET_VERSION,
            insize: size_of::<Version>() as u32,
            ..Header::default()
        })?;
        let (scope, done) = scope.in_turn(|f| &f.turns, |s| s.data().ec.request(&mut command))?;
        done?;
        let mut text = [0; VERSION_TEXT];
        let len = command.response::<Version>()?.to_text(&mut text);
        Self::give(scope, user, &text[..len])
    }

    /// Copies as much of `bytes` as fits into the caller's buffer.
    fn give(scope: Scope<'_, Self>, user: &mut UserDest<'_>, bytes: &[u8]) -> Result<usize> {
        scope.copy_out(user, bytes)?;
        let count = user.copied();
        user.set_position(count as i64);
        Ok(count)
    }

    /// `CROS_EC_DEV_IOCXCMD`
    fn transfer(scope: Scope<'_, Self>, arg: UserPtr) -> Result<isize> {
        let (scope, header) = scope.read_user::<Header>(arg)?;
        let mut command = Command::new(header)?;
        let data = arg.wrapping_byte_add(size_of::<Header>());
        let scope = scope.read_user_slice(data, command.outgoing())?;
        let (scope, received) =
            scope.in_turn(|f| &f.turns, |s| s.data().ec.transfer(&mut command))?;
        let received = received?;
        scope.write_user_slice(arg, command.as_bytes())?;
        Ok(received as isize)
    }

    /// `CROS_EC_DEV_IOCRDMEM`
    fn read_memory(scope: Scope<'_, Self>, arg: UserPtr) -> Result<isize> {
        if scope.data().ec.memory().is_none() {
            return Err(ENOTTY);
        }
        let mut request = ReadMemory::new_zeroed();
        let scope = scope.read_user_slice(arg, request.as_mut_bytes())?;
        let memory = scope.data().ec.memory().ok_or(ENOTTY)?;
        let count = memory.read(request.offset, request.bytes, &mut request.buffer)?;
        if count > 0 {
            scope.write_user(arg, &request)?;
        }
        Ok(count as isize)
    }
}

/// `struct ec_response_get_version`.
#[repr(C)]
#[derive(FromBytes)]
struct Version {
    read_only: [u8; 32],
    read_write: [u8; 32],
    _reserved: [u8; 32],
    image: u32,
}

impl Version {
    /// Writes the versions to `text`, one in each line. Returns the length.
    fn to_text(&self, text: &mut [u8; VERSION_TEXT]) -> usize {
        const IMAGES: [&[u8]; 4] = [b"unknown", b"read-only", b"read-write", b"invalid"];
        // CAST: Widens.
        let image = IMAGES.get(self.image as usize).unwrap_or(&IMAGES[3]);
        let mut len = 0;
        for line in [INTERFACE, &self.read_only, &self.read_write, image] {
            let line = line.split(|byte| *byte == 0).next().unwrap_or(line);
            text[len..][..line.len()].copy_from_slice(line);
            len += line.len();
            text[len] = b'\n';
            len += 1;
        }
        len
    }
}
