"""Configuration: thread over process, restored on the way out."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from dwbridge.configuration import (
    GlobalConfig,
    LocalConfig,
    config,
    force_backprop_mode,
    get_dtype,
    global_config,
    is_debug,
    mixed16,
    no_backprop_mode,
    set_debug,
    using_config,
)


def test_using_config_restores_the_value_or_its_absence() -> None:
    with using_config("train", False):
        assert not config.train
        with using_config("train", True):
            assert config.train
        assert not config.train
    assert config.train
    assert "train" not in vars(config)


def test_it_restores_after_an_exception() -> None:
    with pytest.raises(KeyError), using_config("debug", True):
        raise KeyError
    assert not config.debug


def test_unknown_entries() -> None:
    with pytest.raises(AttributeError):
        config.no_such_entry  # noqa: B018
    with using_config("no_such_entry", 1):
        assert config.no_such_entry == 1


def test_threads_do_not_see_each_other() -> None:
    seen = {}
    with no_backprop_mode():
        thread = threading.Thread(target=lambda: seen.update(flag=config.enable_backprop))
        thread.start()
        thread.join()
    assert seen == {"flag": True}


def test_force_backprop_mode_overrides() -> None:
    with no_backprop_mode():
        with force_backprop_mode():
            assert config.enable_backprop
        assert not config.enable_backprop


def test_threads_see_the_process() -> None:
    seen = {}
    global_config.keep_graph_on_report = True
    try:
        thread = threading.Thread(target=lambda: seen.update(flag=config.keep_graph_on_report))
        thread.start()
        thread.join()
    finally:
        global_config.keep_graph_on_report = False
    assert seen == {"flag": True}


def test_get_dtype() -> None:
    assert get_dtype() == np.float32
    assert get_dtype("f8") == np.float64
    with using_config("dtype", np.float16):
        assert get_dtype() == np.float16


@pytest.mark.parametrize("name", ["DWBRIDGE_DTYPE", "CHAINER_DTYPE"])
def test_the_environment_sets_the_default_type(name: str) -> None:
    command = "from dwbridge.configuration import config; print(config.dtype)"
    run = subprocess.run([sys.executable, "-c", command], env={**os.environ, name: "float64"}, capture_output=True)
    assert run.stdout.split() == [b"float64"], run.stderr


def test_show_lists_every_entry(capsys: pytest.CaptureFixture[str]) -> None:
    config.show()
    lines = capsys.readouterr().out.splitlines()
    assert "enable_backprop                True" in lines
    assert lines == sorted(lines)


def test_mixed16_is_float16_unless_mapped() -> None:
    assert repr(mixed16) == "dtype('mixed16')"
    assert np.dtype(mixed16) == get_dtype(mixed16) == np.float16
    with using_config("dtype", mixed16):
        assert get_dtype() == np.float16
        assert get_dtype(map_mixed16=np.float32) == np.float32
        assert get_dtype("f8", map_mixed16=np.float32) == np.float64
    assert get_dtype(np.float16, map_mixed16=np.float32) == np.float16


def test_debug_has_a_setter() -> None:
    with using_config("debug", False):
        set_debug(True)
        assert is_debug()
    assert not is_debug()


@pytest.mark.parametrize(
    ("variable", "value", "entry", "expected"),
    [
        ("CHAINER_DTYPE", "mixed16", "dtype", "dtype('mixed16')"),
        ("CHAINER_DEBUG", "1", "debug", "True"),
        ("CHAINER_TYPE_CHECK", "0", "type_check", "False"),
        ("CHAINER_KEEP_GRAPH_ON_REPORT", "1", "keep_graph_on_report", "True"),
        ("CHAINER_USE_CUDNN", "never", "use_cudnn", "'never'"),
    ],
)
def test_chainers_environment(variable: str, value: str, entry: str, expected: str) -> None:
    command = f"from dwbridge.configuration import config; print(repr(config.{entry}))"
    run = subprocess.run([sys.executable, "-c", command], env={**os.environ, variable: value}, capture_output=True)
    assert run.stdout.decode().strip() == expected, run.stderr


def test_a_type_of_the_environment_that_is_none() -> None:
    command = "import dwbridge.configuration"
    environment = {**os.environ, "CHAINER_DTYPE": "int8"}
    run = subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True)
    assert b"CHAINER_DTYPE must be float16, float32, float64 or mixed16, got 'int8'" in run.stderr


def test_a_function_as_an_entry_of_the_process_is_what_it_was() -> None:
    def schedule(*args: object) -> int:
        return len(args)

    global_config.schedule_func = schedule
    try:
        assert config.schedule_func is schedule
        assert global_config.schedule_func is schedule
    finally:
        global_config.schedule_func = None


def test_an_entry_that_is_added_to_the_process_is_seen_until_it_is_removed() -> None:
    global_config.of_a_users_own = 3
    assert (config.of_a_users_own, global_config.of_a_users_own) == (3, 3)
    del global_config.of_a_users_own
    with pytest.raises(AttributeError):
        config.of_a_users_own  # noqa: B018


def test_views_of_two_processes_entries_are_apart() -> None:
    one, other = GlobalConfig(train=True), GlobalConfig(train=False)
    assert (LocalConfig(one).train, LocalConfig(other).train) == (True, False)
