"""The cases of depthwise convolution on a GPU, as data, and the instances of CUDA sources that tests compile."""

from __future__ import annotations

from collections.abc import Iterator

from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda import (
    activations,
    average_pooling,
    batch_normalization,
    convolution,
    layer_normalization,
    max_pooling,
    optimizer_updates,
    reductions,
    softmax_cross_entropy,
)
from dwbridge.kernels.cuda.plan import depthwise as plan
from dwbridge.kernels.cuda.plan.depthwise import Problem
from dwbridge.kernels.cuda.plan.depthwise.problem import PRODUCTS
from dwbridge.kernels.cuda.plan.launches import Launch
from dwbridge.kernels.cuda.sources import TYPES, Instance

#: images, channels, multiplier, image, window (kernel, stride, pad, dilate), and dtypes
CASES = {
    "any 3x3, M 2": (1, 2, 2, (10, 13), (3, 2, 1), "f32 f64 f16 bf16"),
    "any asymmetric": (1, 2, 3, (8, 7), ((3, 2), (2, 3), ((0, 2), (3, 1)), (2, 3)), "f32"),
    "planes, padding beyond the kernel": (1, 1, 1, (3, 4), (3, 2, 5), "f32"),
    "any, slices of images": (20, 1, 2, (16, 16), (2,), "f32"),
    "any, slices of a map": (1, 1, 2, (50, 90), (2,), "f32"),
    "rows 3x3": (2, 3, 1, (34, 40), (3, 1, 1), "f32 f64 f16 bf16"),
    "rows 3x3 stride 2": (2, 2, 1, (31, 48), (3, 2, 1), "f32 f64 f16"),
    "rows 5x5, bands": (1, 3, 1, (60, 40), (5, 1, 2), "f32"),
    "rows 5x5 stride 2": (1, 3, 1, (13, 64), (5, 2, ((2, 0), (1, 2))), "f32 f64 f16"),
    "rows 7x7": (1, 2, 1, (9, 16), (7, 1, ((0, 3), (2, 4))), "f32 f16"),
    "rows 7x7 stride 2": (1, 2, 1, (20, 16), (7, 2, 3), "f32 f16"),
    "rows 3x3 stride 2, no padding": (1, 2, 1, (12, 32), (3, 2), "f32"),
    "rows 3x3 stride 2, padded by 2": (1, 2, 1, (11, 32), (3, 2, 2), "f32"),
    "rows of parts": (1, 2, 1, (30, 38), (3, 1, 1), "f32 f16"),
    "rows of parts, stride 2": (1, 2, 1, (62, 44), (5, 2, 2), "f32 f16"),
    "rows of odd width": (1, 2, 1, (32, 35), (5, 1, 2), "f32 f16"),
    "rows of odd width, stride 2": (1, 2, 1, (30, 37), (7, 2, 3), "f32"),
    "rows in strips": (1, 1, 1, (5, 264), (7, 1, 3), "f32 f16"),
    "rows in strips, stride 2": (1, 2, 1, (6, 304), (5, 2, 2), "f32"),
    "rows in strips of odd width": (1, 1, 1, (5, 301), (3, 2, 1), "f32"),
    "rows, slices of images": (130, 2, 1, (7, 8), (3, 1, 1), "f32"),
    "planes 3x3": (2, 3, 1, (9, 11), (3, 1, 1), "f32 f64"),
    "planes 3x3 stride 2": (2, 3, 1, (9, 12), (3, 2, 1), "f32"),
    "planes, 7x7 on a smaller map": (2, 2, 1, (4, 5), (7, 1, 3), "f32"),
    "planes of one pixel": (3, 2, 1, (1, 1), (3, 1, 1), "f32"),
    "planes without padding": (1, 2, 1, (6, 6), ((1, 5),), "f32"),
    "planes 7x7": (3, 15, 1, (7, 7), (3, 1, 1), "f32 f16"),
    "planes 14x14 to 7x7": (2, 5, 1, (14, 14), (5, 2, 2), "f32 f16"),
    "planes 14x14, 7 wide": (2, 7, 1, (14, 14), (7, 1, 3), "f32"),
    "planes, channels left over": (3, 7, 1, (7, 7), (3, 1, 1), "f32 f16"),
    "planes, strips in rounds": (2, 2, 1, (20, 21), (3, 1, 1), "f32"),
    "planes, rows left over": (13, 2, 1, (17, 10), (3, 1, 1), "f32 bf16"),
    "planes, images in turns": (3, 6181, 1, (3, 5), (3, 1, 1), "f32"),
    "planes, dilated": (2, 3, 1, (12, 11), (3, (2, 1), 2, (2, 3)), "f32"),
    "tensor maps 7x7": (19, 16, 1, (7, 7), (3, 1, 1), "f16 bf16"),
    "tensor maps 8x8": (3, 8, 1, (8, 8), (5, 1, 2), "f16"),
    "tensor maps, stride 2": (17, 8, 1, (7, 9), (3, 2, 1), "f16 bf16"),
    "tensor maps, strides and dilation": (9, 8, 1, (6, 9), ((3, 2), (1, 2), ((0, 3), (2, 1)), (2, 3)), "f16"),
    "tensor maps, padding beyond the kernel": (2, 8, 1, (4, 5), (3, 1, ((3, 2), (4, 0))), "f16"),
    "tensor maps of one pixel": (20, 8, 1, (1, 1), (3, 1, 1), "f16"),
    "tensor maps of a few pixels": (9, 16, 1, (2, 3), (3, 1, 1), "f16"),
    "tensor maps 13x13, larger than the map": (2, 8, 1, (7, 7), (13, 1, 6), "f16"),
    "tensor rows 5x5": (2, 3, 1, (30, 40), (5, 1, 2), "f16 bf16"),
    "tensor rows 7x7, of odd width": (1, 2, 1, (20, 37), (7, 1, 3), "f16 bf16"),
    "tensor rows 9x9, beside and below each other": (1, 2, 1, (75, 70), (9, 1, 4), "f16"),
    "tensor rows 4x6, asymmetric padding": (1, 2, 1, (18, 24), ((4, 6), 1, ((0, 3), (9, 1))), "f16 bf16"),
    "tensor rows 1x8, no padding": (1, 2, 1, (16, 22), ((1, 8),), "f16"),
    "tensor rows of several maps": (3, 5, 1, (14, 14), (7, 1, 3), "f16"),
    "tensor rows in strips": (1, 1, 1, (9, 264), (5, 1, ((2, 2), (1, 4))), "f16"),
    "tensor rows, slices of images": (40, 1, 1, (14, 16), (5, 1, 2), "f16"),
    "tensor rows 7x7 of one eight": (3, 2, 1, (7, 7), (7, 1, 3), "f16"),
    "tensor rows, M 2": (2, 2, 2, (14, 28), (5, 1, 2), "f16"),
    "tensor weight 3x3": (5, 3, 1, (14, 14), (3, 1, 1), "f16 bf16"),
    "tensor weight 3x3, bands": (1, 2, 1, (40, 120), (3, 1, 1), "f16"),
    "tensor weight 7x7, strips": (1, 1, 1, (9, 264), (7, 1, ((3, 3), (1, 5))), "f16"),
    "tensor weight 9x9, no padding": (2, 1, 1, (22, 40), (9,), "f16"),
    "tensor weight 4x6, wider than the map": (3, 1, 2, (10, 18), ((4, 6), 1, ((0, 3), (5, 10))), "f16 bf16"),
    "tensor weight 7x7 of one eight": (9, 2, 1, (8, 8), (7, 1, 3), "f16"),
    "tensor weight, slices of an image": (2, 1, 1, (56, 56), (3, 1, 1), "f16"),
    "tiles 9x9": (1, 2, 1, (24, 40), (9, 1, 4), "f32 f64 f16 bf16"),
    "tiles 11x11, of odd width": (2, 2, 1, (37, 35), (11, 1, 5), "f32 f16"),
    "tiles 11x11, asymmetric padding": (1, 3, 1, (19, 22), (11, 1, ((0, 7), (10, 3))), "f32 f64"),
    "tiles 11x11, stride 2": (1, 2, 1, (33, 29), (11, 2, 5), "f32 f16"),
    "tiles 13x13, stride 3 and 1": (1, 1, 1, (31, 40), (13, (3, 1), ((6, 4), (2, 9))), "f32"),
    "tiles 31x31": (1, 1, 1, (20, 36), (31, 1, 15), "f32 f64"),
    "tiles beside each other": (1, 1, 1, (9, 290), ((4, 5), 1, (1, 2)), "f32"),
    "tiles below each other": (1, 1, 1, (290, 9), ((5, 4), 2, (2, 1)), "f32"),
    "tiles of a map smaller than the kernel": (3, 5, 1, (12, 9), (13, 1, 6), "f32"),
    "tiles, M 3": (2, 2, 3, (15, 17), (5, 1, 2), "f32"),
    "tiles, dilated by 2 and 3": (1, 2, 1, (40, 45), ((4, 5), (1, 2), (2, 3), (2, 3)), "f32"),
    "tiles, the map in every window": (5, 7, 1, (7, 6), ((13, 14), 1, ((6, 5), (5, 7))), "f32 f16"),
    "tiles, the map in every window of stride 2": (2, 3, 2, (7, 6), ((14, 15), 2, (7, 8)), "f32"),
}

