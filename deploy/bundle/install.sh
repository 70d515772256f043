#!/bin/sh
# Install the service from this folder into a virtual environment.  Nothing is asked of any network.
# Usage: install.sh [TARGET]; PYTHON names the interpreter.  Running it again brings TARGET up to this version.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-/opt/tianfu}
python=${PYTHON:-python3}

fail() { echo "bundle_refused: $1" >&2; exit 1; }

cd "$here"
sha256sum --check --strict --quiet SHA256SUMS >&2 || fail "a file is missing or altered. Copy the bundle again."
[ "$(find . -type f ! -name SHA256SUMS | wc -l)" -eq "$(wc -l < SHA256SUMS)" ] ||
  fail "there are files that SHA256SUMS does not name. Copy the bundle again, into an empty folder."
"$python" -c 'import platform as p; print(*p.python_version_tuple()[:2], p.machine())' > /dev/null 2>&1 ||
  fail "$python does not run. Name an interpreter: PYTHON=/usr/bin/python3.11 $0"
here_is=$("$python" -c 'import platform as p; print(*p.python_version_tuple()[:2], p.machine())')
[ "$here_is" = "$(cat MADE_FOR)" ] ||
  fail "the bundle is for Python and machine $(cat MADE_FOR), this is $here_is. Name another PYTHON or make one here."
"$python" -m venv "$target" || fail "no virtual environment could be made. On Debian install python3-venv."
# No configuration of this machine may lead pip elsewhere; every wheel is named, none is looked for.
PIP_CONFIG_FILE=/dev/null "$target/bin/python" -m pip --isolated --disable-pip-version-check --quiet install \
  --no-index --no-deps --no-cache-dir --force-reinstall wheels/*.whl
"$target/bin/python" -m pip --isolated --disable-pip-version-check --quiet check
echo "tianfu $("$target/bin/tianfu" version) is in $target; begin with:
  export TIANFU_DATA_DIR=/var/lib/tianfu; $target/bin/tianfu serve"
