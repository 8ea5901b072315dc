# SPDX-License-Identifier: GPL-2.0
#
# The framework's helpers, as bitcode, are linked into each Rust object and inlined there.
#
# With CONFIG_RUST_INLINE_HELPERS, kbuild does so with the kernel's own, and this adds ours. A kernel
# of GCC's has no such option: there DEVSCOPE_LLVM names the LLVM of rustc (as LLVM= does: "-19"), and
# this adds the step with its clang, for the kernel's helpers too if their source is there. Without
# either, helpers are called.

DEVSCOPE ?= $(CURDIR)
helpers-bc := $(DEVSCOPE)/rust/helpers/helpers.bc

ifdef CONFIG_RUST_INLINE_HELPERS

# Kbuild exports LLVM_LINK to the directories below, which may include this too.
ifndef DEVSCOPE_LLVM_LINK
export DEVSCOPE_LLVM_LINK := $(LLVM_LINK)
endif
LLVM_LINK := link() { $(DEVSCOPE_LLVM_LINK) "$$@" $(helpers-bc); }; link
helpers-clang = $(CC) $(c_flags)

else ifdef DEVSCOPE_LLVM

# Flags of GCC's that clang does not know. What they ask for, a function from Rust has as attributes.
devscope-rust := $(dir $(lastword $(MAKEFILE_LIST)))
include $(devscope-rust)gcc.mk
helpers-of-kernel := $(wildcard $(srctree)/rust/helpers/helpers.c)
helpers-bc += $(if $(helpers-of-kernel),$(DEVSCOPE)/rust/helpers/kernel.bc)
clang := clang$(DEVSCOPE_LLVM) --target=x86_64-linux-gnu -w
helpers-clang = $(clang) -include $(devscope-rust)helpers/clang.h $(filter-out $(gcc-cflags),$(c_flags))

$(obj)/%.o: private cmd_rustc_o_rs = $(rust_common_cmd) --emit=llvm-bc=$(@:.o=.bc) $<; \
	llvm-link$(DEVSCOPE_LLVM) --internalize --suppress-warnings $(@:.o=.bc) $(helpers-bc) -o $(@:.o=.m.bc); \
	$(clang) $(filter-out $(gcc-cflags),$(KBUILD_CFLAGS)) -mllvm -trap-unreachable \
	-mllvm -no-trap-after-noreturn -c $(@:.o=.m.bc) -o $@ $(cmd_objtool)

endif
