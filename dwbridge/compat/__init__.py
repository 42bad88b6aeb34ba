"""Running code that was written for Chainer, unchanged: `import chainer` gives dwbridge.

    python -m dwbridge.compat train.py --epoch 20

`table.py` says which of Chainer's modules and names there are and where each lives here; `finder.py` makes modules from
it, `script.py` runs a script as Python would. The other files hold what only Chainer's callers need.
"""

from dwbridge.compat.finder import install, uninstall
from dwbridge.compat.script import run_script

__all__ = ["install", "run_script", "uninstall"]
