"""Makes `dwbridge.exporters` and `dwbridge.models` importable from the repository root.

After a normal install, Python started here finds `./dwbridge`, in which the two packages that live at the top level
are missing; an editable install maps them, and so does this, for whoever has neither.
"""

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def _map_package(name: str, folder: Path) -> None:
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


for _name in ("exporters", "models"):
    if importlib.util.find_spec(f"dwbridge.{_name}") is None:
        _map_package(f"dwbridge.{_name}", ROOT / _name)
