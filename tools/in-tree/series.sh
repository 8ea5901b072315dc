#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# series.sh TREE OUT
#
# Makes of the framework, its drivers and samples a series of patches for TREE, a source tree of the
# kernel: OUT/series, with a cover letter, signed off by whom git knows as the user. OUT/branch is the
# repository that they come from. OUT has to be new.
#
# A room of the framework is a patch, and comes after those that it stands on. What each says of itself
# is the patch's description. What a module outside of the tree has of its own (bindings, helpers,
# rules of make) is here what the kernel has for its own crates.

set -eu

die()
{
	echo "error: $*" >&2
	exit 1
}

[ $# = 2 ] || die "usage: $0 TREE OUT"
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
[ -f "$1/rust/bindings/bindings_helper.h" ] || die "$1 is no source tree of the kernel"
tree=$(cd "$1" && pwd)
author=$(git config user.name) && email=$(git config user.email) ||
	die "git does not know who signs off: git config user.name and user.email say so"
[ ! -e "$2" ] || die "$2 is there already"
mkdir -p "$2"
out=$(cd "$2" && pwd)

# The patches are made in a repository that has the files that they change, and nothing else.
work=$out/branch
mkdir "$work"
cd "$work"
git init -q
git config user.name "$author"
git config user.email "$email"
git config core.autocrlf false
for file in $(sed -n 's,^--- a/,,p' "$here"/edits/*.patch | sort -u); do
	mkdir -p "$(dirname "$file")"
	cp "$tree/$file" "$file"
done
git add -A
git commit -q -m base
git tag base
git checkout -q -b devscope

# A condition that is of the build outside of the tree is of Kconfig in it.
cfg='s/\bDEVSCOPE_KUNIT_TEST\b/CONFIG_DEVSCOPE_KUNIT_TEST/'

# edit NAME: changes files of the kernel.
edit()
{
	sed "s/@AUTHOR@/$author/; s/@EMAIL@/$email/" "$here/edits/$1.patch" |
		patch -s -p1 --no-backup-if-mismatch || die "the edit $1 does not fit $tree"
}

# commit SUBJECT: what is there becomes a patch. The description is read.
commit()
{
	{
		printf '%s\n\n' "$1"
		cat
	} >.git/message
	git add -A
	git commit -q -s -F .git/message
	echo "  $1" >&2
}

# take FROM.. TO: files of the project, as they are in the tree.
take()
{
	eval "to=\${$#}"
	mkdir -p "$to"
	while [ $# -gt 1 ]; do
		cp -R "$root/$1" "$to"
		shift
	done
	find "$to" -name Kbuild -o -name exports.c -o -name bindings_helper.h | xargs -r rm
	find "$to" -name '*.rs' -exec sed -i "$cfg" {} +
}

# crate DIR NAME: a crate that others use, with the Makefile that says what is in its module.
crate()
{
	mkdir -p "$1"
	{
		echo '// SPDX-License-Identifier: GPL-2.0'
		echo
		echo '#include <linux/export.h>'
		echo '#include "exports_generated.h"'
	} >"$1/exports.c"
	option=$(echo "$2" | tr a-z A-Z)
	{
		printf '# SPDX-License-Identifier: GPL-2.0\n\nobj-$(CONFIG_%s) := %s.o\n' "$option" "$2"
		cat
		printf '\ncrate := %s\ncrate-root := lib.o\n' "$2"
		echo 'include $(srctree)/scripts/Makefile.crate'
	} >"$1/Makefile"
}

# driver DIR OPTION OBJECT CRATE..: the Makefile of a driver that uses crates.
driver()
{
	makefile=$1/Makefile
	printf '# SPDX-License-Identifier: GPL-2.0\n\nobj-$(CONFIG_%s) += %s\n\n' "$2" "$3" >"$makefile"
	shift 3
	for each; do
		echo "rustflags-y += --extern $each -L \$(objtree)/rust/$each" >>"$makefile"
	done
}

# described FILE: what a file says of itself, up to its first heading or example.
described()
{
	sed -n 's,^//! \{0\,1\},,p' "$1" |
		sed -e '/^#/,$d; /^```/,$d; /^C header:/d' \
			-e 's/\[\(`[^]]*`\)\]\(([^)]*)\)\{0,1\}/\1/g; s/\[\([^]]*\)\]([^)]*)/\1/g' |
		fmt -w 72
}

edit maintainers
mkdir -p scripts
sed 's|include $(crate.mk)|include this file|; s|$(objects of mydriver)|$(objtree)/its/directory|' \
	"$root/rust/crate.mk" >scripts/Makefile.crate
cat >>scripts/Makefile.crate <<'E'

# With rust/, before the directories of those that use it.
always-y += $(crate-root)
E
commit 'rust: kbuild: build crates that are modules' <<-'E'
	The crates of rust/ are built in. Crates on top of them, such as the
	support for a class of drivers, may want to be modules, as the code in
	C that they stand on may be.

	scripts/Makefile.crate is included by the Makefile of such a crate. It
	has the compiler emit the crate's metadata, and exports its symbols as
	the kernel does those of its own crates.
E

dir=rust/devscope
lib=$root/rust/devscope/lib.rs

# The framework's Makefile, for the sources in C that are there.
framework()
{
	sed -n '/^devscope-/p' "$root/rust/Kbuild" |
		sed 's,devscope/lib.o,lib.o,; s, helpers/helpers.o,,' |
		{ [ -d $dir/cfence ] && cat || grep -v cfence/; } | crate $dir devscope
}

# root_of ROOM..: the root of the crate, with these rooms. What is not used yet will be, by those above.
root_of()
{
	awk -v rooms=" $* " '
		function have(name) { return index(rooms, " " name " ") }
		function named(line) {
			sub(/^[^`]*`/, "", line)
			sub(/`.*/, "", line)
			return line
		}
		/^\/\/! - /           { left_out = !have(named($0)) }
		/^\/\/!$/             { left_out = 0 }
		left_out && /^\/\/!/  { next }
		/^(#\[cfg|(pub )?mod )/ && !begun {
			begun = 1
			if (!have("tests"))
				print "#![allow(dead_code)]\n"
		}
		/^#\[cfg/             { cfg = $0 "\n"; next }
		/^(pub )?mod / {
			if (have(substr($NF, 1, length($NF) - 1)))
				print cfg $0
			cfg = ""
			next
		}
		/^use kernel::prelude/ && !have("control") { exit }
		{ print }
	' "$lib" | sed "$cfg" >$dir/lib.rs
	case " $* " in
	*' control '*) ;;
	*)
		sed -n '/^use kernel::prelude/,/^$/p; /^module! {/,/^$/p' "$lib" |
			cat - "$here/root.rs" >>$dir/lib.rs
		;;
	esac
}

