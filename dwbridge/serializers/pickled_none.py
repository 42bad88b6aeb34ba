r"""Recognising the one pickle that Chainer's files contain, a 0-d object array holding None, without unpickling.

NumPy writes an object array as a pickle of the array. Unpickling runs whatever the file says, so nothing here does:
the bytes are compared with a pattern that spells out this one pickle, with the freedom that its writers had. It says

    array = numpy.core.multiarray._reconstruct(numpy.ndarray, (0,), b'b')
    dtype = numpy.dtype('O8', False, True) with the state (3, '|', None, None, None, -1, -1, 63)
    array with the state (1, (), dtype, False, [None])

and the freedom is: protocols 2 to 5; `numpy.core` or, since NumPy 2, `numpy._core`; the text opcodes of each protocol;
results noted in the memo or not (BINPUT, MEMOIZE); Python 2, which wrote booleans as 0 and 1 and bytes as strings.
Safe because a match executes nothing: the most that a forged file can reach is to be read as None.
"""

import re

_MEMO = rb"(?:q.|\x94)?"
_FALSE, _TRUE = rb"(?:\x89|K\x00)", rb"(?:\x88|K\x01)"


def _text(word: bytes) -> bytes:
    # BINUNICODE, SHORT_BINUNICODE, SHORT_BINSTRING and SHORT_BINBYTES differ in opcode and length field only.
    size = len(word)
    long, short = re.escape(size.to_bytes(4, "little")), re.escape(size.to_bytes(1, "little"))
    return rb"(?:X" + long + rb"|[\x8cUC]" + short + rb")" + re.escape(word) + _MEMO


def _global(name: bytes, *modules: bytes) -> bytes:
    # GLOBAL has both names inline; STACK_GLOBAL takes them as texts, of which a repeated one is a BINGET.
    inline = rb"c(?:" + rb"|".join(map(re.escape, modules)) + rb")\n" + name + rb"\n"
    stacked = rb"(?:h.|" + rb"|".join(map(_text, modules)) + rb")" + _text(name) + rb"\x93"
    return rb"(?:" + inline + rb"|" + stacked + rb")" + _MEMO


_BYTES_B = (
    rb"(?:" + _text(b"b") + rb"|" + _global(b"encode", b"_codecs") + _text(b"b") + _text(b"latin1") + rb"\x86"
) + (_MEMO + rb"R" + _MEMO + rb")")

_RECONSTRUCT = (
    _global(b"_reconstruct", b"numpy.core.multiarray", b"numpy._core.multiarray")
    + (_global(b"ndarray", b"numpy") + rb"K\x00\x85" + _MEMO + _BYTES_B)
    + (rb"\x87" + _MEMO + rb"R" + _MEMO)
)

_DTYPE = (
    _global(b"dtype", b"numpy")
    + (_text(b"O8") + _FALSE + _TRUE + rb"\x87" + _MEMO + rb"R" + _MEMO)
    + (rb"\(K\x03" + _text(b"|") + rb"NNN" + rb"(?:J\xff\xff\xff\xff){2}" + rb"K\x3ft" + _MEMO + rb"b")
)

_STATE = rb"\(K\x01\)" + _DTYPE + _FALSE + rb"\]" + _MEMO + rb"Nat" + _MEMO + rb"b"

_PICKLE = re.compile(rb"\x80[\x02-\x05](?:\x95.{8})?" + _RECONSTRUCT + _STATE + rb"\.", re.DOTALL)

LONGEST_NONE = 512  # bytes; the pickles of None have 140 to 250

# What is written for None: protocol 3 and `numpy.core`, which every NumPy that Chainer runs on reads, and NumPy 2 too.
PICKLED_NONE = (
    b"\x80\x03cnumpy.core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02C\x01bq\x03\x87q\x04Rq\x05"
    b"(K\x01)cnumpy\ndtype\nq\x06X\x02\x00\x00\x00O8q\x07\x89\x88\x87q\x08Rq\t"
    b"(K\x03X\x01\x00\x00\x00|q\nNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tq\x0bb\x89]q\x0cNatq\rb."
)


def is_pickled_none(data: bytes) -> bool:
    """Whether bytes are the pickle of a 0-d object array that holds None."""
    return len(data) <= LONGEST_NONE and _PICKLE.fullmatch(data) is not None
