"""The release of Chainer whose interface dwbridge has: what `chainer.__version__` says to scripts that ask."""

VERSION = "7.8.1"
