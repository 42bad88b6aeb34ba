// Depthwise convolution in 16 bits with kernels of up to 9 columns, on tensor cores. See tensor_frames.cuh.
//
// A row of taps is a matrix: eight neighbouring outputs of a row of y are eights of x times bands of taps,
//
//     y[p][8 g + n] = sum over i, shift, c of x[p - top + i][8 (g + shift) + c] B_i,shift[c][n]
//     B_i,shift[c][n] = W[i][8 shift + c - n + LEFT]
//
// and the same bands make the outputs of every row of every image: a block has one channel, and its lanes keep them in
// registers. A warp has two groups of eight rows, of one map or of two. For each eight of x and two rows of taps it loads
// the pixels, and multiplies them by the bands of both:
//
//     instructions for 128 outputs     KERNEL_HEIGHT / 2 (SHIFTS products + 1 load)
//
// where 32 lanes need 4 KERNEL_HEIGHT KERNEL_WIDTH multiplications and additions. Frames of units, bands of GROUPS groups
// of MAPS maps, are copied to shared memory STAGES - 1 units before they are multiplied, with zeros where maps end.
//
// The zeros of a band are factors too: a pixel that is not finite would spread to outputs that it is no part of. So sums
// that are not finite are computed once more, tap by tap.
//
// Defines, besides those of tensor_frames.cuh: BANDS of a map, STRIPS of a band, STAGES, RESIDENT (blocks that shall at
// least fit into a multiprocessor), FLIP (1: taps are read backwards, which makes the data gradient); OUT_PART is at most
// 4. Stride 1, no dilation; the padding behind rows and columns may be any.

#include "tensor_frames.cuh"

typedef Row Frame[MAPS * X_ROWS];

// A tap; nothing beside the row.
__device__ __forceinline__ STORED tap_at(const STORED* kernel, int i, int j) {
    const int tap = i * KERNEL_WIDTH + j;
    return j >= 0 && j < KERNEL_WIDTH ? kernel[FLIP ? TAPS - 1 - tap : tap] : STORED{};
}

// What a lane has of the bands.
__device__ __forceinline__ void load_bands(unsigned (*bands)[SHIFTS], const STORED* kernel) {
    const int first = 2 * (threadIdx.x % 4) - threadIdx.x % 32 / 4 + LEFT;
#pragma unroll
    for (int i = 0; i < KERNEL_HEIGHT; ++i)
#pragma unroll
        for (int s = 0; s < SHIFTS; ++s) {
            const int j = first + 8 * (s + FIRST);
            bands[i][s] = word_of(tap_at(kernel, i, j), tap_at(kernel, i, j + 1));
        }
}

// Adds the products of two groups of rows, `group` and the next one.
__device__ __forceinline__ void add_products(float (*sums)[4], const Row* frame, const unsigned (*bands)[SHIFTS],
                                             int group) {
    const int eighth = threadIdx.x % 32 / 8;  // of the warp: its lanes have the rows of one of the matrices
    const STORED* rows = row_of(frame, group + eighth % 2, eighth / 2);
#pragma unroll
    for (int tap = 0; tap < KERNEL_HEIGHT; tap += 2)
#pragma unroll
        for (int e = 0; e < X_EIGHTS; ++e) {
            unsigned pixels[4];
            load_matrices(pixels, rows + tap * PITCH + 8 * e, tap + 1 < KERNEL_HEIGHT ? 4 : 2);
#pragma unroll
            for (int shift = FIRST; shift <= LAST; ++shift) {
                const int g = e - BEFORE - shift, s = shift - FIRST;
                if (g < 0 || g >= EIGHTS) continue;
                if (tap + 1 < KERNEL_HEIGHT) {
                    const unsigned both[2] = {bands[tap][s], bands[tap + 1][s]};
                    multiply_sixteen(sums[g], pixels, both);
                } else {
                    multiply(sums[g], pixels, bands[tap][s]);
                }
            }
        }
}

// Four outputs from a column on, as far as the row is wide.
__device__ __forceinline__ void store(STORED* row, unsigned first, unsigned second, int column, int width) {
    const unsigned words[2] = {first, second};
#pragma unroll
    for (int i = 0; i < 4; i += OUT_PART) {
        OutPart part;
#pragma unroll
        for (int v = 0; v < OUT_PART; ++v)
            part.values[v].bits = (unsigned short)(words[(i + v) / 2] >> (i + v) % 2 * 16);
        if (column + i < width) *reinterpret_cast<OutPart*>(row + column + i) = part;
    }
}

