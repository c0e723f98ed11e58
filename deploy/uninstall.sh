#!/bin/sh
# `make uninstall`: takes the service and the program away. The configuration and the record stay: they are the evidence.
set -eu

say() { printf 'linewatch: %s\n' "$*"; }

[ "$(id -u)" = 0 ] || { printf 'linewatch: make uninstall needs root (sudo make uninstall)\n' >&2; exit 2; }
if [ -d /run/systemd/system ]; then
  systemctl disable --quiet --now linewatch 2>/dev/null || true
fi
rm -f /etc/systemd/system/linewatch.service /etc/systemd/system/multi-user.target.wants/linewatch.service
[ "$(readlink /usr/local/bin/linewatch 2>/dev/null)" != /opt/linewatch/.venv/bin/linewatch ] || rm -f /usr/local/bin/linewatch
rm -rf /opt/linewatch/.venv
rmdir /opt/linewatch 2>/dev/null || true
[ ! -d /run/systemd/system ] || systemctl daemon-reload
say "removed. /etc/linewatch and /var/lib/linewatch are left as they are, and so is the user linewatch, who owns them"
