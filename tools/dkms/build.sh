#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# build.sh RELEASE HEADERS
#
# Builds the modules for DKMS, in the directory that this is run in. It needs what the kernel was built
# with (rustc, rust-src, bindgen, GCC), and the metadata of the kernel's crates: HEADERS has them, or
# they are made once for each kernel from its source, which Debian has as linux-source-7.3.

set -eu

release=$1 headers=$2
series=7.3

kdir=$headers
if [ ! -e "$headers/rust/libkernel.rmeta" ]; then
	cache=${DEVSCOPE_KDIR:-/var/cache/devscope/$release}
	kdir=$cache/build
	if [ ! -e "$kdir/rust/libkernel.rmeta" ]; then
		archive=/usr/src/linux-source-$series.tar.xz
		[ -e "$archive" ] || {
			echo "error: the crates' metadata is made from $archive: install linux-source-$series" >&2
			exit 1
		}
		rm -rf "$cache"
		mkdir -p "$cache/source"
		tar --strip-components=1 -C "$cache/source" -xf "$archive"
		tools/kdir.sh "$cache/source" "$headers" "$cache/build" || {
			rm -rf "$cache"
			exit 1
		}
	fi
fi

cat >config <<'EOF'
CONFIG_DEVSCOPE := m
CONFIG_DEVSCOPE_CROS_EC_CHARDEV := m
CONFIG_DEVSCOPE_EVDEV := m
EOF
cc=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="*\([^ ]*\) .*/\1/p' "$kdir/include/config/auto.conf")
llvm=$(sed -n 's/^CONFIG_RUSTC_LLVM_VERSION=\(.*\)....$/-\1/p' "$kdir/include/config/auto.conf")
# Helpers are inlined where the LLVM of rustc is there.
command -v "clang$llvm" >/dev/null && command -v "llvm-link$llvm" >/dev/null || llvm=
exec make -C "$kdir" M="$PWD" CC="$cc" DEVSCOPE_LLVM="$llvm" \
	DEVSCOPE_CONFIG="$PWD/config" -j"$(nproc)" modules
