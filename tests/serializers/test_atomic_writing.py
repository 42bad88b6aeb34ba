"""A file is written whole or not at all."""

import os
import signal
import stat
import subprocess
import sys

import pytest

from dwbridge.serializers import write_atomically


def test_writes(tmp_path):
    write_atomically(tmp_path / "a", lambda file: file.write(b"new"))
    assert (tmp_path / "a").read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a"]


def test_takes_paths_as_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_atomically("a", lambda file: file.write(b"new"))
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_old_file_stands_when_writing_fails(tmp_path, error):
    (tmp_path / "a").write_bytes(b"old")

    def write(file):
        file.write(b"half")
        raise error

    with pytest.raises(error):
        write_atomically(tmp_path / "a", write)
    assert (tmp_path / "a").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_old_file_stands_until_the_new_one_is_whole(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    seen = []

    def write(file):
        file.write(b"n" * 100_000)
        seen.append((tmp_path / "a").read_bytes())

    write_atomically(tmp_path / "a", write)
    assert seen == [b"old"]


def test_old_file_stands_when_the_process_is_killed(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    program = (
        "import os, signal, sys\n"
        "from dwbridge.serializers import write_atomically\n"
        "def write(file):\n"
        "    file.write(b'half'); file.flush(); os.kill(os.getpid(), signal.SIGKILL)\n"
        "write_atomically(sys.argv[1], write)\n"
    )
    result = subprocess.run([sys.executable, "-c", program, str(tmp_path / "a")], check=False)
    assert result.returncode == -signal.SIGKILL
    assert (tmp_path / "a").read_bytes() == b"old"


def test_new_file_has_the_mode_that_open_gives(tmp_path):
    (tmp_path / "by_open").write_bytes(b"")
    write_atomically(tmp_path / "a", lambda file: file.write(b"new"))
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "by_open").stat().st_mode


def test_replaced_file_keeps_its_mode(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o640)
    write_atomically(tmp_path / "a", lambda file: file.write(b"new"))
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_link_is_replaced_and_not_written_through(tmp_path):
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "a").symlink_to(tmp_path / "target")
    write_atomically(tmp_path / "a", lambda file: file.write(b"new"))
    assert (tmp_path / "target").read_bytes() == b"old"
    assert not (tmp_path / "a").is_symlink()


def test_folder_is_not_replaced(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError, match=r"expected a file or nothing at .*a"):
        write_atomically(tmp_path / "a", lambda file: file.write(b"new"))
    assert os.listdir(tmp_path) == ["a"]


def test_device_is_not_replaced():
    with pytest.raises(OSError, match="expected a file or nothing at /dev/null"):
        write_atomically("/dev/null", lambda file: file.write(b"new"))


def test_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "missing" / "a", lambda file: file.write(b"new"))
