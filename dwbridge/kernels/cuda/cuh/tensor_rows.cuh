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
// least fit into a multiprocessor); OUT_PART is at most 4. Stride 1, no dilation; the padding behind rows and columns may
// be any.

#include "tensor_frames.cuh"

typedef Row Frame[MAPS * X_ROWS];

// Taps of a row, framed in zeros as far as bands go, twice: the second time one element further, so that any two
// neighbours share a word in one of them.
#define LOWEST (LEFT - 7 + 8 * FIRST)
#define FRAMED (8 * SHIFTS + 8)

struct alignas(4) FramedTaps {
    STORED values[2][FRAMED];
};

__device__ __forceinline__ void fill_taps(FramedTaps* taps, const STORED* tap, int next) {
    for (int at = threadIdx.x; at < KERNEL_HEIGHT * 2 * FRAMED; at += THREADS) {
        const int i = at / (2 * FRAMED), further = at / FRAMED % 2, j = at % FRAMED + further + LOWEST;
        taps[i].values[further][at % FRAMED] =
            j >= 0 && j < KERNEL_WIDTH ? tap[next * (i * KERNEL_WIDTH + j)] : STORED{};
    }
    __syncthreads();
}

// What a lane has of the bands: taps `first` and the next one, and those 8 further for each shift.
__device__ __forceinline__ void load_bands(unsigned (*bands)[SHIFTS], const FramedTaps* taps) {
    const int first = 2 * (threadIdx.x % 4) - threadIdx.x % 32 / 4 + 7;
#pragma unroll
    for (int i = 0; i < KERNEL_HEIGHT; ++i)
#pragma unroll
        for (int s = 0; s < SHIFTS; ++s)
            bands[i][s] = *reinterpret_cast<const unsigned*>(taps[i].values[first % 2] + first / 2 * 2 + 8 * s);
}

