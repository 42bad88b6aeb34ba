"""Who computes a depthwise convolution, one file each. Every file has the same three functions and stands alone:

    versions() -> dict of package names and versions
    start(threads) -> None; once, before anything is computed
    calls(arrays, stride, pad, threads) -> {operation: callable that returns the operation's outputs}

`arrays` holds x (N, C, H, H), W (M, C, k, k), b (C*M,) and gy, float32. Operations are `forward` (with bias) and
`backward` (gx, gW, gb); a name behind a slash, `forward/bound`, is another way to the same result. Outputs are new
arrays in every call. The files import what they measure inside their functions, when it is used.
"""
