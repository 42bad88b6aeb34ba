"""The small things that only Chainer's callers need: questions about arrays, debug mode, arguments, sizes."""

import os

import numpy as np
import pytest

from dwbridge import config, is_debug, set_debug
from dwbridge.compat import argument, arrays, chainerx, conv, debug, intel64, transfer


class TestArrays:
    def test_types(self) -> None:
        assert isinstance(np.zeros(1), arrays.get_array_types())
        assert not isinstance([0.0], arrays.get_array_types())
        assert arrays.get_cpu_array_types() == (np.ndarray,)

    @pytest.mark.parametrize(
        ("values", "expected"),
        [([], True), ([None], True), ([np.zeros(1), None], True), ([np.zeros(1), 1.0], False), ([[0]], False)],
    )
    def test_compatible(self, values: list, expected: bool) -> None:
        assert arrays.is_arrays_compatible(values) is expected

    def test_force_array(self) -> None:
        array = np.zeros(2, np.float32)
        assert arrays.force_array(array) is array
        assert arrays.force_array(array, np.float32) is array
        assert arrays.force_array(array, np.float64).dtype == np.float64
        assert (arrays.force_array(1.5).shape, arrays.force_array(1.5, "f").dtype) == ((), np.float32)

    def test_force_type(self) -> None:
        array = np.zeros(2, np.float32)
        assert arrays.force_type(np.dtype("f"), array) is array
        assert arrays.force_type(np.dtype("d"), array).dtype == np.float64
        assert type(arrays.force_type(np.dtype("f"), 1)) is np.float32

    def test_to_cpu_of_scalars_and_lists(self) -> None:
        assert transfer.to_cpu(2.5).shape == ()
        assert type(transfer.to_cpu((np.zeros(1), None))) is tuple


class TestDebug:
    def test_mode(self) -> None:
        before = is_debug()
        set_debug(True)
        try:
            assert is_debug() is config.debug is True
            with pytest.warns(DeprecationWarning, match=r"chainer\.DebugMode is deprecated"):
                mode = debug.DebugMode(False)
            with mode:
                assert is_debug() is False
            assert is_debug() is True
        finally:
            set_debug(before)

    def test_experimental_warns(self) -> None:
        with pytest.warns(FutureWarning, match="thing is experimental. The interface can change in the future."):
            debug.experimental("thing")

    def test_raise_from_keeps_the_place(self) -> None:
        def fail() -> None:
            raise KeyError("k")

        with pytest.raises(KeyError) as first:
            fail()
        with pytest.raises(ValueError, match=r"(?s)^no\n\n\(caused by\)\nKeyError: 'k'\n$") as second:
            debug.raise_from(ValueError, "no", first.value)
        assert [entry.name for entry in second.traceback][-1] == "fail"
        assert second.value.__cause__ is None and second.value.__suppress_context__

    def test_tempdir(self, tmp_path: object) -> None:
        with debug.tempdir(prefix="x", dir=tmp_path) as folder:
            assert os.path.basename(folder).startswith("x") and os.path.isdir(folder)
        assert not os.path.exists(folder)


class TestArgument:
    def test_values_and_defaults(self) -> None:
        given = {"b": 2}
        assert argument.parse_kwargs(given, ("a", 1), ("b", 0)) == (1, 2)
        assert given == {}

    def test_names_that_are_left(self) -> None:
        def forward(**kwargs: object) -> object:
            return argument.parse_kwargs(kwargs, ("a", 1), train="use chainer.config.train")

        with pytest.raises(TypeError, match=r"^forward\(\) got unexpected keyword argument\(s\) 'y', 'z'$"):
            forward(z=1, y=2)
        with pytest.raises(ValueError, match=r"^use chainer\.config\.train$"):
            forward(train=True)

    def test_nothing_may_be_left(self) -> None:
        def forward(**kwargs: object) -> None:
            argument.assert_kwargs_empty(kwargs)

        forward()
        with pytest.raises(TypeError, match=r"^forward\(\) got unexpected keyword argument\(s\) 'z'$"):
            forward(z=1)


@pytest.mark.parametrize("cover_all", [True, False])
@pytest.mark.parametrize(("k", "s", "p", "d"), [(3, 1, 1, 1), (3, 2, 1, 1), (2, 2, 0, 1), (3, 3, 2, 2), (1, 1, 0, 1)])
def test_deconvolution_undoes_the_size_of_convolution(k: int, s: int, p: int, d: int, cover_all: bool) -> None:
    for windows in range(4, 9):
        size = conv.get_deconv_outsize(windows, k, s, p, cover_all, d)
        assert conv.get_conv_outsize(size, k, s, p, cover_all, d) == windows


def test_what_is_gone_says_that_it_is_not_there() -> None:
    assert chainerx.is_available() is False
    assert intel64.is_ideep_available() is False
    assert intel64.should_use_ideep(">=auto") is False
    assert intel64.inputs_all_ready([np.zeros((1, 1, 1, 1))]) is False
    assert not isinstance(np.zeros(1), intel64.mdarray)
    with pytest.raises(RuntimeError, match="iDeep is not available"):
        intel64.check_ideep_available()
    with pytest.raises(ValueError, match="invalid iDeep use level: 'auto'"):
        intel64.should_use_ideep("auto")
