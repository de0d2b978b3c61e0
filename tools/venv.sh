#!/bin/sh
# Make or refresh the virtual environment:  tools/venv.sh FOLDER server|dev
#
# Uses uv when it is there, plain venv and pip when it is not. Both install exactly requirements/*.lock,
# hashes checked, and then the project itself. PYTHON names an interpreter to use instead of the first good one;
# UV=none keeps uv out of it.
set -eu

folder=$1
extra=$2
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

good() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    for name in ${PYTHON:-python3.13 python3.12 python3.11 python3 python}; do
        if command -v "$name" >/dev/null 2>&1 && good "$name"; then
            command -v "$name"
            return
        fi
    done
}

no_python() {
    say "error: Omnireel needs Python 3.11 or newer, and none was found (looked for: ${PYTHON:-python3.13 python3.12 python3.11 python3 python})."
    say "       Install one, for instance 'apt install python3 python3-venv', or install uv, which brings its own."
    exit 1
}

uv=${UV:-uv}
if [ "$uv" = none ] || ! command -v "$uv" >/dev/null 2>&1; then uv=; fi
python=$(find_python)

# An environment whose interpreter has gone, or is too old, is of no use.
if [ ! -x "$folder/bin/python" ] || ! good "$folder/bin/python"; then
    rm -rf "$folder"
    if [ -n "$uv" ]; then
        say "making $folder with uv"
        "$uv" venv --quiet --python "${python:-3.13}" "$folder"
    else
        [ -n "$python" ] || no_python
        say "making $folder with $python"
        "$python" -m venv "$folder" || {
            rm -rf "$folder"
            say "error: $python cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv"
            exit 1
        }
    fi
fi

say "installing requirements/$extra.lock into $folder"
if [ -n "$uv" ]; then
    install() { "$uv" pip install --quiet --python "$folder/bin/python" "$@"; }
else
    "$folder/bin/python" -m pip --version >/dev/null 2>&1 || "$folder/bin/python" -m ensurepip >/dev/null
    install() { "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; }
fi
install --require-hashes -r "requirements/$extra.lock"
install --no-deps --no-build-isolation -e .
touch "$folder/.omnireel-$extra"
