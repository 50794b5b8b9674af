#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Test hosts with other kernels, in QEMU's software emulation: Debian kernel, busybox and an ssh server in RAM.
# Nothing is installed on this machine: packages are unpacked under $VM, with an apt configuration of its own.
#
#   vm.sh prepare                 download what is missing and write the initramfs $IMAGE
#   vm.sh run PORT FOLDER         become QEMU: ssh at 127.0.0.1:PORT, monitor at FOLDER/monitor, console on stdout
#
# Environment: VM (folder), KERNEL=5.10|6.1|6.12|6.12-oldest, ARCH=amd64|arm64, IMAGE (file),
#   LIFE (seconds after which the guest ends by itself, so that none is forgotten), MEM (MiB), CPUS
# KERNEL=ubuntu-SERIES, as ubuntu.list has them: that of Ubuntu, from the archive SOCKMAP_UBUNTU_ARCHIVE (URL)
set -euo pipefail
umask 022
: "${VM:?}" "${KERNEL:?}" "${ARCH:?}" "${IMAGE:?}"
LIFE=${LIFE:-1800} MEM=${MEM:-256} CPUS=${CPUS:-1}
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C
case $ARCH in
amd64) TRIPLE=x86_64-linux-gnu QEMU=qemu-system-x86_64 QPKG=qemu-system-x86 ;;
arm64) TRIPLE=aarch64-linux-gnu QEMU=qemu-system-aarch64 QPKG=qemu-system-arm ;;
*) echo "unknown architecture $ARCH" >&2; exit 2 ;;
esac
H=$VM/qemu-$ARCH G=$VM/guest-$ARCH T=$VM/tools-$ARCH KD=$VM/kernel-$KERNEL-$ARCH
LIBS=$H/usr/lib/$(uname -m)-linux-gnu:$H/lib/$(uname -m)-linux-gnu

# apt of its own: other suites and arm64 without touching the system's configuration. The mirrors are the system's.
aptconf() {
	local a=$VM/apt main security o
	mkdir -p "$a"/state/lists/partial "$a"/cache/archives/partial
	# shellcheck disable=SC2016
	main=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' | awk '$1=="bookworm"{print $2; exit}')
	# shellcheck disable=SC2016
	security=$(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' | awk '$1=="bookworm-security"{print $2; exit}')
	[ -n "$main" ] && [ -n "$security" ] || {
		echo "apt's sources name no Debian bookworm and bookworm-security; test hosts are made of these" >&2
		return 1
	}
	o="[arch=amd64,arm64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
	printf '%s\n' "deb $o $main bookworm main" "deb $o $security bookworm-security main" \
		"deb $o $main bookworm-backports main" "deb $o $security bullseye-security main" >"$a/sources.list"
	cat >"$a/apt.conf" <<-CFG
	APT::Architecture "amd64"; APT::Architectures { "amd64"; "arm64"; };
	Dir::Etc::sourcelist "$a/sources.list"; Dir::Etc::sourceparts "-";
	Dir::State "$a/state"; Dir::State::status "/var/lib/dpkg/status"; Dir::Cache "$a/cache";
	APT::Sandbox::User "root"; Acquire::Languages "none";
	CFG
	export APT_CONFIG=$a/apt.conf
	[ -n "$(find "$a/updated" -mmin -60 2>/dev/null)" ] || { apt-get update -qq && touch "$a/updated"; }
}

# get FOLDER PACKAGE...: download and unpack, all or nothing
get() {
	local d=$1 t f
	shift
	[ ! -d "$d" ] || return 0
	t=$(mktemp -d "$VM/partial.XXXXXX")
	mkdir "$t/debs" "$t/root"
	(cd "$t/debs" && apt-get download -qq "$@") || { rm -rf "$t"; return 1; }
	for f in "$t"/debs/*.deb; do dpkg-deb -x "$f" "$t/root"; done
	mv "$t/root" "$d"
	rm -rf "$t"
}

# The package of the kernel's newest build, or the oldest that Debian still has: only the series is fixed.
kernel_package() {
	case $KERNEL in
	*-oldest)
		apt-cache pkgnames "linux-image-${KERNEL%-oldest}." | grep -- "-cloud-$ARCH\$" | sort -V | sed -n 1p
		return
		;;
	esac
	apt-cache show "linux-image-cloud-$ARCH:$ARCH" | awk -v RS= -v v="$KERNEL." '
		match($0, /\nVersion: [^\n]*/) {
			version = substr($0, RSTART + 10, RLENGTH - 10)
			if (index(version, v) == 1 && match($0, /\nDepends: linux-image-[^ ,\n]*/)) {
				print substr($0, RSTART + 10, RLENGTH - 10)
				exit
			}
		}'
}

