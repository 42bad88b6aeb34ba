"""Makes dwbridge/datasets/digits.npz from the file that scikit-learn's wheel carries.

    pip download --no-deps scikit-learn
    python tests/golden/make_digits.py scikit_learn-*.whl dwbridge/datasets/digits.npz

The source is the wheel, or sklearn/datasets/data/digits.csv.gz from it: 1797 rows of 64 gray values (0 to 16) and a
label. The result holds `images`, uint8 (1797, 8, 8), and `labels`, uint8 (1797,), in the source's order. The same
source gives the same bytes.
"""

import gzip
import io
import sys
import zipfile
from pathlib import Path

import numpy as np

MEMBER = "sklearn/datasets/data/digits.csv.gz"


def read_table(source: Path) -> np.ndarray:
    """The table (1797, 65) as uint8."""
    packed = zipfile.ZipFile(source).read(MEMBER) if source.suffix == ".whl" else source.read_bytes()
    return np.loadtxt(io.BytesIO(gzip.decompress(packed)), delimiter=",").astype(np.uint8)


def main(source: str, target: str) -> None:
    table = read_table(Path(source))
    assert table.shape == (1797, 65), f"expected 1797 rows of 64 pixels and a label, got {table.shape}"
    np.savez_compressed(target, images=table[:, :64].reshape(-1, 8, 8), labels=table[:, 64])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
