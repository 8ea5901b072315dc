# SPDX-License-Identifier: GPL-2.0
#
# For the Kbuild of a driver:
#
#	include $(DEVSCOPE)/rust/devscope.mk
#	obj-m := mydriver.o
#
# DEVSCOPE names the directory that has the framework's objects: make -C KDIR M=... DEVSCOPE=...

include $(dir $(lastword $(MAKEFILE_LIST)))helpers.mk

rustflags-y += --extern devscope -L $(DEVSCOPE)/rust
KBUILD_EXTRA_SYMBOLS += $(DEVSCOPE)/Module.symvers
