"""Memory that compute-sanitizer sees: with DWBRIDGE_EXACT_ALLOCATIONS=1 every array is an allocation of its own.

CuPy's pool rounds blocks up to 512 bytes and keeps them: an access behind an array, or to one that is gone, is within
memory of the process, and memcheck says nothing.
"""

import contextlib
import os
from collections.abc import Iterator
from types import ModuleType


@contextlib.contextmanager
def exact_where_asked(cupy: ModuleType) -> Iterator[None]:
    """Without the pool for the length of the `with` block, if the environment asks for that."""
    if not os.environ.get("DWBRIDGE_EXACT_ALLOCATIONS"):
        yield
        return
    pool = cupy.cuda.get_allocator()
    cupy.cuda.set_allocator(None)
    try:
        yield
    finally:
        cupy.cuda.set_allocator(pool)
