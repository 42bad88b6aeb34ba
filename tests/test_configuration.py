"""Configuration: thread over process, restored on the way out."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from dwbridge.configuration import config, get_dtype, global_config, no_backprop_mode, using_config


def test_using_config_restores_the_value_or_its_absence() -> None:
    with using_config("train", False):
        assert not config.train
        with using_config("train", True):
            assert config.train
        assert not config.train
    assert config.train
    assert "train" not in vars(config._local)


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
    assert "enable_backprop      True" in capsys.readouterr().out
