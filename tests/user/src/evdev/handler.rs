// SPDX-License-Identifier: GPL-2.0

//! The two modules that create the `eventN` of an input device, and the nodes of each.

use crate::{
    effort,
    module::{is_loaded, Loaded},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

const LIST: &str = "/proc/bus/input/devices";

/// The handler of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handler {
    /// The kernel's evdev.
    C,
    /// Ours.
    Devscope,
}

impl Handler {
    /// Both of them.
    pub const BOTH: [Self; 2] = [Self::C, Self::Devscope];

    /// The handlers for tests that do the same with each: both, or one of them if the other is
    /// tested on another kernel (tools/vm/guest/tests.conf).
    ///
    /// # Panics
    ///
    /// If the setting is invalid.
    pub fn compared() -> &'static [Self] {
        match effort::said("handlers").as_deref() {
            None => &Self::BOTH,
            Some("c") => &[Self::C],
            Some("ours") => &[Self::Devscope],
            Some(other) => panic!("devscope.handlers={other}"),
        }
    }

    /// Its module.
    pub fn module(self) -> &'static str {
        match self {
            Self::C => "evdev",
            Self::Devscope => "evdev_rust",
        }
    }

    /// The reference count of its module.
    ///
    /// # Panics
    ///
    /// If it is not loaded.
    pub fn users(self) -> usize {
        let file = format!("/sys/module/{}/refcnt", self.module());
        let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
        text.trim().parse().expect("a count")
    }
}

/// The only handlers that are loaded, while this lives.
#[derive(Debug)]
pub struct Handlers {
    order: Vec<Handler>,
    // In the same order.
    modules: Vec<Loaded>,
}

impl Handlers {
    /// Loads one.
    ///
    /// # Panics
    ///
    /// If that fails, or if one is loaded already.
    pub fn only(handler: Handler) -> Self {
        Self::load(&[handler])
    }

    /// Loads some, in this order.
    ///
    /// # Panics
    ///
    /// If that fails, or if one is loaded already.
    pub fn load(order: &[Handler]) -> Self {
        for handler in Handler::BOTH {
            let module = handler.module();
            assert!(!is_loaded(module), "{module} is loaded already");
        }
        let mut handlers = Self {
            order: Vec::new(),
            modules: Vec::new(),
        };
        order.iter().for_each(|&handler| handlers.add(handler));
        handlers
    }

    /// Loads another one. Existing devices get one more node.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn add(&mut self, handler: Handler) {
        assert!(!self.order.contains(&handler), "{handler:?} is loaded");
        self.modules.push(Loaded::new(&[handler.module()]));
        self.order.push(handler);
    }

    /// Unloads one, when it is no longer in use.
    pub fn remove(&mut self, handler: Handler) {
        if let Some(at) = self.order.iter().position(|&it| it == handler) {
            self.order.remove(at);
            drop(self.modules.remove(at));
        }
    }

    /// Those that are loaded, in the order in which they were.
    pub fn order(&self) -> &[Handler] {
        &self.order
    }

    /// The name of the node, "eventN", that a handler has created for the input device "inputN".
    pub fn node_name(&self, handler: Handler, input: &str) -> Option<String> {
        let at = self.order.iter().position(|&it| it == handler)?;
        event_handles(input).into_iter().nth(at)
    }

    /// The path of that node.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn node(&self, handler: Handler, input: &str) -> PathBuf {
        let name = self.node_name(handler, input);
        let name = name.unwrap_or_else(|| panic!("{input} has no node of {handler:?}"));
        Path::new("/dev/input").join(name)
    }
}

impl Drop for Handlers {
    fn drop(&mut self) {
        while let Some(&handler) = self.order.last() {
            self.remove(handler);
        }
    }
}

/// The names of the nodes, "eventN", of the input device "inputN", in the order in which their
/// handlers were loaded.
pub fn event_handles(input: &str) -> Vec<String> {
    let list = fs::read_to_string(LIST).unwrap_or_else(|e| panic!("{LIST}: {e}"));
    of_device(&list, input)
}

/// The event nodes in the paragraph of `list` for `input`.
fn of_device(list: &str, input: &str) -> Vec<String> {
    let is_it = |paragraph: &&str| {
        paragraph
            .lines()
            .filter_map(|line| line.strip_prefix("S: Sysfs="))
            .any(|path| path.rsplit('/').next() == Some(input))
    };
    let Some(paragraph) = list.split("\n\n").find(is_it) else {
        return Vec::new();
    };
    paragraph
        .lines()
        .filter_map(|line| line.strip_prefix("H: Handlers="))
        .flat_map(str::split_whitespace)
        .filter(|name| name.starts_with("event"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::of_device;

    #[test]
    fn nodes_in_a_list() {
        let list = "I: Bus=0003\nN: Name=\"a\"\nS: Sysfs=/devices/virtual/input/input1\n\
            H: Handlers=kbd event0 event7 \nB: EV=3\n\n\
            I: Bus=0003\nN: Name=\"b\"\nS: Sysfs=/devices/virtual/input/input12\n\
            H: Handlers=event3 \nB: EV=3\n\n";
        assert_eq!(of_device(list, "input1"), ["event0", "event7"]);
        assert_eq!(of_device(list, "input12"), ["event3"]);
        assert!(of_device(list, "input2").is_empty());
    }
}
