/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is used here of the interface for plugins of QEMU 9 and newer. Debian has no
 * package with QEMU's own qemu-plugin.h.
 */
#ifndef _QEMU_H
#define _QEMU_H

#include <stddef.h>
#include <stdint.h>

#define EXPORT		__attribute__((visibility("default")))
#define NO_REGISTERS	0
#define WRITES		2

struct tb;
struct insn;
struct info;

/* What QEMU looks for in a plugin. */
extern EXPORT int qemu_plugin_version;
EXPORT int qemu_plugin_install(uint64_t id, const struct info *info, int argc,
			       char **argv);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*cb)(uint64_t id, struct tb *tb));
size_t qemu_plugin_tb_n_insns(const struct tb *tb);
struct insn *qemu_plugin_tb_get_insn(const struct tb *tb, size_t index);
void qemu_plugin_register_vcpu_mem_cb(struct insn *insn,
				      void (*cb)(unsigned int cpu, uint32_t info,
						 uint64_t address, void *data),
				      int flags, int kinds, void *data);

#endif /* _QEMU_H */
