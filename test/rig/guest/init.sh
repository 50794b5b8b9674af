#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# First process of a test host.
export PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/root
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
life=$(sed -n 's/.*vmlife=\([0-9]*\).*/\1/p' /proc/cmdline)
(sleep "${life:-1800}"; poweroff -f) &
for m in /lib/modules/*.ko; do insmod "$m" || echo "insmod $m failed"; done
ip link set lo up
n=0
while [ ! -e /sys/class/net/eth0 ] && [ $n -lt 200 ]; do usleep 50000; n=$((n + 1)); done
ip addr add 10.0.2.15/24 dev eth0
ip link set eth0 up
ip route add default via 10.0.2.2
hostname vm
ulimit -n 65536
chown -R 1000:1000 /home/user
if [ -x /usr/sbin/sshd ]; then /usr/sbin/sshd -e; else dropbear -s -r /etc/dropbear/hostkey -P /run/dropbear.pid; fi
# sshd listens after it went to the background
n=0
while ! grep -q ':0016 .* 0A ' /proc/net/tcp /proc/net/tcp6 2>/dev/null && [ $n -lt 200 ]; do usleep 50000; n=$((n + 1)); done
echo "VM-READY $(uname -r)" >/dev/console
exec init
