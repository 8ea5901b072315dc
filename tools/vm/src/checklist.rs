// SPDX-License-Identifier: GPL-2.0

//! Which checks there are, what kernel they need, and which files they depend on.

/// What `make new` starts a driver with.
pub const TEMPLATE: &[&str] = &["tools/new-driver", "tools/new-driver.sh"];

/// What the tools' own tests look at.
pub const TOOLS: &[&str] = &["Documentation", "Makefile", "README.md", "tools"];

/// The checks that are not one of many, and boot no guest. Those that need no kernel are first, then
/// those that need the kernel of the tests, which is built before the others.
pub const NAMES: &[&str] = &[
    "tools",
    "model",
    "formatting",
    "safety",
    "layers",
    "examples/pages",
    "htmldocs",
    "named",
    "programs",
    "external",
    "in-tree/patches",
    "in-tree/suites",
    "in-tree/each",
    "loads",
    "examples/doc-comments",
    "new-driver",
    "dkms",
    "deb",
];

/// Those that boot guests of their own. Two guests at a time make each ten times as slow.
pub const IN_GUESTS: &[&str] = &[
    "shared-lines",
    "complaint",
    "lockdep",
    "sleep",
    "mistakes",
    "torture-faults",
    "hang",
    "stock",
];

/// Those that are run where they are named, and in the long form.
pub const LONG: &[&str] = &["in-tree/each"];

/// What the kernel of the tests has to have for a check.
pub const NEEDS: &[(&str, &str)] = &[
    ("complaint", "LKDTM"),
    ("hang", "LKDTM"),
    ("lockdep", "KUNIT"),
    ("sleep", "KUNIT"),
    ("mistakes", "KASAN"),
    ("torture-faults", "KASAN"),
];
