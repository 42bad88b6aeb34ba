"""Files that are whole or not there: written beside their place, then renamed onto it.

Killed at any moment, the old file stands or the new one does; no reader sees half of either. A symbolic link in the
file's place is replaced, never written through.
"""

import contextlib
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO


def write_atomically(path: str | os.PathLike[str], write: Callable[[BinaryIO], Any]) -> None:
    """Writes a file as a whole: on any exception the old file stands as it was and nothing else is left behind.

    Args:
        path: where the file goes. A file that is there already gives the new one its mode; a new one gets the mode
            that `open` would give it.
        write: receives the open binary file and writes the contents.

    Raises:
        OSError: if the folder cannot be written to, or something that is no file stands at the path.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_atomically(f'{folder}/greeting', lambda file: file.write(b'hello'))
        ...     os.listdir(folder)
        ['greeting']
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        raise OSError(f"expected a file or nothing at {path}, found something that cannot be replaced by a file")
    with _temporary_beside(path) as temporary:
        with _created(temporary) as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        _copy_mode(path, temporary)
        os.replace(temporary, path)
    _flush_folder(path.parent)


@contextlib.contextmanager
def _temporary_beside(path: Path) -> Iterator[Path]:
    # Beside it, because a rename is atomic only inside one file system.
    temporary = path.parent / f".{secrets.token_hex(8)}.tmp"
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _created(path: Path) -> BinaryIO:
    # os.open and not tempfile: the kernel then applies the umask, which Python could only read by setting it.
    # Readable as well, because HDF5 reads back what it has written.
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o666), "w+b")


def _copy_mode(path: Path, temporary: Path) -> None:
    if path.is_file() and not path.is_symlink():
        os.chmod(temporary, stat.S_IMODE(path.stat().st_mode))


def _flush_folder(folder: Path) -> None:
    # Makes the rename itself survive a power cut. Only POSIX can open a folder.
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
