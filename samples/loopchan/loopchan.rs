// SPDX-License-Identifier: GPL-2.0

//! `/dev/loopchan`: creates pairs of character devices by one call.
//!
//! The interface is in `include/uapi/devscope/loopchan.h`.
//! `Documentation/device-and-descriptor.rst` explains this driver.

mod channel;
mod end;

use channel::{Channel, Side};
use chardev::{ChildOptions, Children};
use devscope::prelude::*;
use end::EndFile;
use kernel::{
    device::Core,
    fs::file::flags::{O_NONBLOCK, O_RDWR},
    ioctl::{_IO, _IOWR},
    prelude::*,
    sync::atomic::{Atomic, Relaxed}, //
};
use miscdevice_sync::Options;

/// The shared data of the binding.
struct Loopchan {
    anonymous: Children<EndFile>,
    named: Children<EndFile>,
    /// The number of ends.
    ends: Atomic<u32>,
}

/// `struct loopchan_pair`.
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
#[repr(C)]
struct Pair {
    flags: u32,
    fds: [i32; 2],
}

const LOOPCHAN_IOC_PAIR: u32 = _IOWR::<Pair>(0xEE, 0x00);
const LOOPCHAN_IOC_COUNT: u32 = _IO(0xEE, 0x01);

const LOOPCHAN_NODES: u32 = 0x1;
const LOOPCHAN_NONBLOCK: u32 = 0x2;
const LOOPCHAN_MOST: u32 = 4096;

/// An open control node.
struct ControlFile;

impl ControlFile {
    /// Creates both ends or none. Installs the descriptors last: nothing can fail after the first.
    fn pair(scope: Scope<'_, Self>, user: UserPtr) -> Result {
        let (scope, mut pair) = scope.read_user::<Pair>(user)?;
        if pair.flags & !(LOOPCHAN_NODES | LOOPCHAN_NONBLOCK) != 0 {
            return Err(EINVAL);
        }
        let channel = Channel::new()?;
        let [left, right] = Side::BOTH;
        let (scope, left) = Self::end(scope, pair.flags, (channel.clone(), left))?;
        let (scope, right) = Self::end(scope, pair.flags, (channel, right))?;

        pair.fds = [left.fd(), right.fd()].map(|fd| fd as i32);
        scope.write_user(user, &pair)?;
        left.install();
        right.install();
        Ok(())
    }

    fn end<'a>(
        scope: Scope<'a, Self>,
        flags: u32,
        argument: <EndFile as chardev::Child>::Argument,
    ) -> Result<(Scope<'a, Self>, chardev::NewFile)> {
        let mut access = O_RDWR;
        if flags & LOOPCHAN_NONBLOCK != 0 {
            access |= O_NONBLOCK;
        }
        let made = match flags & LOOPCHAN_NODES {
            0 => scope.create(|loopchan| &loopchan.anonymous, access, argument),
            _ => scope.create(|loopchan| &loopchan.named, access, argument),
        };
        Ok(made?)
    }
}

#[vtable]
impl FileOperations for ControlFile {
    type Device = CovariantForLt!(Loopchan);

    fn open(_scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        Ok(Self)
    }

    fn ioctl(scope: Scope<'_, Self>, cmd: u32, arg: usize) -> Result<isize> {
        match cmd {
            LOOPCHAN_IOC_PAIR => Self::pair(scope, UserPtr::from_addr(arg)).map(|()| 0),
            LOOPCHAN_IOC_COUNT => Ok(scope.data().ends.load(Relaxed) as isize),
            _ => Err(ENOTTY),
        }
    }
}

struct LoopchanDriver;

impl platform::Driver for LoopchanDriver {
    type IdInfo = ();

    fn probe<'bound>(
        _pdev: &'bound platform::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> Result {
        let loopchan = binding.share::<CovariantForLt!(Loopchan)>(try_init!(Loopchan {
            anonymous: Children::new()?,
            named: Children::new()?,
            ends: Atomic::new(0),
        }))?;
        let nodes = ChildOptions::nodes(c"loopchan", LOOPCHAN_MOST);
        let nowhere = ChildOptions::anonymous();
        chardev::register_children::<EndFile>(binding, nowhere, loopchan, |l| &l.anonymous)?;
        chardev::register_children::<EndFile>(binding, nodes, loopchan, |l| &l.named)?;
        miscdevice_sync::register::<ControlFile>(binding, Options::new(c"loopchan"), loopchan)
    }
}

devscope::module_platform_bundle! {
    type: LoopchanDriver,
    name: "loopchan",
    authors: ["The Devscope developers"],
    description: "Pairs of character devices, made by one call",
    license: "GPL v2",
}
