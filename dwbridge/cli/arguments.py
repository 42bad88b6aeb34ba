"""Kinds of arguments that several commands take, checked before any work begins."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

InputFile = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


class OutputFile(click.ParamType):
    """A file to write: its folder has to be there and to take new files."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> Path:
        path = Path(value)
        if path.is_dir():
            self.fail(f"{path} is a folder, expected a file to write", param, context)
        if not path.parent.is_dir():
            self.fail(f"cannot write {path}: there is no folder {path.parent}", param, context)
        if not os.access(path.parent, os.W_OK):
            self.fail(f"cannot write {path}: the folder {path.parent} is not writable", param, context)
        return path


class Shape(click.ParamType):
    """Positive integers between commas: `1,3,224,224`."""

    name = "n,c,h,w"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        sizes = [word.strip() for word in value.split(",")]
        if not all(size.isascii() and size.isdigit() and int(size) > 0 for size in sizes):
            self.fail(f"expected positive integers between commas, such as 1,3,224,224, got {value!r}", param, context)
        return tuple(int(size) for size in sizes)
