"""Faults that are planted in the sources of CUDA kernels: the simulated GPU sees each, in some order of threads."""

from pathlib import Path

import pytest
from every_direction import check_every_direction
from instances import problem
from simulated_gpu import SimulatedGpu

from dwbridge.kernels.cuda.sources import Instance

#: fault -> a case, what stands in a source, and what stands there with the fault
FAULTS = {
    "no barrier before pixels are put": (
        "planes, images in turns",
        "    __syncwarp();  // what was there is read, or zero\n",
        "",
    ),
    "no barrier before sums": ("planes 3x3", "widen(pixels[i]);\n    __syncwarp();", "widen(pixels[i]);"),
    "no barrier before outputs are stored": ("planes 3x3", "__syncwarp();\n        STORED* run", "STORED* run"),
    "no barrier between warps of planes": (
        "planes, rows left over",
        "__syncthreads();\n    WIDE* result",
        "WIDE* result",
    ),
    "no barrier between warps": ("rows, slices of images", "__syncthreads();\n    WIDE* result", "WIDE* result"),
    "no barrier between warps of any weight": (
        "any 3x3, M 2",
        "__syncthreads();\n    const int taps",
        "const int taps",
    ),
    "a barrier that not all threads reach": (
        "rows, slices of images",
        "__syncthreads();\n    WIDE* result",
        "if (threadIdx.x < 64) __syncthreads();\n    WIDE* result",
    ),
    "a barrier that not all lanes reach": (
        "planes 3x3",
        "__syncwarp();\n        STORED* run",
        "if (lane < 16) __syncwarp();\n        STORED* run",
    ),
    "left halo off by one": ("rows 3x3", "in[count + v], 1, LANES", "in[count + v - 1], 1, LANES"),
    "right halo of the wrong lane": ("rows 5x5, bands", "in[left + v], 1, LANES", "in[left + v], 2, LANES"),
    "halo at the end of a group": ("rows 5x5 stride 2", "lane == LANES - 1 ? (WIDE)0 : other", "other"),
    "frame off by one": ("planes 7x7", "at % WIDTH + LEFT", "at % WIDTH + LEFT - 1"),
    "a channel too many": ("planes, channels left over", "min(MAPS, channels - first)", "MAPS"),
    "a strip too many": ("planes, rows left over", "if (strip.row + r < OUT_HEIGHT) result", "result"),
    "lanes of another map are added": ("planes 7x7", "at + distance < min(LANES, 2 * distance)", "true"),
    "an image forgotten": ("planes, rows left over", "turn < turns; ++turn", "turn + 1 < turns; ++turn"),
    "a row behind the map": ("rows 5x5, bands", "wanted && h >= 0 && h < height", "wanted && h >= 0 && h <= height"),
    "a shuffle in a divergent branch": (
        "rows 3x3",
        "const WIDE other = __shfl_up_sync(",
        "WIDE other = 0;\n        if (lane != 0) other = __shfl_up_sync(",
    ),
    "lanes that leave before a shuffle": (
        "rows 7x7",
        "    WIDE taps[K * K];\n",
        "    if (!strip.works) return;\n    WIDE taps[K * K];\n",
    ),
    "a tail that is too long by one": ("rows of odd width", "if (column + i < width)", "if (column + i <= width)"),
    "a band that is too long by one": ("rows 5x5, bands", "p < strip.end", "p <= strip.end"),
    "outputs behind the end": ("planes 3x3", "if (lane + i < here * OUT_IMAGE)", "if (true)"),
    "a unit of the next slice": ("rows, slices of images", "number < end, bands", "number <= end, bands"),
    "the last slice forgotten": ("any, slices of images", "i < slices; ++i", "i + 1 < slices; ++i"),
    "the first tap forgotten": ("any 3x3, M 2", "int i = i0; i < i1", "int i = i0 + 1; i < i1"),
    "no bias after the first turn": (
        "rows 3x3",
        "sums[slot][v] = start;\n            }",
        "sums[slot][v] = 0;\n            }",
    ),
    "parity without padding": ("rows 3x3 stride 2", "const int f = (LEFT + c) % 2", "const int f = c % 2"),
    "taps that are not turned": ("rows 3x3", "return 1 - 2 * window.flip", "return 1"),
    "a row of a map forgotten": ("planes 7x7", "(unsigned)(r - TOP) < HEIGHT", "(unsigned)(r - TOP) < HEIGHT - 1"),
    "a row above the map": ("planes 7x7", "(unsigned)(r - TOP) < HEIGHT", "(unsigned)(r - TOP + 1) <= HEIGHT"),
    "a row of zeros too few": ("planes, strips in rounds", "#define ABOVE (STRIPS > 1 ? TOP : 0)", "#define ABOVE 0"),
    "a table off by one": ("tensor maps 7x7", "+ BACK_Y - TOP, x", "+ BACK_Y - TOP + 1, x"),
    "a table that is not dilated": (
        "tensor maps, strides and dilation",
        "KERNEL_WIDTH * DILATE_X + BACK_X",
        "KERNEL_WIDTH + BACK_X",
    ),
    "columns of another lane": (
        "tensor maps, stride 2",
        "place_at<TO, !DATA>(8 * f + g",
        "place_at<TO, !DATA>(8 * f + t",
    ),
    "positions of even maps": ("tensor maps 7x7", "- odd + 2 * word);", "+ 2 * word);"),
    "outputs over pixels": ("tensor maps, stride 2", "__syncthreads();  // pixels are read, w", "// w"),
    "outputs that are not there yet": ("tensor maps 7x7", "__syncthreads();\n        store<TO>", "store<TO>"),
    "half a word too many": ("tensor maps 7x7", "first[0].bits = (unsigned short)value;", "*(unsigned*)first = value;"),
    "pixels behind the last image": ("tensor maps 7x7", "image + mine.first + here < images", "true"),
    "words of a neighbour": ("tensor maps 7x7", "value &= 0xffff;", "value &= ~0u;"),
    "eights that meet": ("tensor maps 7x7", "MEETING >> (TO_EIGHTS * e + f) & 1", "e == f"),
    "tiles that meet": ("tensor maps 7x7", "MEETING >> (Y_TILES * a + e) & 1", "a == e"),
    "images exchanged": ("tensor maps 7x7", "maps[2 * t + 1], channel, word);", "maps[2 * t], channel, word);"),
    "half of a sum of gy": ("tensor maps 7x7", "distance = 1; distance < 4", "distance = 1; distance < 2"),
    "matrices over each other": ("tensor maps 8x8", "__syncthreads();  // what was there is read", ""),
    "no wait for copies of rows": ("tensor rows, slices of images", "wait_for_all_but<STAGES - 2>();\n", ""),
    "no barrier before products": ("tensor rows, slices of images", "__syncthreads();  // now", "// now"),
    "a band off by one": ("tensor rows 5x5", "/ 4 + 7;", "/ 4 + 6;"),
    "a tap that is not framed": ("tensor rows 5x5", "% FRAMED + further + LOWEST", "% FRAMED + LOWEST"),
    "a band of another shift": ("tensor rows 5x5", "first / 2 * 2 + 8 * s", "first / 2 * 2 + 8 * (SHIFTS - 1 - s)"),
    "rows of the other group": ("tensor rows 5x5", "group + eighth % 2, eighth / 2", "group + eighth / 2, eighth % 2"),
    "outputs exchanged with another": ("tensor rows 5x5", "odd ? first : second, 1)", "odd ? first : second, 2)"),
    "eights that nobody has": ("tensor rows in strips", "exists && (e + 1 < EIGHTS || !odd)", "exists"),
    "rows of no map": ("tensor rows 5x5", "above + down + line < OUT_HEIGHT", "true"),
    "maps of no image": ("tensor rows 7x7 of one eight", "map < window.images - image", "true"),
    "strips without the columns before them": ("tensor rows in strips", "left - 8 * BEFORE", "left"),
    "taps that are not turned on tensor cores": ("tensor rows 5x5", "tap[next * (i", "tap[(i"),
    "no wait for copies": ("tensor weight, slices of an image", "wait_for_all_but<STAGES - 2>();\n", ""),
    "a wait that is one group short": (
        "tensor weight, slices of an image",
        "_all_but<STAGES - 2>",
        "_all_but<STAGES - 1>",
    ),
    "no barrier after copies": ("tensor weight 3x3", "__syncthreads();  // now", "// now"),
    "no barrier before matrices are laid down": ("tensor weight 3x3", "__syncthreads();\n    store(", "store("),
    "no barrier before matrices are added": (
        "tensor weight 3x3",
        "store(memory.sums[warp], sums);\n    __syncthreads();",
        "store(memory.sums[warp], sums);",
    ),
    "a frame of x off by one": ("tensor weight 3x3", "above - TOP, left", "above - TOP + 1, left"),
    "strips without what is before them": ("tensor weight 7x7, strips", "left - 8 * BEFORE", "left"),
    "a row behind the map is copied": (
        "tensor weight 4x6, wider than the map",
        "+ row) < HEIGHT_",
        "+ row) <= HEIGHT_",
    ),
    "a map of no image": ("tensor weight 7x7 of one eight", "image + here < images", "image + here <= images"),
    "copies that begin anywhere": ("tensor weight 3x3", "from = first + (", "from = first + 1 + ("),
    "groups of rows exchanged": (
        "tensor weight 3x3",
        "group + eighth / 2, eighth % 2",
        "group + eighth % 2, eighth / 2",
    ),
    "the last row of taps from the wrong group": (
        "tensor weight 3x3",
        "group + eighth % 2, 0",
        "group + eighth / 2, 0",
    ),
    "words of a fragment exchanged": (
        "tensor weight 3x3",
        "a[0] = one[0], a[2] = one[1]",
        "a[0] = one[1], a[2] = one[0]",
    ),
    "a diagonal off by one": (
        "tensor weight 7x7, strips",
        "k % KERNEL_WIDTH - LEFT - 8",
        "k % KERNEL_WIDTH - LEFT - 7",
    ),
    "the bias of another shift": ("tensor weight 3x3", ": -8 * FIRST;", ": 8 - 8 * FIRST;"),
    "a warp forgotten": ("tensor weight 3x3", "group = 2 * warp; group", "group = 2 * max(1, warp); group"),
    "memory that is not written": ("any, slices of a map", "result[taps] = sum", "result[taps + 0 * taps] += sum"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_seen(fault: str, libraries: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case, right, wrong = FAULTS[fault]
    honest, planted = Instance.text, []

    def text(instance: Instance) -> str:
        before = honest(instance)
        after = before.replace(right, wrong)
        planted.extend([instance] * (after != before))
        return after

    monkeypatch.setattr(Instance, "text", text)
    assert any(seen(case, SimulatedGpu(libraries, order)) for order in (0, 1, 7)), fault
    assert planted, f"{right!r} is in no source of this case"


def seen(case: str, gpu: SimulatedGpu) -> bool:
    """Whether a wrong result, or a complaint of the simulation, comes of a case."""
    with gpu.installed():
        try:
            check_every_direction(problem(case), gpu)
        except (AssertionError, RuntimeError):
            return True
    return False


def test_without_a_fault_nothing_is_seen(libraries: Path) -> None:
    for case in sorted({case for case, *_ in FAULTS.values()}):
        assert not any(seen(case, SimulatedGpu(libraries, order)) for order in (0, 1, 7)), case
