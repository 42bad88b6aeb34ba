"""What a block has of shared memory: what the sources declare, once more in Python."""

from __future__ import annotations

from ownership import defines_of

from dwbridge.kernels.cuda.plan.launches import Launch


def shared_bytes(launch: Launch) -> int:
    """What a block has of shared memory."""
    d = defines_of(launch)
    wide = 8 if dict(launch.instance.defines)["WIDE"] == "double" else 4
    warps = launch.block // 32
    if launch.instance.source == "rows_weight":
        return warps * (d["K"] ** 2 + 1) * wide
    if launch.instance.source == "weight":
        return warps * (d["TAPS_Y"] * d["TAPS_X"] + 1) * wide
    if launch.instance.source in ("planes", "planes_weight"):
        stored = dict(launch.instance.defines).get("STORED")
        results = d["OUT_HEIGHT"] * d["OUT_WIDTH"] * (wide if stored else 2)
        others = (d["KERNEL_HEIGHT"] * d["KERNEL_WIDTH"] + 1) * wide if "weight" in launch.instance.source else results
        return d["WARPS"] * (d["MAPS"] * (d["FRAME"] * wide + others) + 32 * wide)
    if launch.instance.source in ("tensor_maps", "tensor_maps_weight"):
        image, out_image = d["HEIGHT"] * d["WIDTH"], d["OUT_HEIGHT"] * d["OUT_WIDTH"]
        stages = d["STAGES"] * 16 * 16 * (max(image, out_image) | 1)
        if launch.instance.source == "tensor_maps_weight":
            return max(stages, d["TOGETHER"] * image * out_image * 4)
        rows, columns = (
            d[size] + d[stride] * (d[f"OUT_{size}"] - 1)
            for size, stride in (("HEIGHT", "STRIDE_Y"), ("WIDTH", "STRIDE_X"))
        )
        return stages + 8 * (rows * columns + 1) * 2
    if launch.instance.source in ("tensor_rows", "tensor_weight"):
        first, last = (-(-d["LEFT"] // 8), (d["KERNEL_WIDTH"] + 6 - d["LEFT"]) // 8) if d["X_EIGHTS"] > 1 else (0, 0)
        sides = 1 + (launch.instance.source == "tensor_weight")
        rows = d["MAPS"] * (sides * 8 * d["GROUPS"] + d["KERNEL_HEIGHT"] - 1)
        frames = d["STAGES"] * rows * (d["X_EIGHTS"] | 1) * 16
        sums = d["WARPS"] * 2 * (d["KERNEL_HEIGHT"] // 2 + 1) * 8 * (first + last + 1) * 9 * 4
        return max(frames, sums) if sides == 2 else frames + 4 * d["KERNEL_HEIGHT"] * 8 * (first + last + 2)
    if launch.instance.source == "tiles":
        rows = (d["DOWN"] * d["STRIP"] - 1) * d["STRIDE_Y"] + (d["KERNEL_HEIGHT"] - 1) * d["DILATE_Y"] + 1
        taps = d["KERNEL_WIDTH"] * -(-d["KERNEL_HEIGHT"] // 4) * 4
        return d["PLANES"] * (rows * d["PITCH"] + taps) * wide
    return 0