// Adds the products of two groups of rows, `group` and the next one.
__device__ __forceinline__ void add_products(float (*sums)[4], const Row* frame, const unsigned (*bands)[SHIFTS],
                                             int group) {
    const int eighth = threadIdx.x % 32 / 8;  // of the warp: its lanes have the rows of one of the matrices
    const STORED* rows = row_of(frame, group + eighth % 2, eighth / 2);
#if defined(ON_HOST) || __CUDA_ARCH__ < 800  // where addresses that nobody needs have to be of shared memory, too
    const STORED* last = row_of(frame, group + eighth % 2, KERNEL_HEIGHT - 1);
#else
    const STORED* last = rows + (KERNEL_HEIGHT - 1) * PITCH;
#endif
#pragma unroll
    for (int tap = 0; tap < KERNEL_HEIGHT; tap += 2)
#pragma unroll
        for (int e = 0; e < X_EIGHTS; ++e) {
            unsigned pixels[4];
            if (tap + 1 < KERNEL_HEIGHT)
                load_matrices(pixels, rows + tap * PITCH + 8 * e, 4);
            else
                load_matrices(pixels, last + 8 * e, 2);
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

struct alignas((OUT_PART + 1) / 2 * 4) Words {
    unsigned values[(OUT_PART + 1) / 2];
};

// Four outputs from a column on, as far as the row goes.
__device__ __forceinline__ void store(STORED* to, unsigned first, unsigned second, int column) {
    const unsigned words[2] = {first, second};
#pragma unroll
    for (int i = 0; i < 4; i += OUT_PART) {
        if (column + i >= OUT_WIDTH) continue;
        if (OUT_PART == 1) {
            to[i].bits = (unsigned short)(words[i / 2] >> i % 2 * 16);
        } else {
            Words part;
#pragma unroll
            for (int v = 0; v < OUT_PART / 2; ++v) part.values[v] = words[i / 2 + v];
            *reinterpret_cast<Words*>(to + i) = part;
        }
    }
}

// A lane's first column of a row: it has four of every second eight.
__device__ __forceinline__ int own_column() { return threadIdx.x % 2 * 8 + threadIdx.x % 4 / 2 * 4; }

// A lane has two outputs of each eight of products; neighbours exchange them, and have four of every second. `to` is
// where the lane's own columns of a row begin, `left` the strip's first column.
__device__ __forceinline__ void store_eights(STORED* to, const float (*sums)[4], int half, int left, bool exists) {
    const bool odd = threadIdx.x % 2;
#pragma unroll
    for (int e = 0; e < EIGHTS; e += 2) {
        const float* next = sums[e + 1 < EIGHTS ? e + 1 : e] + 2 * half;
        const unsigned first = narrow_two(sums[e][2 * half], sums[e][2 * half + 1]);
        const unsigned second = narrow_two(next[0], next[1]);
        const unsigned other = __shfl_xor_sync(EVERY_LANE, odd ? first : second, 1);
        if (exists && (e + 1 < EIGHTS || !odd))
            store(to + 8 * e, odd ? other : first, odd ? second : other, left + 8 * e + own_column());
    }
}

// What a lane has stored of a row, once more, tap by tap: nothing beside a window is a factor.
__device__ void store_by_taps(STORED* to, const STORED* map, const STORED* tap, int next, int above, int left,
                              float start) {
    close_words();
#pragma unroll 1
    for (int at = 0; at < (EIGHTS + 1) / 2 * 4; ++at) {
        const int here = at / 4 * 16 + at % 4, column = here + own_column(), q = left + column;
        if (column >= 8 * EIGHTS || q >= OUT_WIDTH) continue;
        float sum = start;
#pragma unroll 1
        for (int k = 0; k < TAPS; ++k) {
            const int h = above + k / KERNEL_WIDTH, w = q - LEFT + k % KERNEL_WIDTH;
            if (h >= 0 && h < HEIGHT && w >= 0 && w < WIDTH)
                sum += widen(map[(int64)h * WIDTH + w]) * widen(tap[next * k]);
        }
        to[here] = narrow(sum);
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT)
depthwise_tensor_rows(STORED* __restrict__ y, const STORED* __restrict__ x, const STORED* __restrict__ weight,
                      const STORED* __restrict__ bias, const Window window, const int total, const int units) {
    __shared__ Frame frames[STAGES];
    __shared__ FramedTaps taps[KERNEL_HEIGHT];
    const int warp = threadIdx.x / 32, begin = blockIdx.y * units, end = min(begin + units, total);
    const int out_channel = blockIdx.x, channel = out_channel / window.multiplier;
    const int64 number = (int64)(out_channel % window.multiplier) * window.channels + channel;  // of the kernel
    const STORED* kernel = first_tap(weight + number * TAPS, window);
    const Share<Part, X_ROWS, X_EIGHTS, HEIGHT, WIDTH> mine(x, channel, window.channels);
    const auto fill_unit = [&](int stage, int unit) {
        const int left = unit % STRIPS * (8 * EIGHTS), above = unit / STRIPS % BANDS * ROWS;
        const int image = unit / (STRIPS * BANDS) * MAPS;
        if (unit < end)
            mine.fill(frames[stage], image, window.images, above - TOP, left - 8 * BEFORE);
        close_group();
    };
    for (int ahead = 0; ahead < STAGES - 1; ++ahead) fill_unit(ahead, begin + ahead);
    fill_taps(taps, kernel, next_tap(window));
    unsigned bands[KERNEL_HEIGHT][SHIFTS];
    load_bands(bands, taps);
    const float start = bias ? widen(bias[out_channel]) : 0.0f;

    const int64 out_step = (int64)window.channels * window.multiplier * (OUT_HEIGHT * OUT_WIDTH);
    const int line = threadIdx.x % 32 / 4;  // a lane's row of a group
    STORED* const out = y + kept((int64)out_channel * (OUT_HEIGHT * OUT_WIDTH) + line * OUT_WIDTH + own_column());
    int stage = 0;
    for (int unit = begin; unit < end; ++unit) {
        wait_for_all_but<STAGES - 2>();
        __syncthreads();  // now the unit is there, and nobody reads the one before it any more
        fill_unit(stage ? stage - 1 : STAGES - 1, unit + STAGES - 1);
        const int left = unit % STRIPS * (8 * EIGHTS), above = unit / STRIPS % BANDS * ROWS;
        const int image = unit / (STRIPS * BANDS) * MAPS;
        STORED* const here = out + image * out_step + above * OUT_WIDTH + left;
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
                const bool exists = map < window.images - image && above + down + line < OUT_HEIGHT;
                STORED* to = here + (map * out_step + down * OUT_WIDTH);
                store_eights(to, sums, half, left, exists);
                if (zero != 0 && exists)
                    store_by_taps(to, x + ((image + map) * mine.step + (int64)channel * (HEIGHT * WIDTH)), kernel,
                                  next_tap(window), above + down + line - TOP, left, start);
            }
        }
        stage = stage + 1 < STAGES ? stage + 1 : 0;
    }
}
