# SPDX-License-Identifier: GPL-2.0
#
# Devscope's targets for people. kbuild itself reads the file Kbuild.

# A makefile that the environment names comes first in the list.
THIS := $(filter-out $(MAKEFILES),$(MAKEFILE_LIST))
THIS := $(if $(word 2,$(THIS)),$(THIS),$(realpath $(THIS)))
ROOT := $(dir $(THIS))

# A path goes through make, shells and kbuild. $(call path,NAME,PATH) ends make, before anything is
# built or removed, where one of them would take it for something else.
hash := \#
special := ! " $(hash) $$ % & ' ( ) * : ; < = > ? [ \ ] ^ ` { | } ~
path = $(if $(filter-out 0 1,$(words $(2)))$(strip $(foreach c,$(special),$(findstring $(c),$(2)))),$(error \
	kbuild needs paths without spaces and without $(special), and $(1) is "$(2)"))

# A variable as it is in the environment, where make would expand it; and as a word for the shell.
given = $(if $(filter environment%,$(origin $(1))),$(value $(1)),$($(1)))
quoted = '$(subst ','\'',$(1))'

$(call path,this file,$(THIS))

V ?= 0
export V

Q := $(if $(filter-out 0,$(V)),,@)

# The packaged cargo with the packaged compiler, as in tools/vm/src/cargo.rs: nothing of a rustup
# toolchain ahead in PATH, of the environment or of the user's configuration, but registries.
TARGET := x86_64-unknown-linux-gnu
CARGO := env $(addprefix -u ,$(filter CARGO_BUILD_% CARGO_PROFILE_% CARGO_TARGET_% CARGO_UNSTABLE_% \
	CARGO_ENCODED_RUSTFLAGS CARGO_INCREMENTAL RUSTUP_TOOLCHAIN MAKEFLAGS,$(.VARIABLES))) \
	RUSTC=/usr/bin/rustc RUSTC_WRAPPER= RUSTC_WORKSPACE_WRAPPER= RUSTFLAGS= \
	CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER=cc /usr/bin/cargo
VM := $(ROOT)build/tools/$(TARGET)/release/devscope-vm
option = $(if $(call given,$(2)),--$(1)=$(call quoted,$(call given,$(2))))
DEVSCOPE_VM = '$(VM)' --root '$(ROOT)' $(call option,kdir,KDIR) $(call option,ksrc,KSRC) \
	$(call option,kver,KVER)

# Where the kernels are, as tools/vm/src/paths.rs finds it.
CACHE := $(or $(call given,DEVSCOPE_CACHE),$(if $(call given,XDG_CACHE_HOME),$(call \
	given,XDG_CACHE_HOME)/devscope),$(if $(call given,HOME),$(call given,HOME)/.cache/devscope))
cache-path = $(call path,the cache,$(CACHE))$(if $(and $(filter /%,$(CACHE)),$(filter-out \
	/,$(abspath $(CACHE)))),,$(error the cache is "$(CACHE)", and needs a directory of its own that \
	begins with /; see DEVSCOPE_CACHE in `make help`))

.PHONY: help
help:
	@echo  'Running and testing, in a virtual machine:'
	@echo  '  run             - Boot a kernel and run the demo: Debian'\''s own, or one that'
	@echo  '                    is there already'
	@echo  '  test            - Run all tests, or those that TESTS= names'
	@echo  '  kunit           - Run the KUnit suites alone, or those that SUITES= names'
	@echo  '  compile-fail    - Check that misuses do not compile'
	@echo  '  bench           - Count the instructions that operations cost, and what else unplug'
	@echo  '                    costs, or the tables that ROWS= names'
	@echo  '  torture         - Torment nodes with devscope-torture: all, or those that NODE= names,'
	@echo  '                    each for SECONDS= (60), or until so many OPERATIONS= are made;'
	@echo  '                    or look for planted faults, with FAULTS=1'
	@echo  '  soak            - Send 100,000 commands to the virtual EC, check each reply'
	@echo  '  shell           - Boot into a shell with the drivers loaded'
	@echo  ''
	@echo  'Building:'
	@echo  '  setup           - Install packages, get the kernel source, build two kernels'
	@echo  '  kdir            - Prepare a KDIR for Debian'\''s own kernel, or its release KVER='
	@echo  '  modules         - Build the modules'
	@echo  '  modules_install - Install them for the kernel that KDIR= names'
	@echo  '  dkms            - Install the source for DKMS, below DESTDIR='
	@echo  '  in-tree         - Write build/in-tree: a patch series, and a copy of KSRC= that has it'
	@echo  '  deb             - Build the Debian package devscope-dkms in build/deb'
	@echo  '  menuconfig      - Choose what is built'
	@echo  '  new             - Start a driver called DRIVER=, by AUTHOR= or git'\''s user.name'
	@echo  '  clean           - Remove build/; what is in the cache stays'
	@echo  '  distclean       - Remove the cache too'
	@echo  ''
	@echo  'Working on the code:'
	@echo  '  clippy          - Lint everything in Rust'
	@echo  '  rustfmt         - Format everything in Rust'
	@echo  '  rustfmtcheck    - Check that it is formatted'
	@echo  '  rustdoc         - Write the documentation of the code to build/doc'
	@echo  '  htmldocs        - Write Documentation to build/htmldocs'
	@echo  '  rust-analyzer   - Write rust-project.json'
	@echo  ''
	@echo  'Variables:'
	@echo  '  KERNEL=name     - For run, test, kunit, bench, torture, shell, modules, setup: one'
	@echo  '                    of these, built if need be'
	@echo  '                      lean   without checkers; what modules is for'
	@echo  '                      debug  KASAN, lockdep, kmemleak; what test and kunit boot'
	@echo  '                      rt     PREEMPT_RT with lockdep'
	@echo  '                      kcsan  the data race detector'
	@echo  '                      stock  Debian'\''s own, of which nothing but modules is built'
	@echo  '  KVER=release    - For kdir and KERNEL=stock: this release of it, as `uname -r` says'
	@echo  '  TESTS=patterns  - For test: these alone, on the host and in the guest:'
	@echo  "                      make test TESTS='evdev_* gate* compile-fail/* io::reads'"
	@echo  '  SUITES=patterns - For kunit: these alone'
	@echo  '  ROWS=patterns   - For bench: these tables alone (Documentation/costs.rst)'
	@echo  '  LONG=1          - For test: the long form, which goes on where it was stopped'
	@echo  '  KDIR=dir        - Use this built kernel (Linux 7.3, CONFIG_RUST=y)'
	@echo  '  KSRC=dir        - Build the kernels from this source (Linux 7.3)'
	@echo  '  V=1             - Show every command and what it says'
	@echo  '  DEVSCOPE_CACHE=/dir - Keep source and kernels here, and nothing else'
	@echo  '                        (else $$XDG_CACHE_HOME/devscope, ~/.cache/devscope)'
	@echo  '  DEVSCOPE_ACCEL=tcg  - Emulate even where there is KVM'