DTYPES = {"f32": "float32", "f64": "float64", "f16": "float16", "bf16": "bfloat16"}

#: (case, dtype) of all
EVERY = [(case, DTYPES[short]) for case, (*_, dtypes) in CASES.items() for short in dtypes.split()]

#: Depthwise layers of MobileNetV2, EfficientNet-B0 and ConvNeXt: channels, map, kernel, stride
LAYERS = [
    *((32, 112, 3, 1), (96, 112, 3, 2), (144, 56, 3, 1), (144, 56, 3, 2), (192, 28, 3, 1), (192, 28, 3, 2)),
    *((384, 14, 3, 1), (576, 14, 3, 2), (960, 7, 3, 1), (144, 56, 5, 2), (240, 28, 5, 1), (240, 28, 3, 2)),
    *((480, 14, 3, 1), (480, 14, 5, 1), (672, 14, 5, 2), (1152, 7, 5, 1), (96, 56, 7, 1), (192, 28, 7, 1)),
    *((384, 14, 7, 1), (768, 7, 7, 1), (64, 56, 31, 1)),
]


#: The operators whose instances do not depend on shapes.
OPERATORS = (
    activations,
    average_pooling,
    batch_normalization,
    convolution,
    layer_normalization,
    max_pooling,
    optimizer_updates,
    reductions,
    softmax_cross_entropy,
)


