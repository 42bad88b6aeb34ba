"""Geometry: sizes against counting, for random windows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dwbridge.geometry import Window2D, output_size, padding, pair

sizes = st.integers(1, 12)


@given(
    size=sizes, kernel=sizes, stride=sizes, before=st.integers(0, 4), after=st.integers(0, 4), dilate=st.integers(1, 3)
)
def test_output_size_counts_the_windows(
    size: int, kernel: int, stride: int, before: int, after: int, dilate: int
) -> None:
    extent = (kernel - 1) * dilate + 1
    fitting = [start for start in range(0, size + before + after, stride) if start + extent <= size + before + after]
    assert max(0, output_size(size, kernel, stride, (before, after), dilate)) == len(fitting)


@given(size=sizes, kernel=st.integers(1, 5), stride=st.integers(1, 5), pad=st.integers(0, 3))
def test_cover_all_leaves_no_row_out(size: int, kernel: int, stride: int, pad: int) -> None:
    if kernel > size + 2 * pad:
        return
    count = output_size(size, kernel, stride, (pad, pad), cover_all=True)
    assert (count - 1) * stride + kernel >= size + 2 * pad
    assert (count - 2) * stride + kernel < size + 2 * pad


@given(
    image=st.tuples(sizes, sizes),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    pad=st.tuples(*[st.tuples(st.integers(0, 2), st.integers(0, 2))] * 2),
    dilate=st.tuples(st.integers(1, 2), st.integers(1, 2)),
)
def test_taps_stay_inside_what_the_windows_reach(
    image: tuple, kernel: tuple, stride: tuple, pad: tuple, dilate: tuple
) -> None:
    window = Window2D.of(kernel, stride, pad, dilate)
    rooms = [size + before + after for size, (before, after) in zip(image, pad, strict=True)]
    if any(extent > room for extent, room in zip(window.extent, rooms, strict=True)):
        return
    output = window.output_shape(image)
    reach = window.reach(image)
    taps = window.taps(output)
    assert len(taps) == kernel[0] * kernel[1]
    for _, _, rows, columns in taps:
        for axis, (where, count) in enumerate(zip((rows, columns), output, strict=True)):
            positions = range(where.start, where.stop, where.step)
            assert len(positions) == count
            assert positions[-1] < image[axis] + sum(reach[axis])


def test_ways_of_writing_a_window() -> None:
    assert Window2D.of(3, 2, 1) == Window2D((3, 3), (2, 2), ((1, 1), (1, 1)))
    assert Window2D.of([3, 1], pad=((0, 1), (2, 3))).pad == ((0, 1), (2, 3))
    assert pair([1, 2]) == (1, 2)


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda: pair((1, 2, 3)), ValueError),
        (lambda: pair(1.5), TypeError),
        (lambda: padding(-1), ValueError),
        (lambda: padding((1, 2, 3)), ValueError),
        (lambda: Window2D.of(3, stride=0), ZeroDivisionError),
        (lambda: Window2D.of(3, stride=-1), ValueError),
        (lambda: Window2D.of(3, dilate=0), ValueError),
        (lambda: Window2D.of(3).output_shape((2, 5)), AssertionError),
    ],
)
def test_windows_that_are_none(build: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        build()  # type: ignore[operator]
