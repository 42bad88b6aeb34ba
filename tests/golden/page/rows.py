"""The table of the rows, by name."""

from golden.page import calls, containers, devices, registration, tree
from golden.page.observing import Row

ROWS: dict[str, Row] = {
    name: row
    for module in (calls, registration, tree, devices, containers)
    for name, row in vars(module).items()
    if not name.startswith("_") and getattr(row, "__module__", None) == module.__name__ and callable(row)
}
