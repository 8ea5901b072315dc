// SPDX-License-Identifier: GPL-2.0

//! Commands: the steps of fops/uring/, and the io_uring request of each.

use crate::char_device::{CharDevice, OpenFile};
use crate::data::Data;
use crate::protocol::{Claim, End};
use loom::sync::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;

/// `fops::uring::Command`.
pub struct Command {
    claim: Claim,
    /// Removed when the command is completed.
    pub request: Data,
    commands: Arc<Commands>,
}

/// `fops::uring::Commands`.
#[derive(Default)]
pub struct Commands(Mutex<VecDeque<Arc<Command>>>);

impl Commands {
    pub fn end_all(&self) {
        loop {
            let command = self.0.lock().unwrap().pop_front();
            match command {
                Some(command) => command.end(crate::test_command::GONE),
                None => break,
            };
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.lock().unwrap().is_empty()
    }
}

impl Command {
    pub fn new(commands: &Arc<Commands>) -> Arc<Self> {
        let command = Arc::new(Self {
            claim: Claim::new(),
            request: Data::new(),
            commands: commands.clone(),
        });
        commands.0.lock().unwrap().push_back(command.clone());
        command
    }

    /// Returns whether this call ended the command.
    pub fn end(&self, result: i32) -> bool {
        let end = self.claim.end(result);
        if end == End::Late {
            return false;
        }
        let mut commands = self.commands.0.lock().unwrap();
        commands.retain(|other| !std::ptr::eq(&**other, self));
        drop(commands);
        if end == End::Complete {
            self.request.remove();
        }
        true
    }

    /// The end of the issue.
    pub fn hand_over(&self) {
        // The request is made cancelable, and gets a pointer to its command.
        self.request.write();
        if !self.claim.settle() {
            self.request.remove();
        }
    }

    pub fn result(&self) -> Option<i32> {
        self.claim.result()
    }
}

impl CharDevice {
    /// `Shim::uring_cmd`, with a command that the driver keeps.
    pub fn issue(&self, file: &OpenFile) -> Option<Arc<Command>> {
        let inside = self.enter(file)?;
        self.data.read();
        let command = Command::new(&file.commands);
        drop(inside);
        command.hand_over();
        Some(command)
    }
}
