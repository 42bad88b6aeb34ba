// Depthwise convolution of maps of at most 64 pixels in 16 bits, on tensor cores, and its data gradient. See flat_maps.cuh.
//
// For maps as small as this, a channel's convolution is a matrix that lanes keep in registers,
//
//     y[n][to] = sum over pixels of x[n][from] T[from][to]
//     T[(h, w)][(p, q)] = W[i][j]     where h = p STRIDE_Y - TOP + i DILATE_Y, and w likewise; else zero
//
// and the data gradient is the product of gy with the same matrix, transposed. Maps of sixteen images are the rows of a
// product:
//
//     instructions for 16 maps     FROM_EIGHTS TO_EIGHTS / 2 products + 2 FROM_EIGHTS loads + 2 TO_EIGHTS stores
//
// at most, for any kernel, stride and padding: eights of pixels and of outputs that do not meet are left out. For maps of
// 7 x 7 these are 53, where 32 lanes need 25 multiplications and additions for a single tap. Outputs take the place of
// pixels in shared memory.
//
// The zeros of the matrix are factors too: a pixel that is not finite would spread to outputs that it is no part of. So
// sums that are not finite are computed once more, tap by tap.
//
// Defines, besides those of flat_maps.cuh: DATA (1: the data gradient, x is gy and y is gx), MEETING (bit TO_EIGHTS e + f:
// of eight e and eight f, some meet in a window), RESIDENT (blocks that shall at least fit into a multiprocessor).

#include "flat_maps.cuh"

#define FROM (DATA ? OUT_IMAGE : IMAGE)
#define TO (DATA ? IMAGE : OUT_IMAGE)
#define FROM_EIGHTS ((FROM + 7) / 8)
#define TO_EIGHTS ((TO + 7) / 8)

// Taps by how far a pixel is from where the window of an output begins, framed in zeros.
#define BACK_Y (STRIDE_Y * (OUT_HEIGHT - 1))
#define BACK_X (STRIDE_X * (OUT_WIDTH - 1))
#define TABLE_WIDTH (WIDTH + BACK_X)
#define TABLE ((HEIGHT + BACK_Y) * TABLE_WIDTH)

// Behind the table is a zero, for positions that have no pixel.
__device__ __forceinline__ void fill_table(STORED* table, const STORED* kernel) {
    for (int at = threadIdx.x % 32; at < TABLE + 1; at += 32) table[at] = STORED{};
    __syncwarp();
    for (int k = threadIdx.x % 32; k < TAPS; k += 32) {
        const int y = k / KERNEL_WIDTH * DILATE_Y + BACK_Y - TOP, x = k % KERNEL_WIDTH * DILATE_X + BACK_X - LEFT;
        if (y >= 0 && y < HEIGHT + BACK_Y && x >= 0 && x < TABLE_WIDTH) table[y * TABLE_WIDTH + x] = kernel[k];
    }
    __syncwarp();
}

// What a position of x, or of y, adds to the place of their tap in the table.
template <int PIXELS, bool IS_OUTPUT>
__device__ __forceinline__ int place_at(int position, int channel) {
    const int pixel = pixel_at<PIXELS>(position, channel);
    if (pixel < 0) return TABLE;
    return IS_OUTPUT ? (BACK_Y - pixel / OUT_WIDTH * STRIDE_Y) * TABLE_WIDTH + BACK_X - pixel % OUT_WIDTH * STRIDE_X
                     : pixel / WIDTH * TABLE_WIDTH + pixel % WIDTH;
}

__device__ __forceinline__ bool meet(int e, int f) { return MEETING >> (TO_EIGHTS * e + f) & 1; }

// What a lane has of the matrix, in eights that meet.
__device__ __forceinline__ void load_matrix(unsigned (*matrix)[TO_EIGHTS], const STORED* table, int channel) {
    const int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    int places[TO_EIGHTS];
#pragma unroll
    for (int f = 0; f < TO_EIGHTS; ++f) places[f] = place_at<TO, !DATA>(8 * f + g, channel);
#pragma unroll
    for (int e = 0; e < FROM_EIGHTS; ++e) {
        const int first = place_at<FROM, DATA>(8 * e + 2 * t, channel);
        const int second = place_at<FROM, DATA>(8 * e + 2 * t + 1, channel);
#pragma unroll
        for (int f = 0; f < TO_EIGHTS; ++f)
            if (meet(e, f))
                matrix[e][f] = word_of(table[min(first + places[f], TABLE)], table[min(second + places[f], TABLE)]);
    }
}

