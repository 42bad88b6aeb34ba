// Average pooling whose one window has the whole image in it, and its gradient.
//
//     forward   y[plane] = sum over the pixels of x[plane, pixel] / count
//     backward  gx[plane, pixel] = gy[plane] / count
//
// Forward: GROUP threads, a warp or a block, have a plane; thread t adds up the packs t, t + GROUP, ... of V pixels, then
// threads are added. V divides the pixels of a plane. Backward: a thread writes a pack, wherever planes end in it; planes
// go in batches of fewer than 2^31 pixels, blockIdx.y, each of which begins at a pack.
//
// Defines: V, GROUP (32 or 256; backward does not need it).

#include "packs.cuh"
#include "reduce.cuh"

extern "C" __global__ void __launch_bounds__(256, 2)
average_planes(STORED* __restrict__ y, const STORED* __restrict__ x, const int64 planes, const int pixels,
               const int count) {
    const int64 plane = (int64)blockIdx.x * (256 / GROUP) + threadIdx.x / GROUP;
    if (plane >= planes) return;
    const int own = threadIdx.x % GROUP, packs = pixels / V;
    WIDE sum = 0;
#pragma unroll 4
    for (int at = own; at < packs; at += GROUP) {
        const Pack pack = pack_at(x, plane * packs + at);
#pragma unroll
        for (int v = 0; v < V; ++v) sum += widen(pack.values[v]);
    }
#if GROUP == 32
    sum = warp_sum(sum);
#else
    __shared__ WIDE warps[8];
    sum = block_sum(sum, warps);
#endif
    if (own == 0) y[plane] = narrow(sum / (WIDE)count);
}

extern "C" __global__ void __launch_bounds__(256, 2)
average_planes_gradient(STORED* __restrict__ gx, const STORED* __restrict__ gy, const int64 planes, const int pixels,
                        const int count, const int batch) {
    const int64 first = (int64)blockIdx.y * batch, left = planes - first;
    const int size = (left < batch ? left : batch) * pixels, at = (blockIdx.x * blockDim.x + threadIdx.x) * V;
    if (at >= size) return;
    STORED* here = gx + first * pixels;
    const STORED* given = gy + first;
    int plane = at / pixels, pixel = at % pixels;
    STORED share = narrow(widen(given[plane]) / (WIDE)count);
    Pack pack;
#pragma unroll
    for (int v = 0; v < V; ++v) {
        if (pixel == pixels && at + v < size) {
            pixel = 0;
            share = narrow(widen(given[++plane]) / (WIDE)count);
        }
        pack.values[v] = share;
        ++pixel;
    }
    if (at + V <= size)
        put_pack(here, at / V, pack);
    else  // unrolled, or the pack would be in memory
#pragma unroll
        for (int v = 0; v < V; ++v)
            if (at + v < size) here[at + v] = pack.values[v];
}
