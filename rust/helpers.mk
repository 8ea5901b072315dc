# SPDX-License-Identifier: GPL-2.0
#
# With CONFIG_RUST_INLINE_HELPERS, kbuild links the kernel's helpers, as bitcode, into each Rust
# object. This has it link those of the framework as well.

DEVSCOPE ?= $(CURDIR)
helpers-bc := $(DEVSCOPE)/rust/helpers/helpers.bc

ifdef CONFIG_RUST_INLINE_HELPERS
# Kbuild exports LLVM_LINK to the directories below, which may include this too.
ifndef DEVSCOPE_LLVM_LINK
export DEVSCOPE_LLVM_LINK := $(LLVM_LINK)
endif
LLVM_LINK := link() { $(DEVSCOPE_LLVM_LINK) "$$@" $(helpers-bc); }; link
endif
