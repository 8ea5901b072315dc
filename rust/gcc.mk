# SPDX-License-Identifier: GPL-2.0
#
# Flags that a kernel is built with by GCC, and that clang and libclang do not know: what the kernel's
# rust/Makefile calls bindgen_skip_c_flags, for x86.

gcc-cflags := -mno-fp-ret-in-387 -mpreferred-stack-boundary=% -mskip-rax-setup -mgeneral-regs-only \
	-mindirect-branch=thunk-extern -mindirect-branch-register -mindirect-branch-cs-prefix \
	-mfunction-return=thunk-extern -mrecord-mcount -mstack-protector-guard% -fconserve-stack \
	-falign-jumps=% -falign-loops=% -fmin-function-alignment=% -fno-ipa-cp-clone -fno-ipa-sra \
	-fno-partial-inlining -fno-reorder-blocks -fno-allow-store-data-races \
	-fno-inline-functions-called-once -fno-stack-clash-protection -fzero-call-used-regs=% \
	-fzero-init-padding-bits=% -fsanitize=bounds-strict -fstrict-flex-arrays=% \
	-fdiagnostics-show-context -fdiagnostics-show-context=% --param=% -fplugin-arg-%
