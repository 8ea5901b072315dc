# SPDX-License-Identifier: GPL-2.0
#
# For the Kbuild of an abstraction: bindings for headers that the kernel's own leave out, from
# bindings_helper.h. What they refer to and the kernel's have is theirs.
#
#	bindgen-flags := --allowlist-function 'subsystem_.*' ...
#	include $(bindgen.mk)

include $(dir $(lastword $(MAKEFILE_LIST)))gcc.mk
bindgen-cflags = $(filter-out $(gcc-cflags) $(CC_FLAGS_LTO), $(c_flags)) -w \
	--target=x86_64-linux-gnu -fno-builtin -D__BINDGEN__ -DMODULE

quiet_cmd_bindgen_kernel = BINDGEN $@
      cmd_bindgen_kernel = $(BINDGEN) $< $(bindgen-flags) --no-recursive-allowlist \
	--rust-target 1.85 --use-core --with-derive-default --ctypes-prefix ffi \
	--no-layout-tests --formatter none --no-debug '.*' -o $@ -- $(bindgen-cflags)

$(obj)/bindings_generated.rs: private part-of-module := y
$(obj)/bindings_generated.rs: $(src)/bindings_helper.h FORCE
	$(call if_changed_dep,bindgen_kernel)

targets += bindings_generated.rs
