"""One peer in one process: reads a request a line, as JSON, and answers with a line. Started by `interleaved.py`.

    PYTHON worker.py PEER.py THREADS FILE.py ...

The files are loaded by their paths, because a peer's interpreter has no dwbridge. Requests:

    {"do": "prepare", "sizes": [C, H, M, k, s], "batch": N}     answers operations and a digest of what they give
    {"do": "burst", "operation": NAME, "seconds": S}            answers the seconds of each call

An answer is {"error": TEXT} where something went wrong.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

BENCH = Path(__file__).resolve().parents[1] / "dwbridge" / "cli" / "bench"


def load(path: str | Path) -> ModuleType:
    """The file as a module. Its name is its own, so that peers/torch.py does not stand in torch's way."""
    spec = importlib.util.spec_from_file_location(f"loaded_{Path(path).stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class Worker:
    """The peer, and what it was asked to prepare last."""

    def __init__(self, peer: ModuleType, threads: int) -> None:
        self.peer, self.threads = peer, threads
        self.shapes, self.timing = load(BENCH / "shapes.py"), load(BENCH / "burst.py")
        self.calls: dict[str, Any] = {}

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        return dict(getattr(self, request["do"])(request))

    def hello(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"versions": {"python": sys.version.split()[0], **self.peer.versions()}}

    def prepare(self, request: dict[str, Any]) -> dict[str, Any]:
        shape = self.shapes.Shape(*request["sizes"])
        self.calls.clear()
        self.calls = self.peer.calls(shape.arrays(request["batch"]), shape.stride, shape.pad, self.threads)
        return {"digests": {name: digest(call()) for name, call in self.calls.items()}}

    def burst(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"times": self.timing.burst(self.calls[request["operation"]], request["seconds"])}


def digest(outputs: Any) -> list[list[float]]:
    """Mean and mean size of every output: enough to see that two peers compute the same."""
    import numpy as np

    if outputs is None:
        return []
    wide = [np.asarray(y.numpy() if hasattr(y, "numpy") else y, np.float64) for y in outputs]
    return [[float(y.mean()), float(np.abs(y).mean())] for y in wide]


def main() -> None:
    # What a peer prints must not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = Worker(load(sys.argv[1]), int(sys.argv[2]))
    worker.peer.start(worker.threads)
    for line in sys.stdin:
        try:
            answer = worker.answer(json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