# The rooms, from below, as the crate's documentation lists them from above.
rooms=$(sed -n 's,^//! - [^`]*`\([a-z_]*\)`.*,\1,p' "$lib" | tac)
[ "$(echo "$rooms" | head -n 1)" = ffi ] || die "the lowest room is not ffi"

there=
for room in $rooms; do
	there="$there $room"
	at=rust/devscope/$room
	if [ -d "$root/$at" ]; then
		take "$at" $dir
		about=$root/$at/mod.rs
	else
		take "$at.rs" $dir
		about=$root/$at.rs
	fi
	root_of $there
	if [ $room = ffi ]; then
		# All of the C comes with it.
		for name in attach block callers control expedite handout mapping uring worker; do
			cp "$root/rust/$name.c" $dir
		done
		cp "$root/rust/callers.h" "$root/rust/internal.h" "$root/rust/uring.h" $dir
		sed -i -e 's/use kernel::{bindings::\*, ffi};/pub(crate) use kernel::bindings::*;/' \
			-e '/^$/{N;/include!(env!/d}' $dir/ffi/mod.rs
		{
			echo '// SPDX-License-Identifier: GPL-2.0'
			for name in $(sed -n 's,^#include "\(.*\)\.c"$,\1,p' "$root/rust/helpers/helpers.c"); do
				sed -e 1d -e 's/\bdevscope_[a-z0-9_]*(/rust_helper_&/g' \
					-e 's/rust_helper_\(devscope_uring_pdu(\)/\1/' \
					-e 's/__devscope_helper/__rust_helper/' \
					-e 's,"../uring.h","../devscope/uring.h",' \
					"$root/rust/helpers/$name.c"
			done
		} >rust/helpers/devscope.c
		cp "$here/Kconfig" $dir/Kconfig
		edit framework
		framework
	fi
	described "$about" | commit "rust: devscope: add ${room}"
done

take rust/devscope/prelude.rs rust/devscope/tests $dir
root_of $there prelude tests
cp "$here/kunitconfig" $dir/.kunitconfig
commit 'rust: devscope: add what drivers import, and the tests' <<-'E'
	The prelude is what a driver imports. The suites are run by

		tools/testing/kunit/kunit.py run --kunitconfig=rust/devscope
