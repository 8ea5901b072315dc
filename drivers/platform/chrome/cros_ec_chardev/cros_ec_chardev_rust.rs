// SPDX-License-Identifier: GPL-2.0

//! The character device of a ChromeOS embedded controller: `/dev/cros_ec`, `/dev/cros_pd`, ...
//!
//! Its user space interface is that of the C driver, `drivers/platform/chrome/cros_ec_chardev.c`,
//! but unbind neither waits for readers nor leaves pollers asleep.
//!
//! Interface: `include/linux/platform_data/cros_ec_chardev.h`

mod client;
mod file;

use client::Client;
use devscope::prelude::*;
use devscope_cros_ec::{Ec, Notification};
use file::EcFile;
use kernel::{
    new_mutex,
    prelude::*,
    sync::{Arc, Mutex}, //
};

devscope::module_platform_driver! {
    type: EcChardev,
    name: "cros-ec-chardev-rust",
    authors: ["The Devscope developers"],
    description: "ChromeOS EC Miscellaneous Character Driver",
    license: "GPL v2",
}

devscope::platform_device_table!(
    ID_TABLE,
    <EcChardev as platform::Driver>::IdInfo,
    [(platform::DeviceId::new(c"cros-ec-chardev"), ())]
);

struct EcChardev;

/// The data that the files and the notifier share.
#[pin_data]
struct Chardev<'bound> {
    ec: Ec<'bound>,
    /// The turns for commands: the controller executes one at a time.
    turns: Arc<Turns>,
    /// All open files, which get the events.
    #[pin]
    clients: Mutex<KVec<Arc<Client>>>,
}

impl platform::Driver for EcChardev {
    type IdInfo = ();

    const ID_TABLE: Option<platform::IdTable<()>> = Some(&ID_TABLE);

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        _info: Option<&'bound ()>,
    ) -> Result {
        let ec = Ec::of_cell(pdev)?;
        let chardev = binding.share::<CovariantForLt!(Chardev<'_>)>(try_pin_init!(Chardev {
            ec,
            turns: Arc::pin_init(new_turns!(), GFP_KERNEL)?,
            clients <- new_mutex!(KVec::new()),
        }))?;
        notifier::register::<OnEvent, _>(binding, ec.events(), 0, chardev)?;
        let options = miscdevice_sync::Options::new(ec.name()).below_parent();
        miscdevice_sync::register::<EcFile>(binding, options, chardev)
    }
}

/// Passes events to the clients.
struct OnEvent;

impl notifier::Handler for OnEvent {
    type Device = CovariantForLt!(Chardev<'_>);
    type Event = Notification;

    fn notify(
        scope: &mut ProcessScope<'_, Self::Device>,
        _queued_during_suspend: usize,
        notification: &Notification,
    ) -> notifier::Reply {
        let clients = scope.data().clients.lock();
        if !clients.is_empty() {
            let event = notification.event();
            clients.iter().for_each(|client| client.tell(&event));
        }
        notifier::Reply::Ok
    }
}
