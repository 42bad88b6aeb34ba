// Frames of maps in eights of columns, for products of matrices: what tensor_rows.cuh and tensor_weight.cuh share.
//
// Columns go by eights, from the left end of a map, or of a strip of it, so that rows are copied in whole packs as they
// lie. Output q of a row needs the columns q - LEFT + j of x, for j < KERNEL_WIDTH: eight g of outputs meets the eights
// g + shift of x, FIRST <= shift <= LAST. Those beside a map have nothing, and are not multiplied.
//
// Defines: the numbers of the window (HEIGHT, WIDTH, OUT_HEIGHT, OUT_WIDTH, KERNEL_HEIGHT, KERNEL_WIDTH, TOP, LEFT; the
// others are 1); EIGHTS of outputs and X_EIGHTS of x in a row of a frame, of which the first BEFORE are before those of
// the outputs; MAPS of a frame, one image's behind another's; GROUPS of eight rows of outputs of each map (MAPS GROUPS is
// even); WARPS; PART and OUT_PART (elements of x and of outputs that are moved at once).

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

// Keeps a number in registers: the compiler would rather compute it anew for every unit.
__device__ __forceinline__ int64 kept(int64 number) {
#if !defined(ON_HOST)
    asm volatile("" : "+l"(number));
#endif
    return number;
}

// What a thread copies of the maps of a channel, of HEIGHT_ x WIDTH_ pixels: pieces of a column, from ROWS_ rows of
// EIGHTS_ eights. It goes down as many rows at once as threads have together.
template <typename Piece, int ROWS_, int EIGHTS_, int HEIGHT_, int WIDTH_>
struct Share {
    static constexpr int PIECE = sizeof(Piece) / sizeof(STORED), PIECES = 8 * EIGHTS_ / PIECE;
    static constexpr int DOWN = PIECES < THREADS ? THREADS / PIECES : 1;
    const int line = threadIdx.x / PIECES, column = threadIdx.x % PIECES * PIECE;
    const int64 step;  // from an image to the next
    const STORED* const first;

    __device__ __forceinline__ Share(const STORED* array, int channel, int channels)
        : step((int64)channels * (HEIGHT_ * WIDTH_)),
          first(array + kept((int64)channel * (HEIGHT_ * WIDTH_) + line * WIDTH_ + column)) {}

    // Begins to copy those of `images` images, from an image, a row and a column on.
    __device__ __forceinline__ void fill(Row* frame, int image, int images, int above, int before) const {
        const STORED* from = first + (image * step + above * WIDTH_ + before);
        STORED* to = frame[line].values + column;
#pragma unroll 4
        for (int here = 0; here < MAPS; ++here, from += step, to += ROWS_ * PITCH)
#pragma unroll
            for (int right = 0; right < 8 * EIGHTS_; right += THREADS * PIECE) {
                const int w = before + column + right;
                const bool exists = image + here < images && w >= 0 && w < WIDTH_;
                const bool wanted = line < DOWN && (PIECES <= THREADS || column + right < 8 * EIGHTS_);
#pragma unroll 4
                for (int row = 0; row < ROWS_; row += DOWN)
                    copy(reinterpret_cast<Piece*>(to + row * PITCH + right),
                         reinterpret_cast<const Piece*>(from + row * WIDTH_ + right),
                         exists && (unsigned)(above + line + row) < HEIGHT_, wanted && line + row < ROWS_);
            }
    }
};

// A lane's row of x for a row of taps: row lane % 8 of a group.
__device__ __forceinline__ const STORED* row_of(const Row* x, int group, int tap) {
    return x[group / GROUPS * X_ROWS + group % GROUPS * 8 + threadIdx.x % 8 + tap].values;
}
