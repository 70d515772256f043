#!/bin/sh
# Make a folder and a tar that install the service on a machine without a network.
# Usage: make.sh [FOLDER]; LOCK names the pinned packages, PYTHON the interpreter of the target's version,
# EXTRAS what is wanted beside them, such as province,redis.
set -eu
house=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:-$house/dist/tianfu-bundle}
lock=${LOCK:-$house/requirements/serve.lock}
python=${PYTHON:-$house/.venv/bin/python}

[ ! -e "$out" ] || { echo "$out exists; remove it or name another folder." >&2; exit 2; }
making=$out.making
rm -rf "$making"
mkdir -p "$making/wheels"
wheel() { "$python" -m pip --disable-pip-version-check --quiet wheel --wheel-dir "$making/wheels" "$@"; }
wheel --no-deps -r "$lock"
wheel --no-deps "$house"
[ -z "${EXTRAS:-}" ] || wheel -c "$lock" --find-links "$making/wheels" "$house[$EXTRAS]"
cp "$house/deploy/bundle/install.sh" "$house/LICENSE" "$making/"
"$python" -c 'import platform as p; print(*p.python_version_tuple()[:2], p.machine())' > "$making/MADE_FOR"
(cd "$making" && find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum > SHA256SUMS)
mv "$making" "$out"
tar -C "$(dirname "$out")" -cf "$out.tar" "$(basename "$out")"
echo "$out.tar: $(ls "$out/wheels" | wc -l) wheels, $(du -h "$out.tar" | cut -f1)."
echo "Note its sum beside it, not with it: $(sha256sum < "$out.tar" | cut -d' ' -f1)"
