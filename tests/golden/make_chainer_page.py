"""Writes down what every row of the class page shows in real Chainer 7.8.1: `chainer_page.json` beside this file.

From the repository's root, with Chainer installed as `make_chainer_golden.py` says:

    PYTHONPATH=tests peer-chainer/bin/python -P -W ignore tests/golden/make_chainer_page.py
"""

import json
from pathlib import Path

import chainer
from golden.page.observing import observe
from golden.page.rows import ROWS


def main() -> None:
    assert chainer.__version__ == "7.8.1", chainer.__version__
    rows = {name: observe(row, chainer) for name, row in ROWS.items()}
    text = json.dumps(rows, indent=1, sort_keys=True, ensure_ascii=False)
    (Path(__file__).resolve().parent / "chainer_page.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
