// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the test macro's output.

//! A misc device from its registration to the last close, used through its node.

use super::{a_while, opened::Opened, spawn, Log};
use crate::{
    binding::Binding,
    callback::{action, Handler},
    fops::{FileOperations, OpenScope, Scope},
    miscdevice_sync::{self, Options},
    new_wait_queue,
    scope::ProcessScope,
    user::UserDest,
    wait::WaitQueue, //
};
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

/// The data of the device.
struct Data {
    log: Arc<Log>,
    /// The number of bytes that can be read.
    ready: Atomic<u32>,
}

impl Data {
    fn new(log: &Arc<Log>, ready: u32) -> Self {
        Self {
            log: log.clone(),
            ready: Atomic::new(ready),
        }
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        self.log.add("data dropped");
    }
}

/// The data of an open file.
#[pin_data]
struct Client {
    #[pin]
    queue: WaitQueue,
}

#[vtable]
impl FileOperations for Client {
    type Device = CovariantForLt!(Data);

    fn open(scope: &OpenScope<'_, Self>, _file: &File) -> impl PinInit<Self, Error> {
        scope.data().log.add("open");
        try_pin_init!(Self { queue <- new_wait_queue!("kunit client") })
    }

    fn read_iter(scope: Scope<'_, Self>, user: &mut UserDest<'_>) -> Result<usize> {
        let scope = scope.wait_interruptible(|c| &c.queue, |s| s.data().ready.load(Relaxed) > 0)?;
        let bytes = [7; 4];
        let ready = scope.data().ready.load(Relaxed) as usize;
        let _scope = scope.copy_out(user, &bytes[..ready])?;
        Ok(user.copied())
    }

    fn wake(device: &Data) {
        device.log.add("wake");
    }

    fn disconnect(scope: &Scope<'_, Self>) {
        scope.data().log.add("disconnect");
    }
}

fn register(binding: &mut Binding<'_>, options: Options<'_>, log: &Arc<Log>, ready: u32) -> Result {
    let data = binding.share(Ok(Data::new(log, ready)))?;
    miscdevice_sync::register::<Client>(binding, options, data)
}

/// At unbind, opens the node that was registered last, and logs the result.
struct Look;

impl Handler for Look {
    type Device = CovariantForLt!(Data);

    fn run(scope: &mut ProcessScope<'_, Self::Device>) {
        let refused = Opened::new(LAST).err() == Some(ENODEV);
        let log = &scope.data().log;
        log.add(if refused { "refused" } else { "not refused" });
    }
}

/// Does the same when it is dropped.
struct Kept(Arc<Log>);

impl Drop for Kept {
    fn drop(&mut self) {
        let gone = Opened::new(LAST).err() == Some(ENOENT);
        self.0.add(if gone { "no node" } else { "a node" });
    }
}

const LAST: &CStr = c"devscope-kunit-last";
const NAME: &CStr = c"devscope-kunit";
const ENODEV_RESULT: isize = -(bindings::ENODEV as isize);

#[kunit_tests(devscope_registration)]
mod tests {
    use super::*;

    #[test]
    fn node_lives_with_the_binding() -> Result {
        let (log, mut binding) = Log::bound()?;
        register(&mut binding, Options::new(NAME), &log, 3)?;
        let file = Opened::new(NAME)?;
        assert_eq!(file.read(), 3);
        drop(binding);
        assert_eq!(file.read(), ENODEV_RESULT);
        assert!(Opened::new(NAME).is_err());
        Ok(())
    }

    #[test]
    fn teardown_is_in_order() -> Result {
        let (log, mut binding) = Log::bound()?;
        register(&mut binding, Options::new(NAME), &log, 1)?;
        let first = Opened::new(NAME)?;
        let second = Opened::new(NAME)?;
        drop(first);
        assert!(log.is(&["open", "open", "disconnect"]));
        drop(binding);
        let all = [
            "open",
            "open",
            "disconnect",
            "wake",
            "disconnect",
            "data dropped",
        ];
        assert!(log.is(&all));
        drop(second);
        assert!(log.is(&all));
        Ok(())
    }

