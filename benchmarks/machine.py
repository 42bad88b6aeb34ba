"""What a result has to say about where, when and how it was measured, and the name of its file."""

from __future__ import annotations

import datetime
import os
import platform
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
VECTORS = ("fma", "avx2", "avx512f", "avx512_bf16", "amx_tile")


def description() -> dict[str, Any]:
    """Date, processor, system, commit and command line."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "processor": processor(),
        "vectors": [name for name in VECTORS if name in _cpuinfo("flags").split()],
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "commit": _commit(),
        "command": shlex.join(["python", *_relative(sys.argv)]),
    }


def processor() -> str:
    """The processor's name, with its family and model, since clouds shorten the names."""
    family, model = _cpuinfo("cpu family"), _cpuinfo("model")
    return f"{_cpuinfo('model name') or platform.processor() or 'unknown'} ({family}/{model})"


def file_stem(benchmark: str) -> str:
    """`<benchmark>_<processor>_<date>`."""
    name = re.sub(r"[^a-z0-9]+", "-", processor().lower()).strip("-")
    return f"{benchmark}_{name}_{datetime.date.today().isoformat()}"


def _cpuinfo(key: str) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    found = (line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == key)
    return next(found, "")


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"], cwd=ROOT, capture_output=True, text=True
    )
    return done.stdout.strip() or "unknown"


def _relative(words: list[str]) -> list[str]:
    return [os.path.relpath(word, ROOT) if word.startswith(str(ROOT)) else word for word in words]
