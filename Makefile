# SPDX-License-Identifier: GPL-2.0
#
# Devscope's targets for people. kbuild itself reads the file Kbuild.

ROOT := $(dir $(realpath $(lastword $(MAKEFILE_LIST))))
ifneq ($(words $(ROOT)),1)
$(error kbuild needs paths without spaces: move this clone elsewhere)
endif

# What `make TARGET NAME=value` can say; `make help` explains.
KDIR ?=
KSRC ?=
KERNEL ?=
LONG ?=
INSTALL_MOD_PATH ?=
V ?= 0
export V

Q := $(if $(filter-out 0,$(V)),,@)

# A rustup toolchain ahead in PATH is not used for anything here.
CARGO := env -u RUSTFLAGS -u CARGO_TARGET_DIR -u RUSTUP_TOOLCHAIN -u RUSTC_WRAPPER \
	-u MAKEFLAGS RUSTC=/usr/bin/rustc /usr/bin/cargo
VM := $(ROOT)build/tools/release/devscope-vm
DEVSCOPE_VM = $(VM) --root $(ROOT) $(if $(KDIR),--kdir "$(KDIR)") $(if $(KSRC),--ksrc "$(KSRC)")

.PHONY: help
help:
	@echo  'Running and testing, in a virtual machine:'
	@echo  '  run             - Boot the lean kernel and run the demo'
	@echo  '  test            - Run all tests: KUnit, user space, host'
	@echo  '  kunit           - Run the KUnit suites alone'
	@echo  '  compile-fail    - Check that misuses do not compile'
	@echo  '  bench           - Count the instructions that operations cost'
	@echo  '  soak            - Send 100,000 commands to the virtual EC, check each reply'
	@echo  '  shell           - Boot into a shell with the drivers loaded'
	@echo  ''
	@echo  'Building:'
	@echo  '  setup           - Install packages, get the kernel source, build two kernels'
	@echo  '  modules         - Build the modules'
	@echo  '  modules_install - Install them for the kernel that KDIR= names'
	@echo  '  menuconfig      - Choose what is built'
	@echo  '  new             - Start a driver called DRIVER='
	@echo  '  clean           - Remove build/; what is in the cache stays'
	@echo  '  distclean       - Remove the cache too'
	@echo  ''
	@echo  'Working on the code:'
	@echo  '  clippy          - Lint everything in Rust'
	@echo  '  rustfmt         - Format everything in Rust'
	@echo  '  rustfmtcheck    - Check that it is formatted'
	@echo  '  rustdoc         - Write the documentation to build/doc'
	@echo  '  rust-analyzer   - Write rust-project.json'
	@echo  ''
	@echo  'Variables:'
	@echo  '  KERNEL=name     - For test, kunit, modules, setup: one kernel of these, built'
	@echo  '                    if need be'
	@echo  '                      lean   without checkers; what modules is for'
	@echo  '                      debug  KASAN, lockdep, kmemleak; what test and kunit boot'
	@echo  '                      rt     PREEMPT_RT with lockdep'
	@echo  '                      kcsan  the data race detector'
	@echo  '  LONG=1          - For test: the long form of all tests'
	@echo  '  KDIR=dir        - Use this built kernel (Linux 7.3, CONFIG_RUST=y)'
	@echo  '  KSRC=dir        - Build the kernels from this source (Linux 7.3)'
	@echo  '  V=1             - Show every command and what it says'
	@echo  '  DEVSCOPE_CACHE=dir  - Keep source and kernels here'
	@echo  '                        (else $$XDG_CACHE_HOME/devscope, ~/.cache/devscope)'
	@echo  '  DEVSCOPE_ACCEL=tcg  - Emulate even where there is KVM'

# Everything else needs the packages and the host tool. Both look before they do
# anything: no network once they are there.
.PHONY: tool
tool:
	@$(ROOT)tools/setup/packages.sh
	@[ -x $(VM) ] || echo '  CARGO     building the host tool' >&2
	$(Q)mkdir -p $(ROOT)build
	@$(CARGO) build $(if $(filter-out 0,$(V)),,--quiet) --locked --release \
		--manifest-path $(ROOT)tools/Cargo.toml --target-dir $(ROOT)build/tools \
		|| { echo 'error: the host tool cannot be built (is the network reachable?)' >&2; exit 1; }

VM_TARGETS := run compile-fail bench soak shell menuconfig clippy rustfmt rustdoc rust-analyzer
.PHONY: $(VM_TARGETS)
$(VM_TARGETS): tool
	$(Q)$(DEVSCOPE_VM) $@

KERNEL_TARGETS := setup kunit modules
.PHONY: $(KERNEL_TARGETS)
$(KERNEL_TARGETS): tool
	$(Q)$(DEVSCOPE_VM) $@ $(if $(KERNEL),--kernel $(KERNEL))

.PHONY: test
test: tool
	$(Q)$(DEVSCOPE_VM) test $(if $(KERNEL),--kernel $(KERNEL)) $(if $(filter-out 0,$(LONG)),--long)

.PHONY: modules_install rustfmtcheck
modules_install: tool
	$(Q)$(DEVSCOPE_VM) modules-install $(if $(INSTALL_MOD_PATH),--install-mod-path "$(INSTALL_MOD_PATH)")

rustfmtcheck: tool
	$(Q)$(DEVSCOPE_VM) rustfmt --check

.PHONY: new
new:
	@[ -n "$(DRIVER)" ] || { echo 'error: name the driver: make new DRIVER=name' >&2; exit 1; }
	$(Q)$(ROOT)tools/new-driver.sh "$(DRIVER)"

.PHONY: clean distclean
clean:
	$(Q)rm -rf $(ROOT)build $(ROOT)rust-project.json

CACHE := $(or $(DEVSCOPE_CACHE),$(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME)/devscope),$(if $(HOME),$(HOME)/.cache/devscope))
distclean: clean
	$(Q)$(if $(CACHE),rm -rf $(CACHE)/linux-* $(CACHE)/kernel-* $(CACHE)/bindgen-* \
		$(CACHE)/guest-programs-* $(CACHE)/tmp-* $(CACHE)/lock $(CACHE)/programs.lock)