E

mkdir -p include/linux include/uapi/linux
cp "$root/include/linux/devscope.h" include/linux
cp "$root/include/uapi/linux/devscope.h" include/uapi/linux
take rust/cfence $dir
framework
commit 'devscope: the same fence for drivers in C' <<-'E'
	misc_register_sync() and cdev_device_add_sync() register a character
	device as their namesakes do, and fence its file operations: the
	counterparts refuse new ones, wake those that sleep, wait for those
	that run, zap mappings, and call the release method of each open file.
	A driver swaps two calls.
E

# support NAME DIR: support for a class of drivers, whose bindings are here the kernel's.
support()
{
	take "rust/$2/." "rust/$1"
	sed -i '/^pub mod bindings {/,/^}/c pub use kernel::bindings;' "rust/$1/lib.rs"
	sed -i '/^#\[allow($/,/^)\]$/d' "rust/$1/lib.rs"
	printf '%s-y := lib.o exports.o\n\nrustflags-y += --extern devscope -L $(objtree)/rust/devscope\n' "$1" |
		crate "rust/$1" "$1"
}

support devscope_input input
edit input
described rust/devscope_input/lib.rs | commit 'rust: devscope: add input handlers'

take drivers/input/evdev/. drivers/input/evdev
driver drivers/input/evdev DEVSCOPE_EVDEV evdev_rust.o devscope devscope_input
edit evdev
described drivers/input/evdev/evdev_rust.rs | commit 'Input: evdev - add a driver in Rust'

support devscope_cros_ec cros_ec
edit cros_ec
described rust/devscope_cros_ec/lib.rs | commit 'rust: devscope: add embedded controllers of ChromeOS'

chardev=drivers/platform/chrome/cros_ec_chardev
take $chardev/. $chardev
driver $chardev DEVSCOPE_CROS_EC_CHARDEV cros_ec_chardev_rust.o devscope devscope_cros_ec
edit chardev
described $chardev/cros_ec_chardev_rust.rs | commit 'platform/chrome: cros_ec_chardev - add a driver in Rust'

samples=samples/rust/devscope
mkdir -p $samples include/uapi/devscope
for name in edu loopchan ramdisk; do
	take samples/$name $samples
	rm -rf $samples/$name/user
	cp "$root/include/uapi/devscope/$name.h" include/uapi/devscope
	driver $samples/$name SAMPLE_DEVSCOPE_$(echo $name | tr a-z A-Z) $name.o devscope
done
printf '# SPDX-License-Identifier: GPL-2.0\n\n' >$samples/Makefile
for name in edu loopchan ramdisk; do
	echo "obj-\$(CONFIG_SAMPLE_DEVSCOPE_$(echo $name | tr a-z A-Z)) += $name/"
done >>$samples/Makefile
cp "$here/Kconfig.samples" $samples/Kconfig
edit samples
commit 'samples: rust: add drivers on devscope' <<-'E'
	edu drives the PCI device of that name that QEMU has for teaching.
	loopchan makes pairs of character devices, and ramdisk disks of memory:
	an ioctl creates a device and returns a descriptor of it.
E

docs=Documentation/driver-api/devscope
mkdir -p $docs
elsewhere='contributing\|index\|quick-start\|stock-kernel\|testing\|testing-ports\|torture\|troubleshooting\|upstream'
for page in $(ls "$root/Documentation" | sed -n 's/\.rst$//p' | grep -vx "$elsewhere"); do
	sed "s/:doc:\`\($elsewhere\)\`/\`\`Documentation\/\1.rst\`\` of the framework's repository/" \
		"$root/Documentation/$page.rst" >$docs/$page.rst
done
grep -vx " *\\($elsewhere\\)" "$root/Documentation/index.rst" |
	sed '/:caption: Changing it/,$d' | sed '$d' | sed '$d' >$docs/index.rst
edit documentation
commit 'Documentation: driver-api: add devscope' <<-'E'
	How to write a driver with it, what it costs and what it promises, and
	how it works. Commands such as make test are of the framework's own
	repository, which has the tests in user space.
E

sed -n '/^$/,$p' "$root/Documentation/upstream/cover-letter.txt" | sed 1d >.git/message
git config branch.devscope.description "$(head -n 1 "$root/Documentation/upstream/cover-letter.txt")

$(cat .git/message)"
git format-patch -q --cover-letter --cover-from-description=subject -o "$out/series" base..devscope
