// SPDX-License-Identifier: GPL-2.0

//! The crates that drivers are compiled with. Each may use those before it.

/// A crate of the framework.
#[derive(Debug)]
pub struct Crate {
    pub name: &'static str,
    /// Its directory, in the clone and among the objects.
    pub dir: &'static str,
    /// Where its generated bindings are, among the objects.
    pub bindings: &'static str,
}

#[rustfmt::skip]
pub const CRATES: &[Crate] = &[
    Crate { name: "devscope", dir: "rust/devscope", bindings: "rust/bindings/bindings.rs" },
    Crate { name: "devscope_cros_ec", dir: "rust/cros_ec", bindings: "rust/cros_ec/bindings_generated.rs" },
    Crate { name: "devscope_input", dir: "rust/input", bindings: "rust/input/bindings_generated.rs" },
];

impl Crate {
    /// The variable that names its generated bindings.
    pub fn variable(&self) -> String {
        format!("{}_BINDINGS", self.name.to_uppercase())
    }
}
