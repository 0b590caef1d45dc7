"""A dashboard that is started often: everything is imported once, then each start is a fork that runs `run_dashboard` itself.

Spoken to by lines on stdin: the arguments of a start as JSON. Answers with the process number.
"""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import uvicorn  # noqa: F401
from uvicorn.protocols.http import h11_impl  # noqa: F401

import app.web.server  # noqa: F401
import run_dashboard


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os._exit(run_dashboard.main(json.loads(line)))
        print(child, flush=True)
        os.waitpid(child, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
