#!/bin/bash
# Everything the bench needs, then the bench: bash bench/run.sh [latency] [ingest] [cost] [orders] [soak] [--quick]   (--help shows the rest)
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python
[ -x "$python" ] || { echo "bench: set up .venv first (README.md)" >&2; exit 2; }
"$python" -c "import psutil, websockets" 2>/dev/null || "$python" -m pip install -q -r requirements-dev.txt
if [ ! -d bench/limit/node_modules/uplot ] && command -v npm >/dev/null; then
  npm install --prefix bench/limit --no-audit --no-fund --no-package-lock --silent || echo "bench: npm could not fetch the canvas library" >&2
fi
exec "$python" -m bench.run "$@"
