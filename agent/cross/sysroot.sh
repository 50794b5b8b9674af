#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# sysroot.sh ARCH DIR: headers and static libraries of another architecture (aarch64, x86_64), unpacked
# from Debian packages into DIR. Nothing is installed, and apt's own configuration stays as it is.
# DIR appears complete or not at all; done already, it does nothing.
set -eu

arch=$1 target=$2
[ -e "$target/.complete" ] && exit 0
case $arch in
aarch64) deb=arm64 ;;
x86_64) deb=amd64 ;;
*) echo "sysroot.sh: unknown architecture $arch (aarch64 or x86_64)" >&2; exit 2 ;;
esac
packages="libc6 libc6-dev linux-libc-dev libgcc-12-dev libbpf-dev libelf-dev zlib1g-dev libjansson-dev"

mkdir -p "$(dirname "$target")"
exec 9>"$target.lock"
flock 9
[ -e "$target/.complete" ] && exit 0
work=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$work/debs" "$work/root"

# The machine's own sources, with the other architecture allowed.
sources=$work/apt/sources.list
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
	[ -e "$file" ] && sed -n 's/^deb \(\[[^]]*\] *\)\{0,1\}/deb /p' "$file" >>"$sources"
done
for file in /etc/apt/sources.list.d/*.sources; do
	[ -e "$file" ] || continue
	awk '/^#/ { next }
		/^URIs:/ { $1 = ""; uris = $0 }
		/^Suites:/ { $1 = ""; suites = $0 }
		/^Components:/ { $1 = ""; components = $0 }
		function emit(  u, s, i, j, n, m) {
			n = split(uris, u); m = split(suites, s)
			for (i = 1; i <= n; i++)
				for (j = 1; j <= m; j++)
					print "deb " u[i] " " s[j] components
			uris = suites = components = ""
		}
		/^$/ { emit() }
		END { emit() }' "$file" >>"$sources"
done
cat >"$work/apt/apt.conf" <<CONFIG
APT::Architectures { "$deb"; };
APT::Architecture "$deb";
Dir::Etc::sourcelist "$sources";
Dir::Etc::sourceparts "-";
Dir::State "$work/apt";
Dir::State::status "$work/apt/status";
Dir::Cache "$work/apt/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
CONFIG
: >"$work/apt/status"
export APT_CONFIG="$work/apt/apt.conf"
apt-get update -qq
# shellcheck disable=SC2046,SC2086
(cd "$work/debs" && apt-get download -qq $(printf "%s:$deb " $packages))
unset APT_CONFIG
for file in "$work"/debs/*.deb; do
	dpkg-deb -x "$file" "$work/root"
done
# Debian's libc scripts name /lib by absolute path; --sysroot finds it below.
[ -e "$work/root/lib" ] || ln -s usr/lib "$work/root/lib"
: >"$work/root/.complete"
rm -rf "$target"
mv "$work/root" "$target"
