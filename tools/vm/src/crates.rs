// SPDX-License-Identifier: GPL-2.0

//! The crates that drivers are compiled with. Each may use those before it.

/// A crate of the framework.
#[derive(Debug)]
pub struct Crate {
    pub name: &'static str,
    /// Its root file, in the clone.
    pub root: &'static str,
    /// Where kbuild keeps the command that compiled it, among the objects.
    pub saved: &'static str,
    /// The variable that names its generated bindings, and where these are, among the objects.
    pub bindings: (&'static str, &'static str),
}

pub const CRATES: &[Crate] = &[
    Crate {
        name: "devscope",
        root: "rust/devscope/lib.rs",
        saved: "rust/devscope/.lib.o.cmd",
        bindings: ("DEVSCOPE_BINDINGS", "rust/bindings/bindings.rs"),
    },
    Crate {
        name: "devscope_cros_ec",
        root: "rust/cros_ec/lib.rs",
        saved: "rust/cros_ec/.lib.o.cmd",
        bindings: (
            "DEVSCOPE_CROS_EC_BINDINGS",
            "rust/cros_ec/bindings_generated.rs",
        ),
    },
    Crate {
        name: "devscope_input",
        root: "rust/input/lib.rs",
        saved: "rust/input/.lib.o.cmd",
        bindings: (
            "DEVSCOPE_INPUT_BINDINGS",
            "rust/input/bindings_generated.rs",
        ),
    },
];
