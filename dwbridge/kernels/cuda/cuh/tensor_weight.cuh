// Gradients of the kernels and the bias in 16 bits, on tensor cores, in two stages of a fixed order.
//
//     gW[m, c, i, j] = sum over n, p, q of x[n, c, p - top + i, q - LEFT + j] gy[n, c M + m, p, q]
//
// Columns go by eights. Eight g of gy meets the eights g + shift of x, FIRST <= shift <= LAST, and for a row of taps
//
//     D[i][shift][c][n] = sum over maps, p, g of x[p - top + i][8 (g + shift) + c] gy[p][8 g + n]
//
// is a product of matrices whose summed axis is that of rows, 16 at a time: two groups of eight rows, of one map or of
// two. It is added up in registers over a block's whole slice. Taps are sums along its diagonals, 8 shift + c - n = j -
// LEFT; what is beside these is computed and not read. Two rows of taps make the 16 rows of one product. Behind the last
// one stands a row of ones, which makes the sum of gy: the bias.
//
//     instructions for 128 outputs     (KERNEL_HEIGHT + 2) / 2 (SHIFTS products + 1 load)
//
// where 32 lanes need 4 KERNEL_HEIGHT KERNEL_WIDTH multiplications and additions.
//
// Block (c M + m, slice) has a slice of `units`, each a band of GROUPS groups of rows of MAPS maps, or a strip of it.
// Frames of units are copied to shared memory, with zeros where maps end, STAGES - 1 units before they are multiplied.
// Then the warps' matrices are added in shared memory, to partial[slice][c M + m][tap]; behind the last tap stands the
// sum of gy. Second stage: weight_sum.cuh. Which element is added where follows from the launch alone. Tensor cores may
// cut off where others round: an error of at most a float's last bit for 16 terms, and so of less than that for each.
//
// Defines: KERNEL_HEIGHT and KERNEL_WIDTH, at most 9; LEFT, less than KERNEL_WIDTH; EIGHTS of gy and X_EIGHTS of x in a
// row of a frame, of which the first BEFORE are before those of gy; MAPS, GROUPS (their product is even), BANDS of a
// map, STRIPS of a band, STAGES, WARPS, RESIDENT (blocks that shall at least fit into a multiprocessor), PART and
// OUT_PART (elements of x and of gy that are copied at once). Stride 1, no dilation; the padding behind rows and columns
// may be any. What is not finite stays in its channel, but may make NaN of taps whose windows it is not in: zeros beside
// maps are factors too.

#include "tensor_frames.cuh"

#define PAIRS (KERNEL_HEIGHT / 2 + 1)

struct Frame {
    Row x[MAPS * X_ROWS], gy[MAPS * ROWS];
};

union Memory {
    Frame frames[STAGES];
    float sums[WARPS][2 * PAIRS][8 * SHIFTS][9];  // [i][8 (shift - FIRST) + c][n], in nine columns for the banks
};

typedef Share<Part, X_ROWS, X_EIGHTS, HEIGHT, WIDTH> ShareOfX;
typedef Share<OutPart, ROWS, EIGHTS, OUT_HEIGHT, OUT_WIDTH> ShareOfGy;

// Begins to copy what a unit has of x and gy.
__device__ __forceinline__ void fill(Frame& frame, const ShareOfX& x, const ShareOfGy& gy, int unit, int images) {
    const int left = unit % STRIPS * (8 * EIGHTS), above = unit / STRIPS % BANDS * ROWS;
    const int image = unit / (STRIPS * BANDS) * MAPS;
    x.fill(frame.x, image, images, above - TOP, left - 8 * BEFORE);
    gy.fill(frame.gy, image, images, above, left);
}