# Debian knows no keys of Ubuntu: their builds are named by their sums.
get_ubuntu() {
	local t kernel sum path n=0
	: "${SOCKMAP_UBUNTU_ARCHIVE:?is not set: the URL of an Ubuntu archive, the folder that holds dists and pool}"
	t=$(mktemp -d "$VM/partial.XXXXXX")
	mkdir "$t/root"
	while read -r kernel sum path; do
		[ "$kernel" = "$KERNEL" ] || continue
		n=$((n + 1))
		/usr/lib/apt/apt-helper -qq download-file "$SOCKMAP_UBUNTU_ARCHIVE/$path" "$t/deb" "SHA256:$sum" &&
			dpkg-deb -x "$t/deb" "$t/root" || { rm -rf "$t"; return 1; }
	done <"$(dirname "$0")/ubuntu.list"
	[ "$n" -gt 0 ] || { rm -rf "$t"; echo "ubuntu.list has no kernel $KERNEL" >&2; return 1; }
	mv "$t/root" "$1"
	rm -rf "$t"
}

fetch() {
	local q k
	aptconf
	if ! command -v "$QEMU" >/dev/null && [ ! -d "$H" ]; then
		q=$(apt-get install -s --no-install-recommends "$QPKG" 2>/dev/null | awk '/^Inst/{print $2}')
		# shellcheck disable=SC2086
		get "$H" $q
	fi
	if [ "${KERNEL#ubuntu-}" != "$KERNEL" ]; then
		[ -d "$KD" ] || get_ubuntu "$KD"
	elif [ ! -d "$KD" ]; then
		k=$(kernel_package)
		[ -n "$k" ] || { echo "Debian has no kernel $KERNEL for $ARCH" >&2; return 1; }
		get "$KD" "${k%:*}:$ARCH"
	fi
	get "$VM/guest-amd64" busybox-static dropbear-bin libtomcrypt1 libtommath1 openssh-server bpftool \
		libwrap0 libnsl2 libtirpc3 libelf1 libcap2
	# What tests put between connections: namespaces, links, NAT, a shell that opens TCP connections
	get "$T" {bash,libtinfo6,util-linux,libselinux1,libpcre2-8-0,iproute2,libbpf1,libbsd0,libmd0,libmnl0,iptables,libxtables12,libip4tc2,libip6tc2}:"$ARCH"
	[ "$ARCH" = amd64 ] || get "$G" {busybox-static,dropbear-bin,libtomcrypt1,libtommath1,libgmp10,libcrypt1,libc6,zlib1g,bpftool,libelf1,libcap2}:"$ARCH"
}

