"""Plans of depthwise convolution, as pure Python: launches that every GPU takes, and every output once."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from instances import CASES, DTYPES, EVERY, LAYERS, launches, layer, problem
from ownership import outputs, summed
from shared_memory import shared_bytes

from dwbridge.geometry import Window2D
from dwbridge.kernels.cuda.plan import depthwise as plan
from dwbridge.kernels.cuda.plan.depthwise import Problem
from dwbridge.kernels.cuda.plan.launches import Launch

#: What every GPU of compute capability 5.0 and above takes.
MOST_THREADS, MOST_BLOCKS, MOST_SHARED = 1024, (2**31 - 1, 65535, 65535), 48 << 10
#: Outputs that are counted one by one.
COUNTED = 1 << 14


def check_limits(launch: Launch) -> None:
    assert 1 <= launch.block <= MOST_THREADS
    assert launch.block % 32 == 0 or launch.instance.source == "tiles"  # the one without shuffles
    assert all(1 <= size <= most for size, most in zip(launch.grid, MOST_BLOCKS, strict=True)), launch.grid
    assert shared_bytes(launch) <= MOST_SHARED


def check_coverage(wanted: Problem, aligned: bool) -> None:
    """Every y, every gx, and every gy of a channel's sums."""
    forward, data = plan.forward(wanted, aligned), plan.backward_data(wanted, aligned)
    partial, total, shape = plan.backward_weight(wanted, aligned)
    assert (outputs(forward, wanted.planes * wanted.multiplier, wanted.out_image) == 1).all()
    assert (outputs(data, wanted.planes, wanted.image) == 1).all()
    assert (summed(partial, wanted) == 1).all()
    height, width = wanted.window.kernel
    assert shape == (partial.grid[1], wanted.out_channels, height * width + 1)
    assert total.numbers[1] == shape[0]


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize(("case", "dtype"), EVERY)
def test_cases(case: str, dtype: str, aligned: bool) -> None:
    wanted = problem(case, dtype)
    for launch in launches(wanted, aligned):
        check_limits(launch)
    check_coverage(wanted, aligned)


@pytest.mark.parametrize("dtype", DTYPES.values())
@pytest.mark.parametrize("numbers", LAYERS, ids=str)
def test_layers_of_networks(numbers: tuple[int, int, int, int], dtype: str) -> None:
    """With a batch of 32 within the limits; with one image, and few channels, each output is counted."""
    for launch in launches(layer(*numbers, dtype=dtype)):
        check_limits(launch)
    check_coverage(layer(*numbers, dtype=dtype)._replace(images=1, channels=3), True)


def sizes(most: int) -> st.SearchStrategy[int]:
    return st.one_of(st.integers(1, 12), st.integers(1, most))