// Adds the products of two groups of rows, `group` and the next one.
__device__ __forceinline__ void add_products(float (*sums)[SHIFTS][4], const Frame& frame, int group) {
    const int eighth = threadIdx.x % 32 / 8;  // of the warp: its lanes have the rows of one of the matrices that are loaded
    const STORED* two_taps = row_of(frame.x, group + eighth / 2, eighth % 2);
    const STORED* one_tap = row_of(frame.x, group + eighth % 2, 0);
    const STORED* gradients = frame.gy[8 * (group + eighth % 2) + threadIdx.x % 8].values;
    const unsigned ones = word_of(narrow(1.0f), narrow(1.0f));
    unsigned b[EIGHTS][2];
#pragma unroll
    for (int e = 0; e < X_EIGHTS; ++e) {
#pragma unroll
        for (int g = 0; g < EIGHTS; ++g)
            if (e == max(0, g + BEFORE + FIRST)) load_transposed(b[g], gradients + 8 * g, 2);
#pragma unroll
        for (int pair = 0; pair < PAIRS; ++pair) {
            const int tap = 2 * pair, at = tap * PITCH + 8 * e;
            unsigned a[4] = {ones, ones, ones, ones}, one[2];
            if (tap + 1 < KERNEL_HEIGHT) {
                load_transposed(a, two_taps + at, 4);
            } else if (tap < KERNEL_HEIGHT) {
                load_transposed(one, one_tap + at, 2);
                a[0] = one[0], a[2] = one[1];
            }
#pragma unroll
            for (int shift = FIRST; shift <= LAST; ++shift) {
                const int g = e - BEFORE - shift;
                if (g >= 0 && g < EIGHTS && (tap < KERNEL_HEIGHT || shift == 0))
                    multiply_sixteen(sums[pair][shift - FIRST], a, b[g]);
            }
        }
    }
}

// Lays down a warp's matrices.
__device__ __forceinline__ void store(float (*to)[8 * SHIFTS][9], const float (*sums)[SHIFTS][4]) {
    const int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
#pragma unroll
    for (int pair = 0; pair < PAIRS; ++pair)
#pragma unroll
        for (int shift = 0; shift < SHIFTS; ++shift)
#pragma unroll
            for (int v = 0; v < 4; ++v) to[2 * pair + v / 2][8 * shift + g][2 * t + v % 2] = sums[pair][shift][v];
}

extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT)
depthwise_tensor_weight(float* __restrict__ partial, const STORED* __restrict__ x, const STORED* __restrict__ gy,
                        const Window window, const int total, const int units) {
    __shared__ Memory memory;
    const int warp = threadIdx.x / 32, begin = blockIdx.y * units, end = min(begin + units, total);
    const int out_channel = blockIdx.x, out_channels = window.channels * window.multiplier;
    const ShareOfX in(x, out_channel / window.multiplier, window.channels);
    const ShareOfGy out(gy, out_channel, out_channels);
    float sums[PAIRS][SHIFTS][4];
#pragma unroll
    for (int pair = 0; pair < PAIRS; ++pair)
#pragma unroll
        for (int shift = 0; shift < SHIFTS; ++shift)
#pragma unroll
            for (int v = 0; v < 4; ++v) sums[pair][shift][v] = 0;

    for (int ahead = 0; ahead < STAGES - 1; ++ahead) {
        if (begin + ahead < end) fill(memory.frames[ahead], in, out, begin + ahead, window.images);
        close_group();
    }
    int stage = 0;
    for (int unit = begin; unit < end; ++unit) {
        wait_for_all_but<STAGES - 2>();
        __syncthreads();  // now the unit is there, and nobody reads the one before it any more
        const int ahead = unit + STAGES - 1, free = stage ? stage - 1 : STAGES - 1;
        if (ahead < end) fill(memory.frames[free], in, out, ahead, window.images);
        close_group();
        for (int group = 2 * warp; group < MAPS * GROUPS; group += 2 * WARPS)
            add_products(sums, memory.frames[stage], group);
        stage = stage + 1 < STAGES ? stage + 1 : 0;
    }

    __syncthreads();
    store(memory.sums[warp], sums);
    __syncthreads();
    float* result = partial + ((int64)blockIdx.y * out_channels + out_channel) * (TAPS + 1);
    for (int k = threadIdx.x; k <= TAPS; k += THREADS) {
        const int first = k < TAPS ? k % KERNEL_WIDTH - LEFT - 8 * FIRST : -8 * FIRST;
        float sum = 0;
#pragma unroll
        for (int warp = 0; warp < WARPS; ++warp)
#pragma unroll
            for (int n = 0; n < 8; ++n) {
                const int c = k < TAPS ? first + n : first;
                if (c >= 0 && c < 8 * SHIFTS) sum += memory.sums[warp][k / KERNEL_WIDTH][c][n];
            }
        result[k] = sum;
    }
}
