// Depthwise convolution in 16 bits with kernels of 5 to 9 columns, on tensor cores.
//
// A row of taps is a matrix: eight neighbouring outputs of a row of y are pixels of x times a band of taps,
//
//     y[p][q + n] = sum over i, c of x[p - top + i][q - LEFT - OFFSET + c] B_i[c][n]
//     B_i[c][n]   = W[i][c - n - OFFSET]
//
// and the same B_i makes them of every row. A warp has 16 rows and ACROSS times eight columns of outputs. For every row
// of taps it goes along ITS rows of the frame, which a block loads into shared memory, with zeros where the map ends:
// each eight columns of pixels are loaded once, and multiplied by each of the EIGHTS parts of the band. OFFSET lets
// the frame begin at a multiple of eight columns of x, so that it is copied as it is.
//
//     instructions for 128 outputs     KERNEL_HEIGHT (EIGHTS products + (ACROSS + EIGHTS - 1) / ACROSS loads)
//
// where 32 lanes need 4 KERNEL_HEIGHT KERNEL_WIDTH multiplications and additions. The zeros of a band are factors too:
// a pixel that is not finite would spread to outputs that it is no part of. So sums that are not finite are
// computed once more, tap by tap.
//
// Defines: KERNEL_HEIGHT, KERNEL_WIDTH, LEFT, ACROSS, DOWN (warps below each other), PLANES (maps of a block), PART
// (elements that are loaded at once), OUT_PART (that are stored at once, at most 4), FLIP (1: taps are read backwards,
// which makes the data gradient). Stride 1, no dilation.

#include "tensor_cores.cuh"
#include "window.cuh"

#define LANES (32 * DOWN)
#define THREADS (LANES * PLANES)
#define RESIDENT (512 / THREADS)  // left to itself, ptxas aims at more blocks than these have registers for, and spills
#define OFFSET ((8 - LEFT % 8) % 8)
#define EIGHTS ((OFFSET + KERNEL_WIDTH + 14) / 8)
#define FRAME_HEIGHT (16 * DOWN + KERNEL_HEIGHT - 1)
#define FRAME_EIGHTS (ACROSS + EIGHTS - 1)
#define PITCH (8 * (FRAME_EIGHTS + 1 - FRAME_EIGHTS % 2))  // odd in units of 16 bytes: eight rows are in all banks
#define TAPS (KERNEL_HEIGHT * KERNEL_WIDTH)
#define BAND (8 * EIGHTS + 7)  // a row of taps with the zeros before and behind it: B_i[c][n] is at c + 7 - n

struct alignas(PART * sizeof(STORED)) Part {
    STORED values[PART];
};

struct alignas(OUT_PART * sizeof(STORED)) OutPart {
    STORED values[OUT_PART];
};

struct alignas(16) Row {
    STORED values[PITCH];
};

// The frame, whose first pixel is that of row `above` and column `before` of an image, which is a multiple of eight.
__device__ __forceinline__ void fill(Row* frame, const STORED* image, int above, int before, int height, int width,
                                     int lane) {
    const int parts = 8 * FRAME_EIGHTS / PART;
#pragma unroll 4
    for (int at = lane; at < FRAME_HEIGHT * parts; at += LANES) {
        const int row = at / parts, column = at % parts * PART, h = above + row, w = before + column;
        const bool inside = h >= 0 && h < height && w >= 0 && w < width;
        *reinterpret_cast<Part*>(frame[row].values + column) =
            inside ? *reinterpret_cast<const Part*>(image + (int64)h * width + w) : Part{};
    }
}

__device__ __forceinline__ void fill_taps(STORED (*taps)[BAND], const STORED* kernel, int lane) {
    for (int at = lane; at < KERNEL_HEIGHT * BAND; at += LANES) {
        const int i = at / BAND, j = at % BAND - 7 - OFFSET, tap = i * KERNEL_WIDTH + j;
        taps[i][at % BAND] = j >= 0 && j < KERNEL_WIDTH ? kernel[FLIP ? TAPS - 1 - tap : tap] : STORED{};
    }
}

