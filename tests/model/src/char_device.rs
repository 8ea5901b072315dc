// SPDX-License-Identifier: GPL-2.0

//! A device with open files: the steps of fops/, in the order of the protocol.

use crate::command::Commands;
use crate::data::Data;
use crate::mapping::Mapping;
use crate::protocol::{self, Device, File, Leave, Number, Pass, Round, Verdict};
use crate::srcu::{Reader, Srcu};
use crate::task::{Sleeper, WaitQueue};
use loom::sync::{Mutex, MutexGuard};
use loom::thread::{self, JoinHandle};
use std::sync::Arc;

/// `fops::CharDevice`.
pub struct CharDevice {
    pub readers: Srcu,
    pub pass: Pass,
    pub data: Data,
    /// Removed by `wake`: fails the test if `wake` runs twice.
    waits: Data,
    files: Mutex<Vec<Arc<OpenFile>>>,
    sweeping: Mutex<()>,
    sweeps: Number,
}

/// `fops::OpenFile`.
pub struct OpenFile {
    pub pass: Pass,
    pub queue: WaitQueue,
    pub closing: WaitQueue,
    pub commands: Arc<Commands>,
    round: Number,
    swept: Number,
    /// Removed by `disconnect`: fails the test if `disconnect` runs twice.
    pub connection: Data,
    pub mapping: Mapping,
}

impl CharDevice {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            readers: Srcu::new(),
            pass: Pass::new(),
            data: Data::new(),
            waits: Data::new(),
            files: Mutex::new(Vec::new()),
            sweeping: Mutex::new(()),
            sweeps: Number::new(),
        })
    }

    /// A device with one open file.
    pub fn with_file() -> (Arc<Self>, Arc<OpenFile>) {
        let device = Self::new();
        let file = device.open().expect("nobody closes");
        (device, file)
    }

    pub fn enter(&self, file: &OpenFile) -> Option<Reader<'_>> {
        protocol::enter(&self.readers, &file.pass)
    }

    pub fn drain_others<'a>(&'a self, inside: Reader<'a>, pass: &Pass) -> Option<Reader<'a>> {
        protocol::drain_others(&self.readers, inside, pass, || ())
    }

    /// `Shim::open`.
    pub fn open(&self) -> Option<Arc<OpenFile>> {
        let _inside = protocol::enter(&self.readers, &self.pass)?;
        self.data.read();
        let file = Arc::new(OpenFile {
            pass: Pass::new(),
            queue: WaitQueue::new(),
            closing: WaitQueue::new(),
            commands: Arc::default(),
            round: Number::new(),
            swept: Number::new(),
            connection: Data::new(),
            mapping: Mapping::new(),
        });
        protocol::admit(self, &file, |files| files.push(file.clone()))?;
        // The driver's `connect`.
        self.data.read();
        file.connection.write();
        Some(file)
    }

    /// `Shim::release`.
    pub fn release(&self, file: Arc<OpenFile>) {
        let Some(_inside) = self.enter(&file) else {
            return;
        };
        self.disconnect(self.take_off(&file));
    }

    /// `Shim::fault`. Returns whether there is a page.
    pub fn fault(&self, file: &OpenFile) -> bool {
        let Some(inside) = self.enter(file) else {
            return false;
        };
        let find = |_: &mut Reader<'_>| {
            // The driver's `mmap`.
            self.data.read();
            file.connection.read();
            Some(())
        };
        protocol::populate(inside, find, |()| file.mapping.insert()).is_some()
    }

    /// An access to mapped memory that causes no fault, and so does not enter the gate.
    pub fn touch(&self, file: &OpenFile) {
        file.mapping.touch(|| {
            self.data.read();
            file.connection.read();
        });
    }

    fn take_off(&self, file: &Arc<OpenFile>) -> Arc<OpenFile> {
        let mut files = self.files.lock().unwrap();
        let place = files.iter().position(|other| Arc::ptr_eq(other, file));
        files.remove(place.expect("the closer takes no file before the drain"))
    }

    /// An operation that only calls `Scope::revoke`. Returns whether this call revoked the file.
    pub fn revoke(&self, file: &Arc<OpenFile>) -> bool {
        self.revoke_in_steps(file, || self.data.read())
    }

    /// `Scope::begin_revoke`, `act`, and `Revoking::finish`.
    pub fn revoke_in_steps(&self, file: &Arc<OpenFile>, act: impl FnOnce()) -> bool {
        let Some(inside) = self.enter(file) else {
            return false;
        };
        if !protocol::begin_revoke(&**file) {
            return false;
        }
        act();
        let inside = protocol::finish_revoke(&self.readers, inside, &**file, &self.pass);
        if inside.is_some() {
            file.connection.write();
            self.disconnect(self.take_off(file));
        }
        inside.is_some()
    }

    /// An operation that only calls `Scope::begin_revoke_others` and `RevokingOthers::finish`.
    /// Returns whether the caller's own file is still live.
    pub fn revoke_others(&self, file: &OpenFile) -> bool {
        let Some(inside) = self.enter(file) else {
            return false;
        };
        self.data.read();
        let round = protocol::begin_revoke_all(self, Some(file));
        self.data.read();
        let inside =
            protocol::finish_revoke_others(self, &self.readers, inside, &round, &file.pass);
        if inside.is_some() {
            self.data.read();
            file.connection.read();
        }
        inside.is_some()
    }

    /// `OpenFiles::begin_revoke_all`.
    pub fn begin_revoke_all(&self) -> Option<Round> {
        let _inside = protocol::enter(&self.readers, &self.pass)?;
        self.data.read();
        Some(protocol::begin_revoke_all(self, None))
    }

    /// `OpenFiles::revoke_all`. Returns whether the device is still there.
    pub fn revoke_all(&self) -> bool {
        let Some(round) = self.begin_revoke_all() else {
            return false;
        };
        let inside = protocol::finish_revoke_all(self, &self.readers, None, &round);
        inside.is_some()
    }

    /// `Registered::drop`.
    pub fn unplug(&self) {
        protocol::unplug(self);
        self.data.remove();
        assert!(self.files.lock().unwrap().is_empty());
    }
}

