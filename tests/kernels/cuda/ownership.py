"""Which outputs a launch computes: what the sources say of blocks and threads, once more in NumPy.

Each source has a function here, which counts for every output how many threads store it, or add it up. What a plan
promises is that this is once, whatever the shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dwbridge.kernels.cuda.plan.depthwise import Problem
from dwbridge.kernels.cuda.plan.launches import Launch


def outputs(launch: Launch, planes: int, image: tuple[int, int]) -> np.ndarray:
    """How many threads store each output: (planes, height, width)."""
    counts = np.zeros((planes, *image), int)
    for plane, row, column in STORED[launch.kernel](launch, planes, image):
        inside = column < image[1]
        assert (column >= 0).all()
        np.add.at(counts, (plane[inside], row[inside], column[inside]), 1)
    return counts


def summed(launch: Launch, problem: Problem) -> np.ndarray:
    """How often each output of a channel is in a sum of the weight gradient: (images, height, width)."""
    counts = np.zeros((problem.images, *problem.out_image), int)
    for image, row, column in SUMMED[launch.kernel](launch, problem):
        inside = column < problem.out_image[1]
        np.add.at(counts, (image[inside], row[inside], column[inside]), 1)
    return counts


Places = Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]


def defines_of(launch: Launch) -> dict[str, int]:
    """The numbers that an instance defines."""
    return {name: int(value) for name, value in launch.instance.defines if value.lstrip("-").isdigit()}


def _threads(launch: Launch) -> tuple[np.ndarray, np.ndarray]:
    """Block and thread, of every thread of the grid's first axis."""
    block, thread = np.divmod(np.arange(launch.grid[0] * launch.block), launch.block)
    return block, thread


