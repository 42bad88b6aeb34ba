"""Panels: what the columns of a matrix product see of the images, gathered where registers find it.

Columns are output pixels, the images' one after another: column (n P + p) Q + q is pixel (p, q) of image n. Row t C + c
of a panel is what tap t reads of channel c. Pixels outside the image are zero.

A panel's `form` is (row, width, apart): column j of row k is at k row + (j // width) apart + j % width, so that tiles
of `width` columns lie in one stretch each; `apart` is 0 if there is one tile only. A piece is a stretch of columns
whose pixels are evenly spaced in memory. Rows are filled in ascending order, piece by piece, in whole vectors: what is
written too much lies where the next piece or the next row is written afterwards, or in the room behind a tile.

`grid` is (P, Q, H, W, sy, sx, xn, xh, xw): rows and columns of the output and of the image, the strides between pixels
that neighbouring outputs read, and the image's strides in memory, but for the channels'.
"""

from __future__ import annotations

from dwbridge.kernels.compiled.compiler import routine, subroutine
from dwbridge.kernels.compiled.vectors.elements import read
from dwbridge.kernels.compiled.vectors.rows import copy_over, copy_tiles, fetch, zero_over

#: Rows that are asked for before they are copied: memory answers late.
AHEAD = 2
#: In place of a position: the piece lies outside the images. Positions may be negative where strides are.
OUTSIDE = -(1 << 62)


@subroutine
def find_pieces(pieces, column, count, grid, tap_y, tap_x):
    """The pieces of `count` columns from `column` on, as one tap sees them; returns how many there are.

    pieces[k] is (first column, columns, position): relative to a channel of the first image, or OUTSIDE.
    """
    P, Q, H, W, sy, sx, xn, xh, xw = grid
    q = column % Q
    p = column // Q % P
    n = column // (P * Q)
    found = 0
    done = 0
    while done < count:
        y = p * sy + tap_y
        x = q * sx + tap_x
        length = min(count - done, Q - q)
        position = OUTSIDE
        if 0 <= y < H and x < 0:
            length = min(length, (sx - 1 - x) // sx)
        elif 0 <= y < H and x < W:
            length = min(length, (W - x + sx - 1) // sx)
            position = xn * n + xh * y + xw * x
        pieces[found, 0] = done
        pieces[found, 1] = length
        pieces[found, 2] = position
        found += 1
        done += length
        q += length
        if q == Q:
            q = 0
            p += 1
            if p == P:
                p = 0
                n += 1
    return found


@subroutine
def fill_rows(panel, first, form, x, start, channels, xc, step, pieces, found):
    """Rows of a panel for one tap: channel c's from panel[first + c row] on, its pixels `step` apart in memory."""
    small = form[2] == 0 and step == 1 and goes_on(panel, x, start, channels, xc, pieces, found)
    if small:
        fill_tile(panel, first, form[0], x, start, channels, xc, pieces, found)
        return
    for c in range(channels):
        base = start + c * xc
        if found == 1 and step == 1 and pieces[0, 2] != OUTSIDE:
            fetch(x, base + AHEAD * xc + pieces[0, 2], pieces[0, 1])
        for k in range(found):
            begin = base + pieces[k, 2]
            exists = pieces[k, 2] != OUTSIDE
            if form[2] == 0:
                copy_columns(panel, first + c * form[0] + pieces[k, 0], x, begin, step, pieces[k, 1], exists)
            else:
                copy_piece(panel, first + c * form[0], form, pieces[k, 0], x, begin, step, pieces[k, 1], exists)


@routine
def fill_tile(panel, first, width, x, start, channels, xc, pieces, found):
    """As `fill_rows`, for short pieces whose pixels lie side by side, in memory that goes on behind them."""
    for c in range(channels):
        for k in range(found):
            copy_tiles(panel, first + c * width + pieces[k, 0], 0, x, start + c * xc + pieces[k, 2], 1, 1)


@routine
def goes_on(panel, x, start, channels, xc, pieces, found):
    """Whether pieces are what `fill_tile` takes."""
    width = 64 // panel.itemsize
    for k in range(found):
        if pieces[k, 1] > width:
            return False
        begin = start + pieces[k, 2]
        end = begin + (channels - 1) * xc
        if pieces[k, 2] == OUTSIDE or max(begin, end) + width > len(x):
            return False
    return True


@routine
def copy_piece(panel, row, form, column, x, begin, step, count, exists):
    """One piece of a panel's row, tile by tile."""
    _, width, apart = form
    lane = column % width
    to = row + column // width * apart + lane
    done = 0
    if lane == 0 and exists and step == 1:
        tiles = count // width
        copy_tiles(panel, to, apart, x, begin, tiles, 1)
        done = tiles * width
        to += tiles * apart
    elif lane == 0 and exists and step == 2 and begin + 2 * count <= len(x):
        tiles = count // width
        copy_tiles(panel, to, apart, x, begin, tiles, 2)
        done = tiles * width
        to += tiles * apart
    while done < count:
        length = min(count - done, width - lane)
        copy_columns(panel, to, x, begin + done * step, step, length, exists)
        done += length
        to += apart - lane
        lane = 0


@routine
def copy_columns(panel, to, x, begin, step, count, exists):
    """Columns of one tile's row. Vectors may read past the last one where there is memory; else one by one."""
    past = count + 16
    if not exists:
        zero_over(panel, to, count)
    elif step == 1 and begin + past <= len(x):
        copy_over(panel, to, x, begin, count, 1)
    elif step == 2 and begin + 2 * past <= len(x):
        copy_over(panel, to, x, begin, count, 2)
    else:
        for j in range(count):
            panel[to + j] = read(x, begin + j * step)


@subroutine
def fetch_rows(x, start, first, stop, xc, step, pieces, found):
    """Asks for what `fill_rows` will read of channels first .. stop."""
    for c in range(first, stop):
        for k in range(found):
            if pieces[k, 2] != OUTSIDE and step > 0:
                fetch(x, start + c * xc + pieces[k, 2], pieces[k, 1] * step)
