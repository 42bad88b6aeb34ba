"""The first thing that a runtime's own process does: it finds the packages where the process that started it did.

A script, which that process gives {package: its file}. `dwbridge.exporters` and `dwbridge.models` may lie elsewhere
than inside `dwbridge`, and the path may hold another `dwbridge` without them: the root of the repository does.
"""

import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType


class Located:
    """Finds packages by their files, before the path is searched."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return importlib.util.spec_from_file_location(name, self.files[name]) if name in self.files else None


if __name__ == "__main__":
    sys.meta_path.insert(0, Located(json.loads(sys.argv[1])))

    from dwbridge.exporters.runtimes import own_process

    own_process.main()
