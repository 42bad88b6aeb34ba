"""Why a compiled kernel did not compute: it is not made for these arrays, or it could not be compiled."""


class DeclinedError(TypeError):
    """A kernel is not made for arrays of these types; the reference is."""


class CannotCompileError(RuntimeError):
    """A kernel could not be compiled on this machine."""
