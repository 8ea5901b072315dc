# SPDX-License-Identifier: GPL-2.0
#
# For the Kbuild of a module whose types other modules use: the framework, and a driver whose
# auxiliary devices have drivers in modules of their own. It emits the crate's metadata next to its
# object, and exports its symbols.
#
#	crate := mydriver
#	crate-root := main.o
#	include $(crate.mk)
#	obj-m := mydriver.o
#	mydriver-y := main.o exports.o
#
# exports.c includes <linux/export.h> and "exports_generated.h". The other module's Kbuild has
#
#	rustflags-y += --extern mydriver -L $(objects of mydriver)

RUSTFLAGS_$(crate-root) := --crate-name $(crate) --emit=metadata=$(obj)/lib$(crate).rmeta

# Every global symbol of the crate is exported: its users instantiate its generic code. The framework's
# helpers are, too.
quiet_cmd_exports = EXPORTS $@
      cmd_exports = $(NM) -p --defined-only $(filter %.o,$^) | \
	awk '$$2 ~ /[TRDB]/ && $$3 ~ /^(_R|devscope_)/ && $$3 !~ /__module_init/ { printf "extern int %s;\nEXPORT_SYMBOL_GPL(%s);\n", $$3, $$3 }' > $@

$(obj)/exports_generated.h: $(obj)/$(crate-root) FORCE
	$(call if_changed,exports)

CFLAGS_exports.o := -I$(abspath $(obj))
$(obj)/exports.o: $(obj)/exports_generated.h

targets += exports_generated.h
