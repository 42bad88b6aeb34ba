"""One peer in one process: reads a request a line, as JSON, and answers with a line. Started by `interleaved.py`.

    PYTHON worker.py PEER.py THREADS FILE.py ...

The files are loaded by their paths, because a peer's interpreter has no dwbridge. Requests:

    {"do": "prepare", "sizes": [C, H, M, k, s], "batch": N}     answers operations and a digest of what they give
    {"do": "network", "network": NAME, "batch": N, "size": H}   answers operations and their losses of three steps
    {"do": "scratch", "operation": NAME}                        answers bytes beside outputs that Python and NumPy see
    {"do": "peak", "operation": NAME}                           answers bytes: the most in two calls, and before them
    {"do": "profile", "operation": NAME, "repeats": R}          answers the least milliseconds of every kind of operator
    {"do": "burst", "operation": NAME, "seconds": S, "least": N}  answers the seconds of each call

An answer is {"error": TEXT} where something went wrong.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tracemalloc
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
        self.at_rest = 0

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        return dict(getattr(self, request["do"])(request))

    def hello(self, request: dict[str, Any]) -> dict[str, Any]:
        versions = self.peer.versions()  # imports it
        self.at_rest = resident("VmRSS")
        return {"versions": {"python": sys.version.split()[0], **versions}}

    def prepare(self, request: dict[str, Any]) -> dict[str, Any]:
        shape = self.shapes.Shape(*request["sizes"])
        self.calls.clear()
        self.calls = self.peer.calls(shape.arrays(request["batch"]), shape.stride, shape.pad, self.threads)
        return {"digests": {name: digest(call()) for name, call in self.calls.items()}}

    def network(self, request: dict[str, Any]) -> dict[str, Any]:
        self.calls.clear()
        self.calls = self.peer.network(request)
        return {"losses": {name: [call() for _ in range(3)] for name, call in self.calls.items()}}

    def burst(self, request: dict[str, Any]) -> dict[str, Any]:
        call, least = self.calls[request["operation"]], request.get("least", 3)
        return {"times": self.timing.burst(call, request["seconds"], least)}

    def scratch(self, request: dict[str, Any]) -> dict[str, Any]:
        """The most that one call has allocated at a time, without what it returns."""
        tracemalloc.start()
        outputs = self.calls[request["operation"]]()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return {"bytes": max(0, most - sum(y.nbytes for y in outputs))}

    def peak(self, request: dict[str, Any]) -> dict[str, Any]:
        Path("/proc/self/clear_refs").write_text("5")  # forgets the largest size so far
        for _ in range(2):
            self.calls[request["operation"]]()
        return {"bytes": resident("VmHWM"), "at_rest": self.at_rest}

    def profile(self, request: dict[str, Any]) -> dict[str, Any]:
        call = self.calls[request["operation"]]
        call()
        runs = [self.peer.profile(call) for _ in range(request["repeats"])]
        kinds = {kind for run in runs for kind in run}
        return {"milliseconds": {kind: min(run.get(kind, 0.0) for run in runs) for kind in kinds}}


def resident(entry: str) -> int:
    """Bytes that the system says this process has in memory (VmRSS), or had at the most (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{entry}:"))


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
