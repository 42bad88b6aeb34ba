// Walking down a map: what rows.cuh, rows_data.cuh and rows_weight.cuh share.
//
// A group of LANES lanes has a strip of a map, one behind the other, and walks down a band of its rows. Rows are loaded
// AHEAD rows before they are needed, in parts of PART elements: 16 bytes, or what the width of the map is made of. What
// lies beside a lane's own pixels, it gets from its neighbours. Maps that are wider than a warp are cut into strips,
// and the strips overlap: the first and the last lane of each (OVERLAP 1) load for their neighbours and own no outputs.
//
// Loops are unrolled for a TURN of rows, no fewer than AHEAD: so a row is loaded to where it will be wanted.
//
// Defines: V (a lane's outputs of a row), PART, AHEAD, TURN (a multiple of the rows of a kernel's ring), LANES (a power
// of two), OVERLAP, THREADS, and RESIDENT: the blocks that shall at least fit into a multiprocessor.

#include "window.cuh"

#define GROUPS (THREADS / LANES)

struct alignas(PART * sizeof(STORED)) Part {
    STORED values[PART];
};

struct Strip {
    int lane, column;  // of the lane's first output; with OVERLAP it may be negative
    int begin, end;    // the band's rows
    int64 plane;
    bool works, owns;  // lanes without work still shuffle; those that own no outputs still load
};

// Strip `number` of all: the strips of a band stand together, then the bands of a plane.
__device__ __forceinline__ Strip strip_of(int number, bool works, int bands, int band_rows, int height, int strips) {
    Strip strip;
    strip.lane = threadIdx.x % LANES;
    strip.works = works;
    strip.owns = works && strip.lane >= OVERLAP && strip.lane < LANES - OVERLAP;
    const int band = works ? number / strips : 0;
    strip.column = ((works ? number % strips : 0) * (LANES - 2 * OVERLAP) + strip.lane - OVERLAP) * V;
    strip.plane = band / bands;
    strip.begin = band % bands * band_rows;
    strip.end = min(strip.begin + band_rows, height);
    return strip;
}

// `count` parts of row h of an image, from a column on; zero where there is none.
__device__ __forceinline__ void load(Part* parts, int count, const STORED* image, bool wanted, int h, int height,
                                     int column, int width) {
    const STORED* row = image + (int64)h * width + column;
    const bool inside = wanted && h >= 0 && h < height;
#pragma unroll
    for (int i = 0; i < count; ++i) {
        const int at = column + i * PART;
        parts[i] = inside && at >= 0 && at < width ? *reinterpret_cast<const Part*>(row + i * PART) : Part{};
    }
}

// Stores `count` sums from a column on, as far as the row is wide.
__device__ __forceinline__ void store(STORED* row, const WIDE* sums, int count, int column, int width) {
#pragma unroll
    for (int i = 0; i < count; i += PART) {
        Part part;
#pragma unroll
        for (int v = 0; v < PART; ++v) part.values[v] = narrow(sums[i + v]);
        if (column + i < width) *reinterpret_cast<Part*>(row + column + i) = part;
    }
}

// Parts as numbers in in[left ... left + count), with the neighbours' beside them; zero at the ends of the group.
__device__ __forceinline__ void spread(WIDE* in, const Part* parts, int left, int count, int right, int lane) {
#pragma unroll
    for (int v = 0; v < count; ++v) in[left + v] = widen(parts[v / PART].values[v % PART]);
#pragma unroll
    for (int v = 0; v < left; ++v) {
        const WIDE other = __shfl_up_sync(0xffffffffu, in[count + v], 1, LANES);
        in[v] = lane == 0 ? (WIDE)0 : other;
    }
#pragma unroll
    for (int v = 0; v < right; ++v) {
        const WIDE other = __shfl_down_sync(0xffffffffu, in[left + v], 1, LANES);
        in[left + count + v] = lane == LANES - 1 ? (WIDE)0 : other;
    }
}

// The next row of a queue of `ahead` moves into `now`, and the one behind the queue is loaded. Unrolled for at least as
// many rows, it moves nothing.
__device__ __forceinline__ void advance(Part* queue, int ahead, Part* now, int count, const STORED* image, bool wanted,
                                        int h, int height, int column, int width) {
#pragma unroll
    for (int i = 0; i < count; ++i) now[i] = queue[i];
#pragma unroll
    for (int i = 0; i < (ahead - 1) * count; ++i) queue[i] = queue[i + count];
    load(queue + (ahead - 1) * count, count, image, wanted, h + ahead, height, column, width);
}