// An output, from its taps alone.
__device__ __forceinline__ float sum_by_taps(const STORED* map, const STORED* kernel, int to, float sum) {
#pragma unroll 1
    for (int k = 0; k < TAPS; ++k) {
        const int i = k / KERNEL_WIDTH * DILATE_Y - TOP, j = k % KERNEL_WIDTH * DILATE_X - LEFT;
        const int y = DATA ? to / WIDTH - i : to / OUT_WIDTH * STRIDE_Y + i;
        const int x = DATA ? to % WIDTH - j : to % OUT_WIDTH * STRIDE_X + j;
        if (y < 0 || x < 0 || (DATA && (y % STRIDE_Y || x % STRIDE_X))) continue;
        const int row = DATA ? y / STRIDE_Y : y, column = DATA ? x / STRIDE_X : x;
        if (row < (DATA ? OUT_HEIGHT : HEIGHT) && column < (DATA ? OUT_WIDTH : WIDTH))
            sum += widen(map[row * (DATA ? OUT_WIDTH : WIDTH) + column]) * widen(kernel[k]);
    }
    return sum;
}

// A lane's outputs of `count` images of the unit, once more.
__device__ void repair(Maps* unit, const STORED* x, const STORED* kernel, int64 step, int count, int channel,
                       float start) {
    const int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    close_words();
#pragma unroll 1
    for (int at = 0; at < 4 * TO_EIGHTS; ++at) {
        const int image = g + at % 2 * 8, to = pixel_at<TO>(at / 4 * 8 + 2 * t + at / 2 % 2, channel);
        if (image < count && to >= 0)
            unit[image].values[channel * TO + to] = narrow(sum_by_taps(x + image * step, kernel, to, start));
    }
}

extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT)
depthwise_tensor_maps(STORED* __restrict__ y, const STORED* __restrict__ x, const STORED* __restrict__ weight,
                      const STORED* __restrict__ bias, const Window window, const int total, const int units) {
    __shared__ Maps stages[STAGES][IMAGES];
    __shared__ STORED tables[CHANNELS][TABLE + 1];
    const int channel = threadIdx.x / 32, g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    const int begin = blockIdx.y * units, end = min(begin + units, total), number = blockIdx.x * CHANNELS + channel;
    const STORED* kernel = weight + (int64)number * TAPS;
    const float start = bias ? widen(bias[number]) : 0.0f;
    const auto fill_unit = [&](int stage, int unit) {
        if (unit < end) fill<FROM>(stages[stage], x, window.channels, unit * IMAGES, window.images);
        close_group();
    };
    for (int ahead = 0; ahead < STAGES - 1; ++ahead) fill_unit(ahead, begin + ahead);
    fill_table(tables[channel], kernel);
    unsigned matrix[FROM_EIGHTS][TO_EIGHTS];
    load_matrix(matrix, tables[channel], channel);

    int stage = 0;
    for (int unit = begin; unit < end; ++unit) {
        wait_for_all_but<STAGES - 2>();
        __syncthreads();  // now the unit is there, and the one before it is stored
        fill_unit(stage ? stage - 1 : STAGES - 1, unit + STAGES - 1);
        Maps* maps = stages[stage];
        unsigned pixels[FROM_EIGHTS][2];
#pragma unroll
        for (int e = 0; e < FROM_EIGHTS; ++e)
#pragma unroll
            for (int half = 0; half < 2; ++half)
                pixels[e][half] = load_word<FROM>(maps[g + 8 * half], channel, 4 * e + t);
        __syncthreads();  // pixels are read, where outputs come to lie

        float zero = 0;  // unless a sum of this lane's is not finite
#pragma unroll
        for (int f = 0; f < TO_EIGHTS; ++f) {
            float sums[4] = {start, start, start, start};
#pragma unroll
            for (int e = 0; e < FROM_EIGHTS; e += 2) {
                const bool next = e + 1 < FROM_EIGHTS && meet(e + 1, f);
                if (meet(e, f) && next) {
                    const unsigned a[4] = {pixels[e][0], pixels[e][1], pixels[e + 1][0], pixels[e + 1][1]};
                    const unsigned b[2] = {matrix[e][f], matrix[e + 1][f]};
                    multiply_sixteen(sums, a, b);
                } else if (meet(e, f)) {
                    multiply(sums, pixels[e], matrix[e][f]);
                } else if (next) {
                    multiply(sums, pixels[e + 1], matrix[e + 1][f]);
                }
            }
#pragma unroll
            for (int half = 0; half < 2; ++half)
                store_word<TO>(maps[g + 8 * half], channel, 4 * f + t, narrow_two(sums[2 * half], sums[2 * half + 1]));
#pragma unroll
            for (int v = 0; v < 4; ++v) zero += 0 * sums[v];
        }
        const int image = unit * IMAGES;
        const int64 step = (int64)window.channels * FROM;
        if (zero != 0)
            repair(maps, x + image * step + (int64)number * FROM, kernel, step, window.images - image, channel, start);
        __syncthreads();
        store<TO>(y, maps, window.channels, image, window.images);
        stage = stage + 1 < STAGES ? stage + 1 : 0;
    }
}
