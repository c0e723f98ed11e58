#!/bin/sh
# `make install`: linewatch as a service of this host. Run again after `git pull` it updates; a configuration and a record that exist are left as they are.
# Without a network, give pip a folder of wheels: PIP_NO_INDEX=1 PIP_FIND_LINKS=/media/wheels make install
set -eu
umask 022 # whatever root's own is: the service's user has to read the program
cd "$(dirname "$0")/.."

program=/opt/linewatch
settings=/etc/linewatch
record=/var/lib/linewatch
python=${PYTHON:-python3}

say() { printf 'linewatch: %s\n' "$*"; }
refuse() { printf 'linewatch: %s\n' "$*" >&2; exit 2; }

[ "$(id -u)" = 0 ] || refuse "make install needs root: it adds a user and a service (sudo make install)"
command -v "$python" >/dev/null || refuse "$python is not installed: apt-get install python3 python3-venv"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || refuse "linewatch needs Python 3.11 or newer, $python is older"
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
  { apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null; } || refuse "python3-venv could not be installed"
fi

# The program, in a folder of its own that nobody but root can change; made anew where Python was upgraded under it.
"$program/.venv/bin/python" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear "$program/.venv"
"$program/.venv/bin/pip" install -q --disable-pip-version-check --root-user-action ignore -c constraints.txt "${EXTRAS:-.}"
ln -sfn "$program/.venv/bin/linewatch" /usr/local/bin/linewatch

id -u linewatch >/dev/null 2>&1 || useradd --system --user-group --home-dir "$record" --no-create-home --shell /usr/sbin/nologin linewatch
install -d -m 0750 -o root -g linewatch "$settings"
install -d -m 0750 -o linewatch -g linewatch "$record"
if [ ! -e "$settings/linewatch.toml" ]; then
  "$program/.venv/bin/linewatch" init --config "$settings/linewatch.toml" --store "sqlite:///$record/linewatch.db"
  chgrp linewatch "$settings/linewatch.toml"
fi

install -D -m 0644 deploy/linewatch.service /etc/systemd/system/linewatch.service
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl enable --quiet linewatch
  systemctl restart linewatch
  say "the service runs; systemctl status linewatch"
else
  # No systemd runs here (an image, a chroot): the service starts with the next boot.
  install -d /etc/systemd/system/multi-user.target.wants
  ln -sfn /etc/systemd/system/linewatch.service /etc/systemd/system/multi-user.target.wants/linewatch.service
  say "installed; the service starts when the host boots"
fi
say "configuration $settings/linewatch.toml, record $record; linewatch doctor looks everything over"