// A lane has two outputs of each eight; neighbours exchange them, and have four of every second.
__device__ __forceinline__ void store_eights(STORED* row, const float (*sums)[4], int half, int left, int width,
                                             bool exists) {
    const int t = threadIdx.x % 4;
#pragma unroll
    for (int e = 0; e < EIGHTS; e += 2) {
        const int mine = e + t % 2;
        const float* next = sums[e + 1 < EIGHTS ? e + 1 : e] + 2 * half;
        const unsigned even = narrow_two(sums[e][2 * half], sums[e][2 * half + 1]);
        const unsigned odd = narrow_two(next[0], next[1]);
        const unsigned other = __shfl_xor_sync(EVERY_LANE, t % 2 ? even : odd, 1);
        if (exists && mine < EIGHTS)
            store(row, t % 2 ? other : even, t % 2 ? odd : other, left + 8 * mine + t / 2 * 4, width);
    }
}

// What a lane has stored of a row, once more, tap by tap: nothing beside a window is a factor.
__device__ void store_by_taps(STORED* row, const STORED* map, const STORED* kernel, int height, int width,
                                           int above, int left, int out_width, float start) {
    const int t = threadIdx.x % 4;
#pragma unroll 1
    for (int at = 0; at < (EIGHTS + 1) / 2 * 4; ++at) {
        const int e = at / 4 * 2 + t % 2, q = left + 8 * e + t / 2 * 4 + at % 4;
        if (e >= EIGHTS || q >= out_width) continue;
        float sum = start;
#pragma unroll 1
        for (int k = 0; k < TAPS; ++k) {
            const int h = above + k / KERNEL_WIDTH, w = q - LEFT + k % KERNEL_WIDTH;
            if (h >= 0 && h < height && w >= 0 && w < width)
                sum += widen(map[(int64)h * width + w]) * widen(kernel[FLIP ? TAPS - 1 - k : k]);
        }
        row[q] = narrow(sum);
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT)
depthwise_tensor_rows(STORED* __restrict__ y, const STORED* __restrict__ x, const STORED* __restrict__ weight,
                      const STORED* __restrict__ bias, const Window window, const int total, const int units) {
    __shared__ Frame frames[STAGES];
    const int warp = threadIdx.x / 32, begin = blockIdx.y * units, end = min(begin + units, total);
    const int out_channel = blockIdx.x, channel = out_channel / window.multiplier;
    const STORED* kernel = weight + ((int64)(out_channel % window.multiplier) * window.channels + channel) * TAPS;
    const Maps in = maps_of(x, channel, window.channels, window.height, window.width);
    const auto fill_unit = [&](int stage, int unit) {
        const int left = unit % STRIPS * (8 * EIGHTS), above = unit / STRIPS % BANDS * ROWS;
        const int image = unit / (STRIPS * BANDS) * MAPS;
        if (unit < end)
            fill<Part>(frames[stage], X_ROWS, 8 * X_EIGHTS, in, image, window.images, above - window.top,
                       left - 8 * BEFORE);
        close_group();
    };
    for (int ahead = 0; ahead < STAGES - 1; ++ahead) fill_unit(ahead, begin + ahead);
    unsigned bands[KERNEL_HEIGHT][SHIFTS];
    load_bands(bands, kernel);
    const float start = bias ? widen(bias[out_channel]) : 0.0f;

    const int64 out_step = (int64)window.channels * window.multiplier * window.out_height * window.out_width;
    STORED* const out = y + (int64)out_channel * window.out_height * window.out_width;
    int stage = 0;
    for (int unit = begin; unit < end; ++unit) {
        wait_for_all_but<STAGES - 2>();
        __syncthreads();  // now the unit is there, and nobody reads the one before it any more
        fill_unit(stage ? stage - 1 : STAGES - 1, unit + STAGES - 1);
        const int left = unit % STRIPS * (8 * EIGHTS), above = unit / STRIPS % BANDS * ROWS + threadIdx.x % 32 / 4;
        const int image = unit / (STRIPS * BANDS) * MAPS;
        STORED* const here = out + image * out_step + above * window.out_width;
        for (int group = 2 * warp; group < MAPS * GROUPS; group += 2 * WARPS) {
            float sums[EIGHTS][4];
#pragma unroll
            for (int e = 0; e < EIGHTS; ++e)
#pragma unroll
                for (int v = 0; v < 4; ++v) sums[e][v] = start;
            add_products(sums, frames[stage], bands, group);

            float zero = 0;  // unless a sum is not finite: one of this lane's, or of that with which it exchanges outputs
#pragma unroll
            for (int e = 0; e < EIGHTS; ++e)
#pragma unroll
                for (int v = 0; v < 4; ++v) zero += 0 * sums[e][v];
            zero += __shfl_xor_sync(EVERY_LANE, zero, 1);
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const int map = (group + half) / GROUPS, down = (group + half) % GROUPS * 8;
                const bool exists = map < window.images - image && down < window.out_height - above;
                STORED* row = here + (map * out_step + down * window.out_width);
                store_eights(row, sums, half, left, window.out_width, exists);
                if (zero != 0 && exists)
                    store_by_taps(row, in.first + (image + map) * in.step, kernel, in.height, in.width,
                                  above + down - window.top, left, window.out_width, start);
            }
        }
        stage = stage + 1 < STAGES ? stage + 1 : 0;
    }
}
