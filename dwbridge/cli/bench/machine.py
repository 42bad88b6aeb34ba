"""Which processor this is. Linux says it; elsewhere less is known."""

from __future__ import annotations

import os
import platform
from pathlib import Path

VECTORS = ("fma", "avx2", "avx512f", "avx512_bf16", "amx_tile", "asimd", "sve")


def processor() -> str:
    """The processor's name, with its family and model, since clouds shorten the names."""
    name, family, model = map(_cpuinfo, ("model name", "cpu family", "model"))
    return f"{name} ({family}/{model})" if name else platform.processor() or platform.machine() or "unknown"


def vectors() -> list[str]:
    """What it has of the vector instructions that matter here."""
    flags = f"{_cpuinfo('flags')} {_cpuinfo('Features')}".split()
    return [name for name in VECTORS if name in flags]


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpuinfo(key: str) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    pairs = (line.partition(":") for line in lines)
    return next((value.strip() for name, _, value in pairs if name.strip() == key), "")
