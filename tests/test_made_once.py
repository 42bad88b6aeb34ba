"""Of several who want a file at once, one makes it."""

import fcntl
from pathlib import Path

import pytest
from made_once import made_once


def test_while_one_makes_it_nobody_else_does(tmp_path: Path) -> None:
    def make(begun: Path) -> None:
        with (tmp_path / "it.lock").open("w") as another, pytest.raises(BlockingIOError):
            fcntl.flock(another, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert not wanted.exists()
        begun.write_text("made")

    wanted = tmp_path / "it.json"
    assert made_once(wanted, make).read_text() == "made"
    assert list(tmp_path.iterdir()) == [wanted]


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    wanted = made_once(tmp_path / "it.json", lambda begun: begun.write_text("first"))
    assert made_once(wanted, lambda begun: begun.write_text("second")).read_text() == "first"


def test_who_waited_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = tmp_path / "it.json"
    monkeypatch.setattr(fcntl, "flock", lambda *_: wanted.write_text("another's"))
    assert made_once(wanted, lambda begun: begun.write_text("mine")).read_text() == "another's"


def test_who_fails_leaves_it_to_the_next(tmp_path: Path) -> None:
    def fail(begun: Path) -> None:
        raise RuntimeError("it does not compile")

    with pytest.raises(RuntimeError, match="it does not compile"):
        made_once(tmp_path / "it.json", fail)
    assert made_once(tmp_path / "it.json", lambda begun: begun.write_text("made")).read_text() == "made"