// An output of row p and column q of the frame, tap by tap.
__device__ float by_taps(const Row* frame, const STORED (*taps)[BAND], int p, int q, float sum) {
#pragma unroll 1
    for (int i = 0; i < KERNEL_HEIGHT; ++i)
#pragma unroll 1
        for (int j = 0; j < KERNEL_WIDTH; ++j)
            sum += widen(frame[p + i].values[q + OFFSET + j]) * widen(taps[i][7 + OFFSET + j]);
    return sum;
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

extern "C" __global__ void __launch_bounds__(THREADS, RESIDENT)
depthwise_tensor_rows(STORED* __restrict__ y, const STORED* __restrict__ x, const STORED* __restrict__ weight,
                      const STORED* __restrict__ bias, const Window window, const int planes, const int tiles_y,
                      const int tiles_x) {
    __shared__ Row frames[PLANES][FRAME_HEIGHT];
    __shared__ STORED taps[PLANES][KERNEL_HEIGHT][BAND];
    const int here = threadIdx.x / LANES, lane = threadIdx.x % 32, warp = threadIdx.x % LANES / 32;
    const int tile = blockIdx.x % (tiles_y * tiles_x), left = tile % tiles_x * (8 * ACROSS);
    const int above = tile / tiles_x * (16 * DOWN), top = above + 16 * warp;
    const int out_plane = blockIdx.x / (tiles_y * tiles_x) * PLANES + here;
    const int plane = out_plane / window.multiplier, m = out_plane % window.multiplier;
    const int channel = plane % window.channels;
    const bool works = out_plane < planes;
    if (works) {
        fill(frames[here], x + (int64)plane * window.height * window.width, above - window.top, left - LEFT - OFFSET,
             window.height, window.width, threadIdx.x % LANES);
        fill_taps(taps[here], weight + ((int64)m * window.channels + channel) * TAPS, threadIdx.x % LANES);
    }
    __syncthreads();
    if (!works || top >= window.out_height) return;  // whole warps: all lanes of the others multiply

    const int g = lane / 4, t = lane % 4;
    const float start = bias ? widen(bias[channel * window.multiplier + m]) : 0.0f;
    float sums[ACROSS][4];
#pragma unroll
    for (int j = 0; j < ACROSS; ++j)
#pragma unroll
        for (int v = 0; v < 4; ++v) sums[j][v] = start;
#pragma unroll
    for (int i = 0; i < KERNEL_HEIGHT; ++i) {
        const STORED* row = frames[here][16 * warp + i + lane % 16].values;
        unsigned band[EIGHTS], pixels[FRAME_EIGHTS][2];
#pragma unroll
        for (int e = 0; e < EIGHTS; ++e) {
            const STORED* two = taps[here][i] + 8 * e + 2 * t + 7 - g;
            band[e] = word_of(two[0], two[1]);
        }
#pragma unroll
        for (int j = 0; j < FRAME_EIGHTS; ++j) {
            load_matrix(pixels[j], row + 8 * j);
#pragma unroll
            for (int e = 0; e < EIGHTS; ++e)
                if (j - e >= 0 && j - e < ACROSS) multiply(sums[j - e], pixels[j], band[e]);
        }
    }

    const Row* frame = frames[here] + 16 * warp;
#pragma unroll
    for (int j = 0; j < ACROSS; ++j)
#pragma unroll
        for (int v = 0; v < 4; ++v)
            if (!isfinite(sums[j][v]))
                sums[j][v] = by_taps(frame, taps[here], g + v / 2 * 8, 8 * j + 2 * t + v % 2, start);

    // A lane has two outputs of each eight; neighbours exchange them, and have four of every second.
    STORED* result = y + (int64)out_plane * window.out_height * window.out_width;
#pragma unroll
    for (int j = 0; j < ACROSS; j += 2) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            const int p = top + g + 8 * half, mine = j + t % 2;
            const float* next = sums[j + 1 < ACROSS ? j + 1 : j] + 2 * half;
            const unsigned even = word_of(narrow(sums[j][2 * half]), narrow(sums[j][2 * half + 1]));
            const unsigned odd = word_of(narrow(next[0]), narrow(next[1]));
            const unsigned other = __shfl_xor_sync(EVERY_LANE, t % 2 ? even : odd, 1);
            if (p < window.out_height && mine < ACROSS)
                store(result + (int64)p * window.out_width, t % 2 ? other : even, t % 2 ? odd : other,
                      left + 8 * mine + t / 2 * 4, window.out_width);
        }
    }
}
