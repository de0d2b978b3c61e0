#!/bin/sh
# Get what looks deploy/ over into a virtual environment of its own:  tools/deploy_tools.sh FOLDER PYTHON
#
# Docker Compose, hadolint and Kubernetes' schemas are programs in wheels, and so is Helm, inside a package of AWS's.
# All of it is locked with hashes. Only for x86-64: elsewhere the tests that need them are skipped, loudly.
set -eu

folder=$1
python=$2
cd "$(dirname "$0")/.."

rm -rf "$folder"
"$python" -m venv "$folder"
install() { "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes "$@"; }
install -r requirements/deploy.lock
install --no-deps --target "$folder/aws" -r requirements/helm.lock
"$folder/bin/python" - "$folder" <<'END'
import io
import sys
import tarfile
import zipfile
from pathlib import Path

folder = Path(sys.argv[1])
(package,) = (folder / "aws").glob("aws_cdk/*/_jsii/*.tgz")
with tarfile.open(package) as whole:
    layer = whole.extractfile("package/lib/layer.zip").read()
with zipfile.ZipFile(io.BytesIO(layer)) as programs:
    helm = folder / "bin" / "helm"
    helm.write_bytes(programs.read("helm/helm"))
    helm.chmod(0o755)
END
rm -rf "$folder/aws"