def _one_by_one(launch: Launch, planes: int, image: tuple[int, int]) -> Places:
    _, given, run = launch.numbers
    assert given == planes
    block, thread = _threads(launch)
    for y in range(launch.grid[1]):
        first = y * run
        total = min(run, planes - first) * math.prod(image)
        begin, step = block * launch.block + thread, launch.grid[0] * launch.block
        for at in (begin + turn * step for turn in range(-(-max(total, 0) // step))):
            at = at[at < total]
            yield first + at // math.prod(image), at // image[1] % image[0], at % image[1]


def _strips(
    numbers: np.ndarray, lane: np.ndarray, works: np.ndarray, launch: Launch, height: int
) -> tuple[np.ndarray, ...]:
    """plane, first row, row behind the last one, and first column, of the threads that own outputs: `strip_of`."""
    d = defines_of(launch)
    bands, band_rows, strips = map(int, launch.numbers[-3:])
    owns = works & (lane >= d["OVERLAP"]) & (lane < d["LANES"] - d["OVERLAP"])
    number, lane = numbers[owns], lane[owns]
    band = number // strips
    column = (number % strips * (d["LANES"] - 2 * d["OVERLAP"]) + lane - d["OVERLAP"]) * d["V"]
    begin = band % bands * band_rows
    return band // bands, begin, np.minimum(begin + band_rows, height), column


def _bands(launch: Launch, height: int) -> tuple[np.ndarray, ...]:
    d, (block, thread) = defines_of(launch), _threads(launch)
    number = block * (launch.block // d["LANES"]) + thread // d["LANES"]
    return _strips(number, thread % d["LANES"], number < launch.numbers[1], launch, height)


def _rows(launch: Launch, planes: int, image: tuple[int, int]) -> Places:
    d = defines_of(launch)
    turn = -(-d["K"] // d["STRIDE"]) * d["STRIDE"]
    band_rows = int(launch.numbers[3])
    steps = -(-((band_rows - 1) * d["STRIDE"] + d["K"]) // turn) * turn
    plane, begin, end, column = _bands(launch, image[0])
    for p in range((steps - d["K"]) // d["STRIDE"] + 1):
        stores = begin + p < end
        for v in range(d["V"]):
            yield plane[stores], (begin + p)[stores], (column + v)[stores]


def _rows_data(launch: Launch, planes: int, image: tuple[int, int]) -> Places:
    d = defines_of(launch)
    alive, top = (d["K"] + 1) // 2, int(launch.numbers[0]["top"])
    plane, begin, end, column = _bands(launch, image[0])
    steps = -(-(alive - 1 + int(launch.numbers[3]) // 2 + 1) // alive) * alive
    for step in range(alive - 1, steps):
        for e in (0, 1):
            h = 2 * ((begin + top) // 2 - (alive - 1) + step) + e - top
            stores = (h >= begin) & (h < end)
            for c in range(2 * d["V"]):
                yield plane[stores], h[stores], (2 * column + c)[stores]


def _strips_of_a_warp(d: dict[str, int]) -> Places:
    """map, row and column of the outputs of a warp that has all its maps, round by round: `strip_of`."""
    strips, lane = -(-d["OUT_HEIGHT"] // d["STRIP"]), np.arange(32)
    of_a_map = strips * d["OUT_WIDTH"]
    assert d["MAPS"] == 1 or d["MAPS"] * of_a_map <= 32
    for first in range(0, d["MAPS"] * of_a_map, 32):
        item = (first + lane)[first + lane < d["MAPS"] * of_a_map]
        row = item % of_a_map // d["OUT_WIDTH"] * d["STRIP"]
        for r in range(d["STRIP"]):
            inside = row + r < d["OUT_HEIGHT"]
            yield (item // of_a_map)[inside], (row + r)[inside], (item % d["OUT_WIDTH"])[inside]


def _planes(launch: Launch, planes: int, image: tuple[int, int]) -> Places:
    d, (window, groups, slices) = defines_of(launch), launch.numbers
    channels, images = int(window["channels"]), int(window["images"])
    assert (d["OUT_HEIGHT"], d["OUT_WIDTH"], images * channels) == (*image, planes)
    assert not d["WHOLE"] or channels % d["MAPS"] == 0
    for number in range(min(launch.grid[0] * d["WARPS"], groups * slices)):
        first = number % groups * d["MAPS"]
        for n in range(number // groups, images, slices):
            for plane, row, column in _strips_of_a_warp(d):
                inside = first + plane < channels
                yield (n * channels + first + plane)[inside], row[inside], column[inside]


def _tiles(launch: Launch, planes: int, image: tuple[int, int]) -> Places:
    d, (block, thread) = defines_of(launch), _threads(launch)
    given, down, across = map(int, launch.numbers[1:])
    lanes = d["ACROSS"] * d["DOWN"]
    assert (given, launch.block) == (planes, lanes * d["PLANES"])
    tile, lane = block % (down * across), thread % lanes
    plane = block // (down * across) * d["PLANES"] + thread // lanes
    p = tile // across * (d["DOWN"] * d["STRIP"]) + lane // d["ACROSS"] * d["STRIP"]
    q = tile % across * d["ACROSS"] + lane % d["ACROSS"]
    for s in range(d["STRIP"]):
        works = (plane < planes) & (p + s < image[0]) & (q < image[1])
        yield plane[works], (p + s)[works], q[works]


def _units(launch: Launch, images: int, height: int) -> Places:
    """image, row and first column of the rows of outputs that a channel's blocks have: tensor_frames.cuh."""
    d = defines_of(launch)
    total, units = map(int, launch.numbers[1:])
    rows, columns = 8 * d["GROUPS"], 8 * d["EIGHTS"]
    assert launch.block == 32 * d["WARPS"]
    assert d["MAPS"] * d["GROUPS"] % 2 == 0
    assert total == -(-images // d["MAPS"]) * d["BANDS"] * d["STRIPS"]
    pairs = [range(2 * warp, d["MAPS"] * d["GROUPS"], 2 * d["WARPS"]) for warp in range(d["WARPS"])]
    group = np.repeat([one for warp in pairs for pair in warp for one in (pair, pair + 1)], 8)
    line = np.arange(len(group)) % 8
    for y in range(launch.grid[1]):
        assert y * units < total, "a slice of nothing"
        for unit in range(y * units, min((y + 1) * units, total)):
            left, above = unit % d["STRIPS"] * columns, unit // d["STRIPS"] % d["BANDS"] * rows
            image = unit // (d["STRIPS"] * d["BANDS"]) * d["MAPS"] + group // d["GROUPS"]
            row = above + group % d["GROUPS"] * 8 + line
            exists = (image < images) & (row < height)
            yield image[exists], row[exists], np.full(exists.sum(), left)


def _maps_of_units(launch: Launch, images: int, of_a_unit: int) -> Iterator[np.ndarray]:
    """The images of a channel's units, slice by slice: tensor_maps.cuh and tensor_maps_weight.cuh."""
    total, units = map(int, launch.numbers[1:])
    assert launch.block == 32 * 8
    assert total == -(-images // of_a_unit)
    for y in range(launch.grid[1]):
        assert y * units < total, "a slice of nothing"
        for unit in range(y * units, min((y + 1) * units, total)):
            here = unit * of_a_unit + np.arange(of_a_unit)
            yield here[here < images]


def _tensor_maps(launch: Launch, planes: int, image: tuple[int, int]) -> Places:
    channels = 8 * launch.grid[0]
    assert planes % channels == 0
    for n in _maps_of_units(launch, planes // channels, 16):
        for group in range(launch.grid[0]):
            map_, part = np.meshgrid(n * channels + 8 * group, np.arange(math.prod(image)))
            at = 8 * part.ravel() + np.arange(8)[:, None]  # of eight maps, one behind the other
            pixel = at % math.prod(image)
            yield (
                (map_.ravel() + at // math.prod(image)).ravel(),
                (pixel // image[1]).ravel(),
                (pixel % image[1]).ravel(),
            )


def _tensor_rows(launch: Launch, planes: int, image: tuple[int, int]) -> Places:
    """Lanes t of a row have the columns that `store_eights` gives them."""
    d, channels = defines_of(launch), launch.grid[0]
    assert planes % channels == 0
    for n, row, left in _units(launch, planes // channels, image[0]):
        for e, t, v in np.ndindex(-(-d["EIGHTS"] // 2), 4, 4):
            mine = 2 * e + t % 2
            if mine < d["EIGHTS"]:
                for channel in range(channels):
                    yield n * channels + channel, row, left + 8 * mine + t // 2 * 4 + v


def _rows_weight(launch: Launch, problem: Problem) -> Places:
    d, height = defines_of(launch), problem.out_image[0]
    total, units, _, band_rows, _ = map(int, launch.numbers[1:])
    groups, thread = launch.block // d["LANES"], np.arange(launch.block)
    turn = -(-d["K"] // d["STRIDE"]) * d["STRIDE"]
    steps = -(-((band_rows - 1) * d["STRIDE"] + d["K"]) // turn) * turn
    assert launch.grid[0] == problem.channels
    for y in range(launch.grid[1]):
        begin, end = y * units, min((y + 1) * units, total)
        assert begin < end, "a slice of nothing"
        for unit in range(begin, end, groups):
            number = unit + thread // d["LANES"]
            image, first, behind, column = _strips(number, thread % d["LANES"], number < end, launch, height)
            for p in range(steps // d["STRIDE"]):
                adds = first + p < behind
                for v in range(d["V"]):
                    yield image[adds], (first + p)[adds], (column + v)[adds]


def _planes_weight(launch: Launch, problem: Problem) -> Places:
    """Of the first channel: others are in the same places of their warps."""
    d, turns = defines_of(launch), int(launch.numbers[1])
    assert launch.grid[0] == -(-problem.channels // d["MAPS"])
    assert not d["WHOLE"] or problem.channels % d["MAPS"] == 0
    for turn, y, warp in np.ndindex(turns, launch.grid[1], d["WARPS"]):
        n = (turn * launch.grid[1] + y) * d["WARPS"] + warp
        for plane, row, column in _strips_of_a_warp(d):
            adds = (plane == 0) & (n < problem.images)
            yield np.full(adds.sum(), n), row[adds], column[adds]


def _tensor_maps_weight(launch: Launch, problem: Problem) -> Places:
    height, width = problem.out_image
    assert 8 * launch.grid[0] == problem.channels
    for n in _maps_of_units(launch, problem.images, 8):
        image, pixel = np.meshgrid(n, np.arange(height * width))
        yield image.ravel(), pixel.ravel() // width, pixel.ravel() % width


def _tensor_weight(launch: Launch, problem: Problem) -> Places:
    assert launch.grid[0] == problem.out_channels
    for image, row, left in _units(launch, problem.images, problem.out_image[0]):
        for column in range(8 * defines_of(launch)["EIGHTS"]):
            yield image, row, left + column


def _weight(launch: Launch, problem: Problem) -> Places:
    d, pixels = defines_of(launch), math.prod(problem.out_image)
    images, parts = map(int, launch.numbers[1:])
    length = -(-pixels // parts)
    height, width = problem.window.kernel
    groups = -(-height // d["TAPS_Y"]) * -(-width // d["TAPS_X"])
    assert launch.grid == (problem.out_channels * groups, launch.grid[1], 1)
    for y in range(launch.grid[1]):
        first, begin = y // parts * images, y % parts * length
        here = min(length, pixels - begin)
        at = np.arange(max(0, here) * min(images, problem.images - first))
        pixel = begin + at % max(here, 1)
        yield first + at // max(here, 1), pixel // problem.out_image[1], pixel % problem.out_image[1]


STORED: dict[str, Callable[[Launch, int, Any], Places]] = {
    "depthwise_any": _one_by_one,
    "depthwise_any_data": _one_by_one,
    "depthwise_rows": _rows,
    "depthwise_rows_data": _rows_data,
    "depthwise_planes": _planes,
    "depthwise_tensor_maps": _tensor_maps,
    "depthwise_tensor_rows": _tensor_rows,
    "depthwise_tiles": _tiles,
}
SUMMED: dict[str, Callable[[Launch, Problem], Places]] = {
    "depthwise_planes_weight": _planes_weight,
    "depthwise_rows_weight": _rows_weight,
    "depthwise_tensor_maps_weight": _tensor_maps_weight,
    "depthwise_tensor_weight": _tensor_weight,
    "depthwise_weight": _weight,
}