impl File for OpenFile {
    fn pass(&self) -> &Pass {
        &self.pass
    }

    fn wake(&self) {
        self.closing.wake_all();
    }

    fn end_commands(&self) {
        self.commands.end_all();
    }

    fn zap(&self) {
        self.mapping.zap();
    }

    fn round(&self) -> &Number {
        &self.round
    }

    fn swept(&self) -> &Number {
        &self.swept
    }
}

impl Device for CharDevice {
    const AT_ONCE: usize = 1;

    type File = OpenFile;
    type List = Vec<Arc<OpenFile>>;
    type Files<'a> = MutexGuard<'a, Vec<Arc<OpenFile>>>;

    fn pass(&self) -> &Pass {
        &self.pass
    }

    fn files(&self) -> Self::Files<'_> {
        self.files.lock().unwrap()
    }

    fn zap(files: &Self::List) {
        files.iter().for_each(|file| file.zap());
    }

    fn first(
        files: &mut Self::List,
        taken: &mut Self::List,
        f: impl FnOnce(&OpenFile) -> Verdict,
    ) -> bool {
        let Some(file) = files.first().cloned() else {
            return false;
        };
        let verdict = f(&file);
        let goes_on = !matches!(verdict, Verdict::Stays);
        if goes_on {
            files.remove(0);
        }
        match verdict {
            Verdict::Stays => {}
            Verdict::Last => files.push(file),
            Verdict::Taken => taken.push(file),
        }
        goes_on
    }

    fn sweeping(&self) -> impl Sized {
        self.sweeping.lock().unwrap()
    }

    fn sweeps(&self) -> &Number {
        &self.sweeps
    }

    fn wake(&self) {
        self.data.read();
        self.waits.remove();
    }

    fn drain(&self) {
        protocol::drain(&self.readers);
    }

    fn disconnect(&self, file: Arc<OpenFile>) {
        self.data.read();
        file.connection.remove();
    }

    fn disconnect_revoked(&self, file: Arc<OpenFile>) {
        self.disconnect(file);
    }
}

/// `Scope`.
pub struct Scope<'a> {
    device: &'a CharDevice,
    file: &'a OpenFile,
    _inside: Reader<'a>,
}

/// `Outside`.
pub struct Outside<'a>(&'a CharDevice, &'a OpenFile);

impl<'a> Scope<'a> {
    pub fn enter(device: &'a CharDevice, file: &'a OpenFile) -> Option<Self> {
        let _inside = device.enter(file)?;
        Some(Self {
            device,
            file,
            _inside,
        })
    }

    pub fn data(&self) -> &Data {
        &self.device.data
    }
}

impl<'a> Leave for Scope<'a> {
    type Outside = Outside<'a>;

    fn leave(self) -> Outside<'a> {
        Outside(self.device, self.file)
    }

    fn reenter(outside: Outside<'a>) -> Option<Self> {
        Self::enter(outside.0, outside.1)
    }
}

/// Runs `f` in another thread.
pub fn spawn<R: 'static>(
    device: &Arc<CharDevice>,
    file: &Arc<OpenFile>,
    f: impl FnOnce(&CharDevice, &Arc<OpenFile>) -> R + 'static,
) -> JoinHandle<R> {
    let (device, file) = (device.clone(), file.clone());
    thread::spawn(move || f(&device, &file))
}

/// Any operation of a file.
pub fn operate(device: &CharDevice, file: &Arc<OpenFile>) {
    if let Some(_inside) = device.enter(file) {
        device.data.read();
        file.connection.read();
    }
}

/// An operation that waits for an event that never happens, until its file is cut off.
pub fn until_the_end(device: &CharDevice, file: &OpenFile) {
    let Some(scope) = Scope::enter(device, file) else {
        return;
    };
    let queues = [&file.closing];
    let sleeper = Sleeper::new(&queues);
    let ended: Option<()> = protocol::wait(scope, &sleeper, |scope| {
        scope.data().read();
        Err(scope)
    });
    assert!(ended.is_none());
}