@st.composite
def problems(draw: st.DrawFn, most: int, widest: int, most_images: int) -> Problem:
    """Any convolution that has outputs."""
    square = draw(st.booleans())

    def pair(of: st.SearchStrategy[int]) -> tuple[int, int]:
        first = draw(of)
        return first, first if square else draw(of)

    kernel = pair(st.one_of(st.sampled_from([3, 5, 7]), st.integers(1, 12)))
    stride = pair(st.sampled_from([1, 1, 2, 2, 3]))
    dilate = pair(st.sampled_from([1, 1, 1, 2, 3]))
    image = draw(sizes(most)), draw(sizes(widest))
    pad = tuple((draw(st.integers(0, k)), draw(st.integers(0, k))) for k in kernel)
    if draw(st.booleans()):
        pad = tuple((k // 2, k // 2) for k in kernel)
    assume(all(i + a + b >= (k - 1) * d + 1 for i, (a, b), k, d in zip(image, pad, kernel, dilate, strict=True)))
    window = Window2D(kernel, stride, pad, dilate)
    images, channels = draw(st.integers(1, most_images)), draw(sizes(most_images))
    multiplier = draw(st.sampled_from([1, 1, 1, 2, 3]))
    return Problem(images, channels, multiplier, image, window, draw(st.sampled_from([*DTYPES.values()])))


@settings(max_examples=1000, deadline=None, derandomize=True)
@given(wanted=problems(80, 1000, 6), aligned=st.booleans())
def test_any_small_problem(wanted: Problem, aligned: bool) -> None:
    for launch in launches(wanted, aligned):
        check_limits(launch)
    assume(wanted.planes * wanted.multiplier * np.prod(wanted.image) <= COUNTED)
    check_coverage(wanted, aligned)


@settings(max_examples=2000, deadline=None, derandomize=True)
@given(wanted=problems(1 << 14, 1 << 14, 1 << 12), aligned=st.booleans())
def test_any_large_problem(wanted: Problem, aligned: bool) -> None:
    assume(wanted.countable)
    for launch in launches(wanted, aligned):
        check_limits(launch)


def test_cases_reach_what_they_are_named_after_and_all_that_there_is() -> None:
    reached = {case: {launch.kernel for launch in launches(problem(case))} for case in CASES}
    for case, found in reached.items():
        assert any(kernel.startswith(f"depthwise_{case.split()[0].rstrip(',')}") for kernel in found), case
    kernels = {
        "any",
        "any_data",
        "rows",
        "rows_data",
        "rows_weight",
        "planes",
        "planes_weight",
        "tensor_maps",
        "tensor_maps_weight",
        "tensor_rows",
        "tensor_weight",
        "tiles",
        "weight",
        "weight_sum",
    }
    assert set().union(*reached.values()) == {f"depthwise_{name}" for name in kernels}


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith("tiles")])
def test_large_kernels_have_tiles(case: str) -> None:
    assert plan.forward(problem(case, "float32")).kernel == "depthwise_tiles"


@pytest.mark.parametrize("numbers", [layer for layer in LAYERS if layer[1] <= 14], ids=str)
def test_columns_of_frames_come_from_different_banks(numbers: tuple[int, int, int, int]) -> None:
    """Lanes of a warp read a number each at once, from 32 banks of shared memory."""
    channels, size, kernel, stride = numbers
    for launch in (
        plan.forward(layer(*numbers, dtype="float32")),
        plan.backward_weight(layer(*numbers, dtype="float32")).partial,
    ):
        d = {name: int(value) for name, value in launch.instance.defines if value.isdigit()}
        strips = -(-d["OUT_HEIGHT"] // d["STRIP"])
        places = [
            map_ * d["FRAME"] + strip * d["STRIP"] * stride * d["PITCH"] + column * stride
            for map_, strip, column in np.ndindex(d["MAPS"], strips, d["OUT_WIDTH"])
        ]
        assert launch.kernel.startswith("depthwise_planes")
        assert len({place % 32 for place in places}) == len(places) <= 32


@pytest.mark.parametrize(("dtype", "first"), [("float16", 75), ("bfloat16", 80)])
def test_products_of_matrices_where_there_are_instructions(dtype: str, first: int) -> None:
    for case in ("tensor rows 5x5", "tensor maps 7x7"):
        for capability in (50, 70, 75, 80, 90, 120):
            for launch in launches(problem(case, dtype)._replace(capability=capability)):
                check_limits(launch)
                if "sum" not in launch.kernel:
                    assert ("tensor" in launch.kernel) == (capability >= first), launch


@pytest.mark.parametrize("pad", [8, 300, 3000])
def test_frames_that_padding_leaves_no_room_for(pad: int) -> None:
    """Bands of a wide padding are kept beside the frames of maps."""
    window = Window2D.of(9, 1, ((2, 2), (pad, 8)))
    for launch in launches(Problem(32, 64, 1, (31, 5), window, "float16")):
        check_limits(launch)


def test_kernels_of_more_taps_than_a_grid_has_layers() -> None:
    for kernel in ((1400, 1400), (1, 700000)):
        for launch in launches(Problem(1, 1, 1, kernel, Window2D.of(kernel), "float32")):
            check_limits(launch)


def test_small_kernels_and_single_rows_have_none() -> None:
    """A tile has no fewer products for a map of one row than the kernel has taps; any.cuh skips what lies outside."""
    for image, window in (((41, 43), ((3, 5), 1, (1, 2))), ((1, 400), (31, 1, 15))):
        assert plan.forward(Problem(8, 4, 1, image, Window2D.of(*window), "float32")).kernel == "depthwise_any"
