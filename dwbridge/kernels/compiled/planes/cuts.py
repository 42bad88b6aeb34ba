"""How an output plane is cut into strips and tiles: its size alone decides."""

from __future__ import annotations

from typing import NamedTuple

#: Tile heights for strips of one to four vectors: enough sums to hide the latency of an addition, few enough to fit
#: the registers.
ROWS = {1: (7, 4, 1), 2: (4, 1), 3: (3, 1), 4: (2, 1)}

#: A tile of fewer sums than this takes as long as one of this many: every sum waits for its last addition.
BUSY = 8


class Cut(NamedTuple):
    """A plane in strips: first some that are `wide` vectors wide, then some that are `narrow` vectors wide.

    Strips go down the plane in tiles of `wide_rows` and `narrow_rows` rows.
    """

    wide: int
    wide_rows: int
    wide_count: int
    narrow: int
    narrow_rows: int
    narrow_count: int

    @classmethod
    def of(cls, rows: int, columns: int, lanes: int) -> Cut:
        """The cut of a plane.

        >>> Cut.of(56, 56, 8)
        Cut(wide=4, wide_rows=2, wide_count=1, narrow=3, narrow_rows=3, narrow_count=1)
        """
        vectors = -(-columns // lanes)
        if vectors <= 4:
            wide, wide_count, narrow, narrow_count = vectors, 1, 0, 0
        elif vectors == 5:
            wide, wide_count, narrow, narrow_count = 3, 1, 2, 1
        else:
            narrow_count = -vectors % 4
            wide, wide_count, narrow = 4, (vectors - 3 * narrow_count) // 4, 3
        narrow_rows = _tile_rows(narrow, rows) if narrow_count else 0
        return cls(wide, _tile_rows(wide, rows), wide_count, narrow, narrow_rows, narrow_count)


def _tile_rows(vectors: int, rows: int) -> int:
    """The tile height that takes the least time, the taller of two."""
    fitting = [r for r in ROWS[vectors] if r <= rows]
    return min(fitting, key=lambda r: (-(-rows // r) * max(BUSY, r * vectors), -r))
