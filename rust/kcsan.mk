# SPDX-License-Identifier: GPL-2.0
#
# Has the data race detector see Rust. The kernel instruments its C alone, and its target knows no
# thread sanitizer; but rustc runs the pass all the same, on functions that are marked for it. The
# generic code of the kernel's crates that is instantiated here is instrumented with them.

ifdef CONFIG_KCSAN
rustflags-y += -Cpasses=tsan \
	$(addprefix -Cllvm-args=-,force-attribute=sanitize_thread \
	tsan-distinguish-volatile=1 tsan-compound-read-before-write=1 \
	$(if $(CONFIG_KCSAN_WEAK_MEMORY),,tsan-instrument-func-entry-exit=0))
endif
