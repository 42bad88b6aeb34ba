"""`python -m dwbridge.compat script.py [arguments]`."""

import sys

from dwbridge.compat.script import run_script

sys.exit(run_script(sys.argv[1:]))