# Everything else needs the packages and the host tool. Both look before they do
# anything: no network once they are there.
.PHONY: tool
tool:
	$(cache-path)$(foreach name,KDIR KSRC INSTALL_MOD_PATH,$(call path,$(name),$(call given,$(name))))
	@'$(ROOT)tools/setup/packages.sh'
	@[ -x '$(VM)' ] || echo '  CARGO     building the host tool' >&2
	$(Q)mkdir -p '$(ROOT)build'
	@$(CARGO) build $(if $(filter-out 0,$(V)),,--quiet) --locked --release --target $(TARGET) \
		--manifest-path '$(ROOT)tools/Cargo.toml' --target-dir '$(ROOT)build/tools' \
		|| { echo 'error: the host tool cannot be built (is the network reachable?)' >&2; exit 1; }

TARGETS := run test kunit compile-fail bench torture soak shell setup kdir modules modules-install menuconfig clippy \
	rustfmt rustdoc htmldocs rust-analyzer in-tree
ARGUMENTS =
setup run bench torture shell modules test kunit: ARGUMENTS += $(call option,kernel,KERNEL)
bench: ARGUMENTS += $(call option,rows,ROWS)
test: ARGUMENTS += $(call option,tests,TESTS) $(if $(filter-out 0,$(LONG)),--long)
kunit: ARGUMENTS += $(call option,suites,SUITES)
torture: ARGUMENTS += $(call option,node,NODE) $(call option,seconds,SECONDS) $(call option,operations,OPERATIONS) \
	$(if $(filter-out 0,$(FAULTS)),--faults)
modules-install: ARGUMENTS += $(call option,install-mod-path,INSTALL_MOD_PATH)
.PHONY: $(TARGETS)
$(TARGETS): tool
	$(Q)$(DEVSCOPE_VM) $@ $(ARGUMENTS)

.PHONY: modules_install rustfmtcheck
modules_install: modules-install
rustfmtcheck: tool
	$(Q)$(DEVSCOPE_VM) rustfmt --check

# The source, for Debian's dkms: tools/dkms/build.sh says what a build needs.
VERSION := 0.1.0
SOURCES := Kbuild Kconfig LICENSES README.md Documentation drivers include rust samples tests/c-drivers \
	tests/hostile tests/kmod tools/dkms tools/kdir.sh
.PHONY: dkms
dkms:
	$(call path,DESTDIR,$(call given,DESTDIR))
	$(Q)cd '$(ROOT)' && to='$(call given,DESTDIR)/usr/src/devscope-$(VERSION)' && rm -rf "$$to" && \
		mkdir -p "$$to" && cp -R --parents $(SOURCES) "$$to" && \
		sed 's/@VERSION@/$(VERSION)/' tools/dkms/dkms.conf.in >"$$to/dkms.conf"

.PHONY: deb
deb:
	$(Q)cd '$(ROOT)' && tools/deb/build.sh '$(or $(call given,DEB),$(ROOT)build/deb)' $(VERSION) $(SOURCES)

.PHONY: new
new:
	$(Q)AUTHOR=$(call quoted,$(call given,AUTHOR)) '$(ROOT)tools/new-driver.sh' $(call quoted,$(call given,DRIVER))

.PHONY: clean distclean
remove-build = $(Q)rm -rf -- '$(ROOT)build' '$(ROOT)rust-project.json'
clean:
	$(remove-build)

distclean:
	$(cache-path)$(Q)[ ! -e '$(CACHE)' ] || [ -e '$(CACHE)/lock' ] || \
		{ echo 'error: $(CACHE) is no cache of Devscope: it is left alone' >&2; exit 1; }
	$(remove-build)
	$(Q)rm -rf -- $(foreach name,linux-* kernel-* bindgen-* guest-programs-* tmp-* programs.lock lock,\
		'$(CACHE)'/$(name))
