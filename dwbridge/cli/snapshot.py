"""Loading a snapshot into a link, with an answer to the usual question: under which prefix are the parameters?"""

from __future__ import annotations

import zipfile
from pathlib import Path

from dwbridge.cli.exit_codes import BadInputError, one_line
from dwbridge.links import Link
from dwbridge.serializers import NpzArchive, load_npz


def load_snapshot(file: Path, model: Link, prefix: str = "") -> None:
    """Fills a link from an `.npz` file.

    Args:
        file: written by `save_npz`, here or by Chainer; a snapshot of a whole `Trainer` will do.
        model: the link.
        prefix: where the link's parameters are in the file, such as `updater/model:main/predictor/`.

    Raises:
        BadInputError: if the file is no such archive, or what it holds does not fit the link.
    """
    prefix = prefix if prefix.endswith("/") or not prefix else prefix + "/"
    try:
        load_npz(file, model, path=prefix)
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise BadInputError(f"{file}: {one_line(error)}{_hint(file, model, prefix)}") from error


def _hint(file: Path, model: Link, prefix: str) -> str:
    """Under which prefixes the file has the link's first parameter, if not under the given one."""
    first = next((path.lstrip("/") for path, _ in model.namedparams()), None)
    try:
        keys = list(NpzArchive(file))
    except (ValueError, OSError, zipfile.BadZipFile):
        return ""
    if first is None or prefix + first in keys:
        return ""
    found = sorted({key.removesuffix(first) for key in keys if key == first or key.endswith("/" + first)})
    if not found:
        return f"; no key of the file ends in {first!r}"
    return f"; try --npz-path {' or '.join(repr(prefix) for prefix in found)}"