def problem(case: str, dtype: str | None = None) -> Problem:
    """A case as a problem, of its first dtype where none is given."""
    dtype = dtype or DTYPES[CASES[case][-1].split()[0]]
    images, channels, multiplier, image, window, _ = CASES[case]
    return Problem(images, channels, multiplier, image, Window2D.of(*window), dtype)


def layer(channels: int, size: int, kernel: int, stride: int, dtype: str) -> Problem:
    """A layer of a network, with a batch of 32."""
    return Problem(32, channels, 1, (size, size), Window2D.of(kernel, stride, kernel // 2), dtype)


def launches(wanted: Problem, aligned: bool = True) -> Iterator[Launch]:
    """The launches of every direction."""
    yield plan.forward(wanted, aligned)
    yield plan.backward_data(wanted, aligned)
    yield from plan.backward_weight(wanted, aligned)[:2]


def has_instructions(instance: Instance, chip: int) -> bool:
    """Whether a chip has those that an instance is made of: plans for others take another one."""
    [dtype] = (name for name, defines in TYPES.items() if set(defines) <= set(instance.defines))
    return not instance.source.startswith("tensor") or chip >= PRODUCTS[dtype]


def depthwise() -> list[Instance]:
    """Every instance that the cases and the layers need, each once, in a fixed order."""
    wanted = [problem(*each) for each in EVERY]
    wanted += [layer(*numbers, dtype=dtype) for numbers in LAYERS for dtype in ("float32", "float16")]
    return list(dict.fromkeys(launch.instance for each in wanted for launch in launches(each)))


def every() -> list[Instance]:
    """The instances of every operator, each once."""
    found = [instance for operator in OPERATORS for instance in operator.instances()]
    return list(dict.fromkeys([*depthwise(), *found]))
