// Small maps, framed in zeros, in shared memory that a warp has for itself: what planes.cuh and planes_weight.cuh share.
//
// A warp has MAPS neighbouring channels, of one image after another, so its taps stay the same. Their maps lie one behind
// the other: they are read as one run of memory, 32 elements at a time, and those of the next image are on their way
// while this one's are computed. No other warp is waited for. A lane computes STRIP outputs below each other, and reads
// each column of the frame once for all of them. If that is the whole height of the map, it is known to the compiler
// which rows of a window lie above or below it: these are not in the frame, and not multiplied.
//
// Defines: the numbers of the window (HEIGHT, WIDTH, OUT_HEIGHT, OUT_WIDTH, KERNEL_HEIGHT, KERNEL_WIDTH, STRIDE_Y,
// STRIDE_X, TOP, LEFT, DILATE_Y, DILATE_X), MAPS (more than one only if a lane has one strip at most), WHOLE (1: channels
// are a multiple of MAPS), STRIP, PITCH and FRAME (from a row of a frame to the next, and from a frame to the next), WARPS
// of a block, and RESIDENT: the blocks that shall at least fit into a multiprocessor. With M = 1.

#pragma once

#include "window.cuh"

#define THREADS (32 * WARPS)
#define EVERY_LANE 0xffffffffu
#define REACH_Y ((KERNEL_HEIGHT - 1) * DILATE_Y + 1)
#define REACH_X ((KERNEL_WIDTH - 1) * DILATE_X + 1)
#define TAPS (KERNEL_HEIGHT * KERNEL_WIDTH)
#define STRIPS ((OUT_HEIGHT + STRIP - 1) / STRIP)
#define OF_A_MAP (STRIPS * OUT_WIDTH)               // strips, beside and below each other
#define ROUNDS ((MAPS * OF_A_MAP + 31) / 32)        // in which lanes have all strips
#define ABOVE (STRIPS > 1 ? TOP : 0)                // rows of zeros in a frame
#define FRAME_HEIGHT (STRIPS > 1 ? (STRIPS * STRIP - 1) * STRIDE_Y + REACH_Y : HEIGHT)
#define FRAME_WIDTH ((OUT_WIDTH - 1) * STRIDE_X + REACH_X)
#define IMAGE (HEIGHT * WIDTH)
#define OUT_IMAGE (OUT_HEIGHT * OUT_WIDTH)
#define LOADS ((MAPS * IMAGE + 31) / 32)
#define COLUMN ((STRIP - 1) * STRIDE_Y + REACH_Y)

struct Frames {
    WIDE values[MAPS * FRAME + 32];  // behind the frames, a place for each lane: of pixels that no window sees
};

// A strip of the warp's, in some round: `exists` is not so for what lies behind the last one.
struct Strip {
    int map, row, column;  // of the first output
    bool exists;
};

__device__ __forceinline__ Strip strip_of(int lane, int round) {
    const int item = lane + 32 * round;
    const bool exists = item < MAPS * OF_A_MAP;
    return {exists ? item / OF_A_MAP : 0, item % OF_A_MAP / OUT_WIDTH * STRIP, item % OUT_WIDTH, exists};
}

// Where pixel `at` of the run lies in the frames.
__device__ __forceinline__ int place_of(int at) {
    const int row = at % IMAGE / WIDTH + ABOVE, column = at % WIDTH + LEFT;
    const bool seen = at < MAPS * IMAGE && row < FRAME_HEIGHT && column < FRAME_WIDTH;
    return seen ? at / IMAGE * FRAME + row * PITCH + column : MAPS * FRAME + at % 32;
}

__device__ __forceinline__ void clear(Frames& frames, int lane) {
    for (int at = lane; at < MAPS * FRAME + 32; at += 32) frames.values[at] = 0;
}

// How many maps a warp has, if `first` is the channel of the first.
__device__ __forceinline__ int maps_from(int first, int channels) { return WHOLE ? MAPS : min(MAPS, channels - first); }

// The pixels of that many maps; zeros behind them.
__device__ __forceinline__ void load(STORED* pixels, const STORED* run, int maps, int lane) {
#pragma unroll
    for (int i = 0; i < LOADS; ++i) pixels[i] = lane + 32 * i < maps * IMAGE ? run[lane + 32 * i] : STORED{};
}

__device__ __forceinline__ void put(Frames& frames, const STORED* pixels, const int* places) {
    __syncwarp();  // what was there is read, or zero
#pragma unroll
    for (int i = 0; i < LOADS; ++i) frames.values[places[i]] = widen(pixels[i]);
    __syncwarp();
}

// Whether row r below the first window of a strip is in the frame.
__device__ __forceinline__ bool in_frame(int r) { return STRIPS > 1 || (unsigned)(r - TOP) < HEIGHT; }

// The frame's column of a strip, below its column of taps j.
__device__ __forceinline__ void read_column(WIDE* column, const Frames& frames, const Strip& strip, int j) {
    const WIDE* top = frames.values + strip.map * FRAME + strip.row * (STRIDE_Y * PITCH) + strip.column * STRIDE_X;
#pragma unroll
    for (int r = 0; r < COLUMN; ++r)
        if (in_frame(r)) column[r] = top[(r - TOP + ABOVE) * PITCH + j * DILATE_X];
}
