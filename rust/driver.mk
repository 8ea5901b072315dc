# SPDX-License-Identifier: GPL-2.0
#
# For the Kbuild of a driver:
#
#	include $(DEVSCOPE)/rust/devscope.mk
#	obj-m := mydriver.o
#
# DEVSCOPE names the directory that has the framework's objects: make -C KDIR M=... DEVSCOPE=...

# One that other modules use the types of also includes $(crate.mk).

# Its compiler, and not another one that comes first in PATH: crates of two do not go together.
ifneq ($(KBUILD_CLIPPY),1)
RUSTC_OR_CLIPPY := $(devscope-rustc)
endif

devscope-mk := $(dir $(lastword $(MAKEFILE_LIST)))
crate.mk := $(devscope-mk)crate.mk
bindgen.mk := $(devscope-mk)bindgen.mk
include $(devscope-mk)helpers.mk
include $(devscope-mk)kcsan.mk

rustflags-y += --extern devscope -L $(DEVSCOPE)/rust
KBUILD_EXTRA_SYMBOLS += $(DEVSCOPE)/Module.symvers

# What C drivers include: <linux/devscope.h>.
ccflags-y += -I$(devscope-mk)../include
