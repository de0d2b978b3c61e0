#!/bin/sh
# Whether the page in the package is the one that web/ makes: types, tests of the logic, and a fresh build, byte for byte.
set -eu
cd "$(dirname "$0")/../web"
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
npm run --silent types
npm run --silent test
npx vite build --logLevel warn --outDir "$fresh/playground" --emptyOutDir
diff -r "$fresh/playground" ../src/omnireel/api/playground ||
    { echo "src/omnireel/api/playground is not what web/ builds; run make web and commit it" >&2; exit 1; }
echo "src/omnireel/api/playground is what web/ builds"
