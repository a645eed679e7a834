#!/bin/sh
# Installs from the distribution what Wardline needs beside Go and Node.
#
#   deploy/install-deps.sh run    PostgreSQL server            (called by `make run`)
#   deploy/install-deps.sh test   the same, Chromium, a font, a C compiler, and OpenLDAP and
#                                 Samba to fetch staff from (by `make test`)
#   deploy/install-deps.sh bench  PostgreSQL, Chromium, and ejabberd to measure against (by
#                                 `make bench`)
#
# OpenLDAP, Samba and ejabberd are never started by the system: the tests start their own.
#
# Debian 12 and Ubuntu 24.04. Says nothing and changes nothing when all is there. Installs
# as root or where sudo asks no password; otherwise prints the exact command and ends with
# status 1, as it does for what must come from elsewhere (Go, Node, a browser on Ubuntu).
set -eu

say() { printf '%s\n' "install-deps: $*" >&2; }

case "${1-}" in
run | test | bench) purpose=$1 ;;
*)
	say "usage: $0 run|test|bench"
	exit 2
	;;
esac

# ---- what must be there already -------------------------------------------------------

problems=0
problem() {
	say "$*"
	problems=1
}

# at_least WANTED FOUND compares dotted versions.
at_least() {
	[ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

check_tools() {
	command -v git >/dev/null || problem "git is missing: sudo apt-get install -y git"
	command -v make >/dev/null || problem "make is missing: sudo apt-get install -y make"
	# The distributions' own Go and Node are too old; a go command from 1.21 on may fetch the
	# version named in go.mod by itself, so the version is asked for inside the repository.
	if ! command -v go >/dev/null; then
		problem "Go is missing: version 1.26 or newer from https://go.dev/dl/"
	else
		found=$(cd "$(dirname "$0")/.." && go env GOVERSION 2>/dev/null | sed 's/^go//') || found=
		at_least 1.26 "${found:-0}" || problem "Go ${found:-of unknown version} is too old: version 1.26 or newer from https://go.dev/dl/"
	fi
	if ! command -v node >/dev/null; then
		problem "Node.js is missing: version 20 or newer from https://nodejs.org/"
	else
		found=$(node --version 2>/dev/null | sed 's/^v//') || found=
		at_least 20 "${found:-0}" || problem "Node.js ${found:-of unknown version} is too old: version 20 or newer from https://nodejs.org/"
	fi
	command -v npm >/dev/null || problem "npm is missing: it comes with Node.js from https://nodejs.org/"
}

# ---- what the distribution has --------------------------------------------------------

has_postgres() {
	for program in /usr/lib/postgresql/*/bin/postgres; do
		[ -x "$program" ] && [ -x "$(dirname "$program")/initdb" ] && return 0
	done
	command -v postgres >/dev/null && command -v initdb >/dev/null
}

# A browser counts when it tells its version: Ubuntu's chromium-browser is a stub that
# only points to snap.
has_browser() {
	for name in chromium google-chrome google-chrome-stable chromium-browser; do
		if command -v "$name" >/dev/null && "$name" --version >/dev/null 2>&1; then
			return 0
		fi
	done
	return 1
}

has_font() {
	[ -d /usr/share/fonts/truetype/dejavu ] || [ -d /usr/share/fonts/truetype/liberation ] ||
		[ -d /usr/share/fonts/truetype/liberation2 ]
}

# The server to compare with, and the library by which it reaches PostgreSQL.
has_peer() {
	[ -d /usr/share/ejabberd/sql ] && dpkg-query -W -f '${Status}' ejabberd erlang-p1-pgsql 2>/dev/null | grep -q ' installed.* installed'
}

# The directories staff is fetched from, and what brings Samba's domain controller to life.
directories="slapd ldap-utils samba samba-ad-provision samba-dsdb-modules samba-vfs-modules winbind krb5-user ldb-tools iproute2"
missing_directories() {
	for package in $directories; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed' || printf ' %s' "$package"
	done
}

is_ubuntu() {
	[ -r /etc/os-release ] && grep -q '^ID=ubuntu' /etc/os-release
}

# ---- installing -----------------------------------------------------------------------

clusterconf=/etc/postgresql-common/createcluster.conf
# The package would otherwise make and start a cluster of its own on port 5432.
nocluster="sed -i 's/^#*[[:space:]]*create_main_cluster.*/create_main_cluster = false/' $clusterconf"

# Likewise servers would be started, now and at each boot, and Erlang's port mapper with them,
# which listens on every interface. What an administrator has installed before stays as it is.
policy=/usr/sbin/policy-rc.d
nostart="[ -e $policy ] || { printf '#!/bin/sh\\n# by install-deps\\nexit 101\\n' >$policy && chmod 755 $policy; }
mkdir -p /etc/systemd/system
for unit in; do [ -e /lib/systemd/system/\$unit ] || ln -sf /dev/null /etc/systemd/system/\$unit; done"
maystart="! grep -qs 'by install-deps' $policy || rm -f $policy"

# commands prints the lines to run as root, in order.
commands() {
	echo "apt-get update -q"
	if [ -n "$postgres" ]; then
		echo "DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends postgresql-common"
		echo "$nocluster"
	fi
	[ -z "$peer" ] || echo "$nostart" | sed "s/for unit in/&$units/"
	echo "DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends$postgres$others$peer${peer:+ || failed=1}"
	[ -z "$peer" ] || echo "$maystart"
	[ -z "$peer" ] || echo '[ -z "${failed-}" ]'
}

install() {
	if ! command -v apt-get >/dev/null; then
		say "missing:$postgres$others$peer; install them with this system's package manager"
		exit 1
	elif [ "$(id -u)" = 0 ]; then
		root="sh -eu"
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
		root="sudo -n sh -eu"
	else
		say "missing:$postgres$others$peer; this user may not install. Run as root, then try again:"
		commands | sed 's/^/    /' >&2
		exit 1
	fi
	say "installing:$postgres$others$peer"
	# apt-get's many lines go to stderr, so that callers can read our stdout.
	commands | $root >&2
}

# ---- this purpose ---------------------------------------------------------------------

check_tools

postgres=
others=
peer= # servers that the system must not start
units=
has_postgres || postgres=" postgresql"
if [ "$purpose" != run ]; then
	if ! has_browser; then
		if is_ubuntu; then
			problem "no browser for the tests: Ubuntu has Chromium only as a snap, which this script does not install." \
				"Install Google Chrome (https://www.google.com/chrome/, command google-chrome) or run: sudo snap install chromium"
		else
			others="$others chromium"
		fi
	fi
	has_font || others="$others fonts-dejavu-core"
fi
if [ "$purpose" = test ]; then
	# The race detector links with a C compiler.
	command -v gcc >/dev/null || others="$others gcc libc6-dev"
	peer=$(missing_directories)
	units=" slapd.service smbd.service nmbd.service winbind.service samba-ad-dc.service"
fi
if [ "$purpose" = bench ]; then
	has_peer || peer=" ejabberd erlang-p1-pgsql"
	units=" ejabberd.service epmd.service epmd.socket"
fi

[ -z "$postgres$others$peer" ] || install

# A package manager that ends well is no proof.
has_postgres || problem "PostgreSQL's server is still missing after the installation"
if [ "${others#*chromium}" != "$others" ]; then
	has_browser || problem "Chromium is still missing or does not start after the installation"
fi
[ "$purpose" != bench ] || has_peer || problem "ejabberd is still missing after the installation"
[ "$purpose" != test ] || [ -z "$(missing_directories)" ] || problem "still missing after the installation:$(missing_directories)"
exit "$problems"
