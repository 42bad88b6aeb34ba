"""What several runs of the tests want is made once: the first to come makes it, the others wait, and find it."""

import os
from collections.abc import Callable
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: what two want at once, both make
    fcntl = None  # type: ignore[assignment]


def made_once(path: Path, make: Callable[[Path], None]) -> Path:
    """A file that is there, or is made: `make` writes another beside it, which takes its place when it is whole."""
    if path.exists():
        return path
    lock = path.with_suffix(".lock")
    with lock.open("w") as held:
        if fcntl is not None:
            fcntl.flock(held, fcntl.LOCK_EX)  # until it is closed, however this process ends
        if not path.exists():
            begun = path.with_suffix(f".{os.getpid()}")
            make(begun)
            begun.replace(path)
    lock.unlink(missing_ok=True)
    return path