# addlibs FILE: the shared libraries it needs, recursively; those of this machine's architecture may come from it
addlibs() {
	local n d dirs="$G/usr/lib/$TRIPLE $G/lib/$TRIPLE $T/usr/lib/$TRIPLE $T/lib/$TRIPLE"
	[ "$ARCH" != amd64 ] || dirs="$dirs /lib/$TRIPLE /usr/lib/$TRIPLE"
	readelf -ld "$1" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p; s/.*interpreter: \(.*\)\]/\1/p' | while read -r n; do
		case $n in
		/*)
			[ ! -e "$ROOT$n" ] || continue
			mkdir -p "$ROOT$(dirname "$n")"
			for d in $dirs; do [ -e "$d/$(basename "$n")" ] && { cp -L "$d/$(basename "$n")" "$ROOT$n"; break; }; done
			;;
		ld-linux*) ;;
		*)
			[ ! -e "$ROOT/lib/$n" ] || continue
			for d in $dirs; do [ -e "$d/$n" ] && { cp -L "$d/$n" "$ROOT/lib/$n"; break; }; done
			[ -e "$ROOT/lib/$n" ] || { echo "no library $n for $1" >&2; continue; }
			addlibs "$ROOT/lib/$n"
			;;
		esac
	done
}
addbin() { mkdir -p "$ROOT/$(dirname "$2")"; cp -L "$1" "$ROOT/$2"; chmod 755 "$ROOT/$2"; addlibs "$1"; }
unpacked() { case $1 in *.xz) xz -dc "$1" ;; *.zst) zstd -qdc "$1" ;; *) cat "$1" ;; esac; }

# The files of some modules, dependencies first; one that is built in has none.
modules() {
	local m f d
	for m in "$@"; do
		f=$(find "$KD/lib/modules" -name "${m//_/[-_]}.ko" -o -name "${m//_/[-_]}.ko.*" | head -1)
		[ -n "$f" ] || continue
		d=$(unpacked "$f" | tr '\0' '\n' | sed -n 's/^depends=//p' | tr , ' ')
		# shellcheck disable=SC2086
		[ -z "$d" ] || modules $d
		echo "$f"
	done | awk '!seen[$0]++'
}

# numbered FOLDER: the modules that standard input names, in the order of their loading
numbered() {
	local f i=10
	mkdir -p "$1"
	while read -r f; do
		i=$((i + 1))
		unpacked "$f" >"$1/$i-$(basename "${f%.ko*}").ko"
	done
}

build() {
	local r home f
	ROOT=$(mktemp -d "$VM/partial.XXXXXX")
	trap 'rm -rf "$ROOT"' EXIT
	r=$ROOT
	chmod 755 "$r"
	mkdir -p "$r"/{bin,sbin,boot,etc,dev,proc,sys,run/sshd,tmp,lib/modules,usr/bin,usr/sbin,root/.ssh,home/user/.ssh,var/run,var/empty,var/log}
	chmod 1777 "$r/tmp"
	chmod 700 "$r/root" "$r/root/.ssh"
	ln -s /proc/self/mounts "$r/etc/mtab"
	cp "$G/bin/busybox" "$r/bin/"
	ln -s busybox "$r/bin/sh"
	[ -f "$VM/id" ] || ssh-keygen -q -t ed25519 -N '' -C sockmap-test -f "$VM/id"
	[ -f "$VM/hostkey" ] || ssh-keygen -q -t ed25519 -N '' -C sockmap-test-host -f "$VM/hostkey"
	for home in root home/user; do cp "$VM/id.pub" "$r/$home/.ssh/authorized_keys"; done
	printf '%s\n' root:x:0:0:root:/root:/bin/sh user:x:1000:1000:user:/home/user:/bin/sh \
		sshd:x:100:65534::/run/sshd:/bin/false nobody:x:65534:65534::/:/bin/false >"$r/etc/passwd"
	printf '%s\n' 'root:*:19000:0:99999:7:::' 'user:*:19000:0:99999:7:::' >"$r/etc/shadow"
	chmod 600 "$r/etc/shadow"
	printf '%s\n' root:x:0: user:x:1000: nogroup:x:65534: >"$r/etc/group"
	echo /bin/sh >"$r/etc/shells"
	echo '127.0.0.1 localhost vm' >"$r/etc/hosts"
	printf 'passwd: files\ngroup: files\nshadow: files\nhosts: files\n' >"$r/etc/nsswitch.conf"
	if [ "$ARCH" = amd64 ]; then
		addbin "$G/usr/sbin/sshd" usr/sbin/sshd
		mkdir -p "$r/etc/ssh"
		cp "$VM/hostkey" "$r/etc/ssh/hostkey"
		chmod 600 "$r/etc/ssh/hostkey"
		printf '%s\n' 'HostKey /etc/ssh/hostkey' 'UsePAM no' 'PasswordAuthentication no' 'PermitRootLogin yes' \
			'UseDNS no' 'PrintMotd no' 'MaxSessions 100' 'PidFile /run/sshd.pid' \
			'SetEnv PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' >"$r/etc/ssh/sshd_config"
	else # OpenSSH would need a dozen more libraries of that architecture
		addbin "$G/usr/sbin/dropbear" usr/sbin/dropbear
		mkdir -p "$r/etc/dropbear"
		f=$VM/guest-amd64
		LD_LIBRARY_PATH=$f/usr/lib/x86_64-linux-gnu "$f/usr/lib/dropbear/dropbearconvert" \
			openssh dropbear "$VM/hostkey" "$r/etc/dropbear/hostkey" >/dev/null 2>&1
	fi
	addbin "$G/usr/sbin/bpftool" usr/sbin/bpftool
	addbin "$T/bin/bash" bin/bash
	# Busybox's shell takes its own ip and nsenter, and its nsenter too: bash finds these.
	addbin "$T/bin/ip" usr/local/bin/ip
	addbin "$T/usr/bin/nsenter" usr/local/bin/nsenter
	addbin "$T/sbin/tc" usr/local/bin/tc
	addbin "$T/usr/sbin/xtables-legacy-multi" usr/local/bin/xtables-legacy-multi
	ln -s xtables-legacy-multi "$r/usr/local/bin/iptables"
	mkdir -p "$r/usr/lib/$TRIPLE/xtables"
	cp -P "$T/usr/lib/$TRIPLE"/xtables/libxt_{standard,tcp,NAT,REDIRECT,SNAT}.so "$r/usr/lib/$TRIPLE/xtables/"
	cp "$KD"/boot/config-* "$r/boot/" # the feature probe reads it
	modules virtio_pci virtio_mmio virtio_net virtio_rng tls inet_diag tcp_diag | numbered "$r/lib/modules"
	# Not loaded at boot: only the tests of test/datapath need them
	modules veth sch_tbf iptable_filter iptable_nat xt_tcpudp xt_REDIRECT xt_nat gcm ctr ghash_generic | numbered "$r/lib/modules/traffic"
	cp "$(dirname "$0")/init.sh" "$r/init"
	chmod 755 "$r/init"
	echo '::ctrlaltdel:/bin/poweroff -f' >"$r/etc/inittab"
	(cd "$r" && find . | sort | "$VM/guest-amd64/bin/busybox" cpio -o -H newc -R 0:0) >"$r.cpio" 2>/dev/null
	mv "$r.cpio" "$IMAGE"
}

run() {
	local port=$1 folder=$2 bin machine cpu net tty dir q
	# QEMU's emulated cmpxchg16b now and then ruins RSP and RFLAGS; kernels from 6.5 on use it in the slab allocator
	# (mm/slub.c, system_has_freelist_aba) and die of a double fault, unless the CPU has none.
	case $ARCH in
	amd64) machine=pc,usb=off,vmport=off cpu=max,-cx16 net=virtio-net-pci,netdev=n0,romfile= tty=ttyS0 ;;
	arm64) machine=virt cpu=cortex-a57 net=virtio-net-device,netdev=n0 tty=ttyAMA0 ;;
	esac
	q=(-M "$machine" -accel tcg,thread=multi,tb-size=256 -cpu "$cpu" -smp "$CPUS" -m "$MEM"
		-nodefaults -no-user-config -display none -no-reboot -serial stdio
		-kernel "$(ls "$KD"/boot/vmlinuz-*)" -initrd "$IMAGE"
		-append "console=$tty loglevel=4 panic=-1 oops=panic no_timer_check edd=off net.ifnames=0 random.trust_cpu=on vmlife=$LIFE"
		-netdev "user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:$port-:22" -device "$net"
		-monitor "unix:$folder/monitor,server=on,wait=off")
	bin=$(command -v "$QEMU") || {
		bin=$H/usr/bin/$QEMU
		for dir in usr/share/qemu usr/share/seabios usr/lib/ipxe/qemu; do q+=(-L "$H/$dir"); done
		export LD_LIBRARY_PATH=$LIBS
	}
	exec "$bin" "${q[@]}"
}

case ${1:-} in
prepare) fetch; build ;;
run) run "$2" "$3" ;;
*) awk 'NR>2&&!/^#/{exit} NR>2' "$0" >&2; exit 2 ;;
esac