    #[test]
    fn nodes_go_when_all_files_are_cut_off() -> Result {
        let (log, mut binding) = Log::bound()?;
        let early = binding.share(Ok(Data::new(&log, 1)))?;
        miscdevice_sync::register::<Client>(&mut binding, Options::new(NAME), early)?;
        binding.keep(Ok(Kept(log.clone())))?;
        action::register::<Look>(&mut binding, early)?;
        register(&mut binding, Options::new(LAST), &log, 1)?;
        let files = [Opened::new(NAME)?, Opened::new(LAST)?];
        drop(binding);
        assert!(files.iter().all(|file| file.read() == ENODEV_RESULT));
        assert!(log.is(&[
            "open",
            "open",
            // The last node's files.
            "wake",
            "disconnect",
            // The first node's files, before a node is removed with the data of the last one.
            "wake",
            "disconnect",
            "data dropped",
            "not refused",
            "no node",
            "data dropped",
        ]));
        Ok(())
    }

    #[test]
    fn node_is_there_until_callbacks_have_ended() -> Result {
        let (log, mut binding) = Log::bound()?;
        let data = binding.share(Ok(Data::new(&log, 1)))?;
        binding.keep(Ok(Kept(log.clone())))?;
        action::register::<Look>(&mut binding, data)?;
        miscdevice_sync::register::<Client>(&mut binding, Options::new(LAST), data)?;
        drop(binding);
        assert!(log.is(&["wake", "refused", "no node", "data dropped"]));
        Ok(())
    }

    #[test]
    fn sleeping_reader_is_woken() -> Result {
        let (log, mut binding) = Log::bound()?;
        register(&mut binding, Options::new(NAME), &log, 0)?;
        let file = Opened::new(NAME)?;
        let result = Arc::new(Atomic::<isize>::new(1), GFP_KERNEL)?;
        let reported = result.clone();
        let done = spawn(move || reported.store(file.read(), Relaxed))?;
        a_while();
        assert_eq!(result.load(Relaxed), 1);
        drop(binding);
        done.wait_for_completion();
        assert_eq!(result.load(Relaxed), ENODEV_RESULT);
        Ok(())
    }

    #[test]
    fn what_came_before_a_failure_is_undone() -> Result {
        let (log, mut binding) = Log::bound()?;
        let options = Options::new(NAME).minor(250);
        register(&mut binding, options, &log, 1)?;
        // The minor is in use: an error, without side effects.
        let again = Options::new(c"devscope-kunit-2").minor(250);
        assert_eq!(register(&mut binding, again, &log, 1), Err(EBUSY));
        assert!(log.is(&["wake"]));
        // A device without a name.
        assert_eq!(
            register(&mut binding, Options::new(c""), &log, 1),
            Err(EINVAL)
        );
        // The initialiser of the data fails.
        let data = binding.share::<CovariantForLt!(Data)>(Err(EIO));
        assert_eq!(data.err(), Some(EIO));
        assert!(Opened::new(NAME).is_ok());
        drop(binding);
        assert!(Opened::new(NAME).is_err());
        let after = [
            "wake",
            "open",
            "disconnect",
            // The files are cut off before any data is dropped.
            "wake",
            "data dropped",
            "data dropped",
            "data dropped",
        ];
        assert!(log.is(&after));
        Ok(())
    }

    #[test]
    fn attachments_end_in_reverse_order() -> Result {
        struct Noisy(Arc<Log>, &'static str);
        impl Drop for Noisy {
            fn drop(&mut self) {
                self.0.add(self.1);
            }
        }
        let (log, mut binding) = Log::bound()?;
        for name in ["first", "second", "third"] {
            binding.keep(Ok(Noisy(log.clone(), name)))?;
        }
        drop(binding);
        assert!(log.is(&["third", "second", "first"]));
        Ok(())
    }
}
