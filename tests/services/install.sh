#!/usr/bin/env bash
# Installs the services that `make test-services` needs, from the packages of Debian or Ubuntu: PostgreSQL, PgBouncer, Redis, Chromium, npm (for axe-core).
set -euo pipefail

packages=()
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || packages+=(postgresql)
command -v redis-server >/dev/null || packages+=(redis-server)
command -v pgbouncer >/dev/null || [ -x /usr/sbin/pgbouncer ] || packages+=(pgbouncer)
command -v npm >/dev/null || packages+=(npm)
command -v chromium >/dev/null || command -v google-chrome >/dev/null || packages+=(chromium)
[ ${#packages[@]} -gt 0 ] || { echo "PostgreSQL, PgBouncer, Redis, npm and a browser are installed."; exit 0; }

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  sudo -n true 2>/dev/null || { echo "Not installed, as this needs root: apt-get install ${packages[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
command -v apt-get >/dev/null || { echo "No apt-get here. Install by other means: ${packages[*]}" >&2; exit 1; }
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update --quiet
"${as_root[@]}" apt-get install --quiet --yes --no-install-recommends "${packages[@]}"
