"""What every operator is tested with: data only, one module per operator, named like its function.

Each module has `CASES`, a tuple of `Case`. The function under test is called as `function(*arrays, **keywords)`, and so
is the slow float64 oracle of the same name in `tests/oracles`. A case is written in one line or two:

    case("stride-2", array(2, 3, 5, 5), parameter("W", 2, 3, 3, 3), parameter("b", 6), stride=2)

How values are drawn (`draw`):

    normal         standard normal
    wide           200 times standard normal: exponentials of it overflow in every type below float64
    positive       uniform in 0.5 .. 1.5
    distinct       odd multiples of 1/16 in random order: any two differ by 1/8 or more, and none is nearer than 1/16
                   to a multiple of 1/8, so small steps cross no kink of max, relu or clip; the values span
                   -n/16 .. n/16 for n of them, and are exact in float16 up to n = 2,000
    labels:K       int32, 0 .. K-1
    labels:K:ignore    the same with -1 among them (always at least one); with K = 0 all are -1

How they lie in memory (`layout`), the values being the same:

    contiguous     C order
    strided        every second element, in the last two axes, of a larger array whose other elements are NaN
    reversed       negative strides in the last two axes
    transposed     channels last: axis 1 is the innermost in memory (a matrix lies in Fortran order)
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def _normal(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    return np.asarray(rng.standard_normal(shape))


def _wide(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    return np.asarray(200 * rng.standard_normal(shape))


def _positive(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    return np.asarray(rng.uniform(0.5, 1.5, shape))


def _distinct(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    size = int(np.prod(shape))
    return rng.permutation((np.arange(size) - size // 2) / 8 + 1 / 16).reshape(shape)


def _labels(shape: tuple[int, ...], rng: np.random.Generator, classes: int, ignore: bool) -> np.ndarray:
    labels = rng.integers(-1 if ignore else 0, classes, shape, dtype=np.int32)
    if ignore and labels.size:
        labels.flat[0] = -1
    return labels


DRAWS: Mapping[str, Callable[[tuple[int, ...], np.random.Generator], np.ndarray]] = {
    "normal": _normal,
    "wide": _wide,
    "positive": _positive,
    "distinct": _distinct,
}


def _image_axes(values: np.ndarray) -> tuple[int, ...]:
    return tuple(range(-min(values.ndim, 2), 0))


def _strided(values: np.ndarray) -> np.ndarray:
    axes = _image_axes(values)
    shape = [2 * size if axis - values.ndim in axes else size for axis, size in enumerate(values.shape)]
    poison = np.nan if values.dtype.kind != "i" else np.iinfo(values.dtype).min
    every_second: tuple[Any, ...] = (..., *[slice(None, None, 2)] * len(axes))
    view = np.full(shape, poison, values.dtype)[every_second]
    view[...] = values
    return view


def _reversed(values: np.ndarray) -> np.ndarray:
    axes = _image_axes(values)
    return np.flip(np.ascontiguousarray(np.flip(values, axes)), axes)


def _transposed(values: np.ndarray) -> np.ndarray:
    if values.ndim < 3:
        return np.asfortranarray(values)
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(values, 1, -1)), -1, 1)


LAYOUTS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "contiguous": lambda values: values,
    "strided": _strided,
    "reversed": _reversed,
    "transposed": _transposed,
}


@dataclasses.dataclass(frozen=True)
class Input:
    """One argument of an operator.

    Attributes:
        shape: its shape.
        parameter: the parameter's name ("W", "gamma", ...) where an exported link has this input as a parameter.
        persistent: the same for a persistent array, which training does not change by gradients ("avg_mean").
            With both None the input is an input of the graph.
        draw: where its values come from, see the module.
        layout: how they lie in memory, see the module.
    """

    shape: tuple[int, ...]
    parameter: str | None = None
    persistent: str | None = None
    draw: str = "normal"
    layout: str = "contiguous"

    @property
    def is_label(self) -> bool:
        """Whether it holds integers, whatever the case's floating type, and has no gradient."""
        return self.draw.startswith("labels:")

    def draw_array(self, dtype: Any, rng: np.random.Generator) -> np.ndarray:
        """An array of `dtype` (labels: int32) in the declared shape and layout, decided by the state of `rng` alone."""
        if self.is_label:
            _, classes, *ignore = self.draw.split(":")
            values = _labels(self.shape, rng, int(classes), bool(ignore))
        else:
            values = DRAWS[self.draw](self.shape, rng).astype(dtype)
        return LAYOUTS[self.layout](values)


@dataclasses.dataclass(frozen=True, eq=False)
class Case:
    """One call of an operator.

    Attributes:
        name: unique among the operator's cases.
        inputs: the positional arguments.
        keywords: the keyword arguments; floating arrays among them are float64, `keywords_as` gives another type.
        dtypes: the floating types with which the case is run.
        no_gradient: why gradients are not compared, None where they are.
        no_export: why ONNX, or onnxruntime, cannot say this case; None where it can.
    """

    name: str
    inputs: tuple[Input, ...]
    keywords: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    dtypes: tuple[str, ...] = ("float32", "float64", "float16")
    no_gradient: str | None = None
    no_export: str | None = None

    def draw_arrays(self, dtype: Any, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        """All inputs, in order."""
        return tuple(given.draw_array(dtype, rng) for given in self.inputs)

    def keywords_as(self, dtype: Any) -> dict[str, Any]:
        """The keyword arguments, with floating arrays in `dtype`."""
        given = self.keywords.items()
        return {k: v.astype(dtype) if isinstance(v, np.ndarray) and v.dtype.kind == "f" else v for k, v in given}

    def output_dtype(self, dtype: Any) -> np.dtype:
        """The output's type for inputs of `dtype`: the same, unless the operator is told another."""
        return np.dtype(self.keywords.get("typ", dtype))


def case(
    name: str, *inputs: Input, no_gradient: str | None = None, no_export: str | None = None, **keywords: Any
) -> Case:
    """A case with the keyword arguments of the operator written out."""
    return Case(name, inputs, keywords, no_gradient=no_gradient, no_export=no_export)


def array(*shape: int, draw: str = "normal", layout: str = "contiguous") -> Input:
    """An input of the graph."""
    return Input(shape, draw=draw, layout=layout)


def distinct(*shape: int, layout: str = "contiguous") -> Input:
    """An input of the graph for operators with kinks."""
    return Input(shape, draw="distinct", layout=layout)


def labels(*shape: int, classes: int, ignore: bool = False) -> Input:
    """Class numbers, an input of the graph."""
    return Input(shape, draw=f"labels:{classes}:ignore" if ignore else f"labels:{classes}")


def parameter(name: str, *shape: int, draw: str = "normal", layout: str = "contiguous") -> Input:
    """A parameter of the exported link."""
    return Input(shape, parameter=name, draw=draw, layout=layout)


def persistent(name: str, *shape: int, draw: str = "normal") -> Input:
    """A persistent array of the exported link."""
    return Input(shape, persistent=name, draw=draw)


def operators() -> list[str]:
    """The names of all operators that have cases, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def cases_of(operator: str) -> tuple[Case, ...]:
    """The cases of one operator."""
    return importlib.import_module(f"cases.{operator}").CASES
