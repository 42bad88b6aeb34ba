"""Makes `readme_snapshot.npz` and `readme_output.npz` with real Chainer 7.8.1, from the network in the README.

    python make_readme_snapshot.py      in an environment with chainer==7.8.1 and numpy==1.23.5

The snapshot is what `chainer.serializers.save_npz` writes after a few training-mode batches; the output is what Chainer
computes from it in inference mode, on an input that is kept beside it.
"""

import re
from pathlib import Path

import chainer
import numpy as np

HERE = Path(__file__).resolve().parent


def main() -> None:
    text = (HERE.parents[1] / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```python\n(.*?)```", text, flags=re.DOTALL).group(1)
    names: dict = {}
    exec(
        block.replace("import dwbridge as chainer", "import chainer").replace("import dwbridge.", "import chainer."),
        names,
    )
    np.random.seed(7)
    net = names["Net"]()
    for _ in range(5):
        net(np.random.normal(0.2, 1.1, (8, 3, 32, 32)).astype(np.float32))
    chainer.serializers.save_npz(str(HERE / "readme_snapshot.npz"), net)
    x = np.random.normal(size=(2, 3, 32, 32)).astype(np.float32)
    with chainer.using_config("train", False):
        y = net(x).array
    np.savez_compressed(HERE / "readme_output.npz", x=x, y=y)


if __name__ == "__main__":
    main()
