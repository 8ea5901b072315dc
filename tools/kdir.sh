#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# kdir.sh SOURCE HEADERS DIR
#
# Makes in DIR what modules in Rust are built against for a distribution's kernel: the metadata of the
# kernel's crates, which its package of headers leaves out. SOURCE is the kernel's source tree,
# HEADERS where that package has .config and Module.symvers. The compilers are those in PATH, and have
# to be those that the kernel was built with.
#
# Documentation/stock-kernel.rst says why this can be done, and how it is proved.

set -eu

die()
{
	echo "error: $*" >&2
	exit 1
}

[ $# = 3 ] || die "usage: $0 SOURCE HEADERS DIR"
source=$1 headers=$2 dir=$3
for file in "$source/Makefile" "$headers/.config" "$headers/Module.symvers"; do
	[ -e "$file" ] || die "there is no $file"
done

# The value of a text in the kernel's configuration.
value()
{
	sed -n "s/^CONFIG_$1=\"\(.*\)\"/\1/p" "$headers/.config"
}

# fits PROGRAM OPTION: whether it is the version that the kernel was built with.
fits()
{
	there=$("$1" --version 2>/dev/null) || there="not installed"
	wanted=$(value "$2")
	[ "$there" = "$wanted" ] ||
		die "the kernel was built with \`$wanted\`, and $1 here is \`$there\`"
}

fits rustc RUSTC_VERSION_TEXT
fits bindgen BINDGEN_VERSION_TEXT
cc=$(value CC_VERSION_TEXT)
cc=${cc%% *}
if grep -q '^CONFIG_CC_IS_CLANG=y' "$headers/.config"; then
	compiler=LLVM=1
else
	compiler=CC=$cc
	command -v "$cc" >/dev/null || die "the kernel was built with $cc, which is not installed"
fi
release=$(sed -n 's/^#define UTS_RELEASE "\(.*\)"/\1/p' "$headers/include/generated/utsrelease.h")
version=$(make -s -C "$source" kernelversion)
case $release in
"$version"*) ;;
*) die "$source is Linux $version, and the kernel is $release" ;;
esac

mkdir -p "$dir"
cp "$headers/.config" "$headers/Module.symvers" "$dir"
for target in olddefconfig modules_prepare; do
	make -C "$source" O="$dir" "$compiler" LOCALVERSION="${release#"$version"}" \
		-j"$(nproc)" "$target"
done

# Names have hashes of crate and compiler in them: the crates are the kernel's if they have all that
# the kernel exports.
awk -F '\t' '$3 == "vmlinux" && $2 ~ /^_R/ { print $2 }' "$dir/Module.symvers" |
	sort >"$dir/rust/theirs"
nm -p --defined-only "$dir"/rust/*.o | awk '$3 ~ /^_R/ { print $3 }' | sort -u >"$dir/rust/ours"
[ -s "$dir/rust/theirs" ] || die "the kernel exports no symbol of a Rust crate"
missing=$(comm -23 "$dir/rust/theirs" "$dir/rust/ours")
[ -z "$missing" ] ||
	die "the crates are not the kernel's: they lack $(echo "$missing" | wc -l) of its symbols," \
		"as $(echo "$missing" | head -n 1)"
echo "all $(wc -l <"$dir/rust/theirs") Rust symbols of $release fit"
