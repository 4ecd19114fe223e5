#!/bin/sh
# Installs the peers the interop matrix talks to, as Debian packages. Only what is missing; run it as often as you like.
#   test/interop/install.sh --ci   OpenSSL, GnuTLS, NSS, curl, nginx (Node is the one that runs the matrix); for
#                                  examples/hsm.ts SoftHSM and OpenSC
#   test/interop/install.sh        those, and Go, Java and Chromium
# Debian starts what it installs; /usr/sbin/policy-rc.d forbids it while this script runs, so no service is left running.
set -eu

case "${1:-}" in
  '' | --ci) ;;
  *)
    echo "usage: $0 [--ci]" >&2
    exit 2
    ;;
esac

missing=''
# need COMMAND PACKAGE: asks for PACKAGE when COMMAND is nowhere on the usual paths.
need() {
  PATH="$PATH:/usr/sbin:/sbin:/usr/local/go/bin" command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

need openssl openssl
need gnutls-serv gnutls-bin
need selfserv libnss3-tools
need curl curl
need nginx nginx-light
need softhsm2-util softhsm2
need pkcs11-tool opensc
if [ "${1:-}" != --ci ]; then
  need go golang-go
  need java default-jdk-headless
  need chromium chromium
fi

[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
  echo "$0: missing:$missing; run it as root" >&2
  exit 1
fi

policy=/usr/sbin/policy-rc.d
log=$(mktemp)
finish() {
  status=$?
  if [ -n "${forbade:-}" ]; then rm -f "$policy"; fi
  if [ "$status" != 0 ]; then cat "$log" >&2; fi
  rm -f "$log"
  exit "$status"
}
trap finish EXIT
if [ ! -e "$policy" ]; then
  forbade=yes
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
echo "installing:$missing"
apt-get -q update >>"$log" 2>&1
# shellcheck disable=SC2086 # one word per package
apt-get -q install -y --no-install-recommends $missing >>"$log" 2>&1
