// Frames of maps in eights of columns, for products of matrices: what tensor_rows.cuh and tensor_weight.cuh share.
//
// Columns go by eights, from the left end of a map, or of a strip of it, so that rows are copied in whole packs as they
// lie. Output q of a row needs the columns q - LEFT + j of x, for j < KERNEL_WIDTH: eight g of outputs meets the eights
// g + shift of x, FIRST <= shift <= LAST. Those beside a map have nothing, and are not multiplied.
//
// Defines: KERNEL_HEIGHT, KERNEL_WIDTH; LEFT; EIGHTS of outputs and X_EIGHTS of x in a row of a frame, of which the first
// BEFORE are before those of the outputs; MAPS of a frame, one image's behind another's; GROUPS of eight rows of outputs
// of each map (MAPS GROUPS is even); WARPS; PART and OUT_PART (elements of x and of outputs that are moved at once).

#pragma once

#include "async_copies.cuh"
#include "tensor_cores.cuh"
#include "window.cuh"

#define THREADS (32 * WARPS)
#define FIRST (X_EIGHTS > 1 ? -((LEFT + 7) / 8) : 0)
#define LAST (X_EIGHTS > 1 ? (KERNEL_WIDTH + 6 - LEFT) / 8 : 0)
#define SHIFTS (LAST - FIRST + 1)
#define TAPS (KERNEL_HEIGHT * KERNEL_WIDTH)
#define ROWS (8 * GROUPS)
#define X_ROWS (ROWS + KERNEL_HEIGHT - 1)
#define PITCH (8 * (X_EIGHTS + 1 - X_EIGHTS % 2))  // odd in units of 16 bytes: eight rows are in all banks

struct alignas(PART * sizeof(STORED)) Part {
    STORED values[PART];
};

struct alignas(OUT_PART * sizeof(STORED)) OutPart {
    STORED values[OUT_PART];
};

struct alignas(16) Row {
    STORED values[PITCH];
};

// The maps of a channel: those of images lie `step` elements apart.
struct Maps {
    const STORED* first;
    int64 step;
    int height, width;
};

__device__ __forceinline__ Maps maps_of(const STORED* array, int channel, int channels, int height, int width) {
    const int64 size = (int64)height * width;
    return {array + channel * size, channels * size, height, width};
}

// Begins to copy `columns` of `rows` rows of the maps of `images` images, from an image, a row and a column on. A thread
// stays in its column, and goes down as many rows as threads have together.
template <typename Piece>
__device__ __forceinline__ void fill(Row* frame, int rows, int columns, const Maps& maps, int image, int images,
                                     int above, int before) {
    const int piece = sizeof(Piece) / sizeof(STORED), pieces = columns / piece, together = max(1, THREADS / pieces);
    const int first = threadIdx.x / pieces;
    for (int column = threadIdx.x % pieces * piece; column < columns; column += THREADS * piece) {
        const int w = before + column;
        const STORED* map = maps.first + (image * maps.step + (int64)(above + first) * maps.width + w);
        STORED* to = frame[first].values + column;
#pragma unroll 4
        for (int here = 0; here < MAPS; ++here, map += maps.step, to += rows * PITCH) {
            const bool exists = image + here < images && w >= 0 && w < maps.width;
            const STORED* from = map;
#pragma unroll 4
            for (int row = 0; row < rows; row += together, from += (int64)together * maps.width)
                copy(reinterpret_cast<Piece*>(to + row * PITCH), reinterpret_cast<const Piece*>(from),
                     exists && (unsigned)(above + first + row) < (unsigned)maps.height,
                     first < together && first + row < rows);
        }
    }
}

// A lane's row of x for a row of taps: row lane % 8 of a group.
__device__ __forceinline__ const STORED* row_of(const Row* x, int group, int tap) {
    return x[group / GROUPS * X_ROWS + group % GROUPS * 8 + threadIdx.x % 8 + tap].values;
}
