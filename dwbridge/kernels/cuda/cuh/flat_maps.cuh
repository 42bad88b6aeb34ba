// Small maps as vectors: what tensor_maps.cuh and tensor_maps_weight.cuh share.
//
// A block has eight neighbouring channels, one for each of its warps, of some images at once. Their maps lie one behind the
// other, a multiple of 16 bytes whatever their size: so they are copied as they lie, 16 bytes at a time.
//
// A warp takes the pixels of its channel by two, as words. Where maps have an odd number of pixels, every second map begins
// in the middle of a word. So pixels, and outputs, are known by their positions, two of which share a word: in every second
// of such maps, position p is pixel p - 1. What of a word belongs to another map is zero.
//
// Defines: the numbers of the window (HEIGHT, WIDTH, OUT_HEIGHT, OUT_WIDTH, KERNEL_HEIGHT, KERNEL_WIDTH, STRIDE_Y,
// STRIDE_X, TOP, LEFT, DILATE_Y, DILATE_X); IMAGES of a unit, as many as a product has; STAGES, the units that a block
// has room for. Channels are a multiple of eight, and M = 1.

#pragma once

#include "async_copies.cuh"
#include "tensor_cores.cuh"
#include "window.cuh"

#define CHANNELS 8
#define THREADS (32 * CHANNELS)
#define TAPS (KERNEL_HEIGHT * KERNEL_WIDTH)
#define IMAGE (HEIGHT * WIDTH)
#define OUT_IMAGE (OUT_HEIGHT * OUT_WIDTH)
#define LARGER (IMAGE > OUT_IMAGE ? IMAGE : OUT_IMAGE)

struct alignas(16) Part {
    STORED values[8];
};

// Maps of eight channels of an image: an odd number of parts, so that words of eight images are in all banks.
struct alignas(16) Maps {
    STORED values[CHANNELS * (LARGER | 1)];
};

// A thread's part of the maps of a unit: of image `first`, and of every one that is STEP images further.
template <int PIXELS>
struct Share {
    static constexpr int STEP = THREADS / PIXELS;
    const int first = threadIdx.x / PIXELS, part = threadIdx.x % PIXELS * 8;
    __device__ __forceinline__ bool has(int here, int images) const {
        return first < STEP && first + here < images;
    }
    __device__ __forceinline__ int64 place(int image, int channels) const {
        return ((int64)(image + first) * channels + blockIdx.x * CHANNELS) * PIXELS + part;
    }
};

// Begins to copy a unit, the maps of IMAGES images; zeros behind the last one.
template <int PIXELS>
__device__ __forceinline__ void fill(Maps* unit, const STORED* array, int channels, int image, int images) {
    const Share<PIXELS> mine;
    const STORED* from = array + mine.place(image, channels);
#pragma unroll
    for (int here = 0; here < IMAGES; here += mine.STEP, from += (int64)mine.STEP * channels * PIXELS)
        copy(reinterpret_cast<Part*>(unit[mine.first + here].values + mine.part), reinterpret_cast<const Part*>(from),
             image + mine.first + here < images, mine.has(here, IMAGES));
}

// Stores a unit.
template <int PIXELS>
__device__ __forceinline__ void store(STORED* array, const Maps* unit, int channels, int image, int images) {
    const Share<PIXELS> mine;
    STORED* to = array + mine.place(image, channels);
#pragma unroll
    for (int here = 0; here < IMAGES; here += mine.STEP, to += (int64)mine.STEP * channels * PIXELS)
        if (mine.has(here, min(IMAGES, images - image)))
            *reinterpret_cast<Part*>(to) = *reinterpret_cast<const Part*>(unit[mine.first + here].values + mine.part);
}

// Whether a channel's map begins in the middle of a word.
template <int PIXELS>
__device__ __forceinline__ int is_odd(int channel) { return PIXELS % 2 & channel; }

// The pixel at a position of a channel's map; -1 if there is none.
template <int PIXELS>
__device__ __forceinline__ int pixel_at(int position, int channel) {
    const int pixel = position - is_odd<PIXELS>(channel);
    return pixel < PIXELS ? pixel : -1;
}

// A word of a channel's map. What is beside the map belongs to its neighbours, which must not store it now.
template <int PIXELS>
__device__ __forceinline__ unsigned load_word(const Maps& maps, int channel, int word) {
    const int odd = is_odd<PIXELS>(channel);
    if (word > (PIXELS - 1) / 2) return 0;
    unsigned value = *reinterpret_cast<const unsigned*>(maps.values + channel * PIXELS - odd + 2 * word);
    if (PIXELS % 2 && word == 0 && odd) value &= 0xffff0000u;
    if (PIXELS % 2 && word == PIXELS / 2 && !odd) value &= 0xffff;
    return value;
}

template <int PIXELS>
__device__ __forceinline__ void store_word(Maps& maps, int channel, int word, unsigned value) {
    const int odd = is_odd<PIXELS>(channel);
    STORED* first = maps.values + channel * PIXELS - odd + 2 * word;
    if (word > (PIXELS - 1) / 2) return;
    if (PIXELS % 2 && word == 0 && odd) {
        first[1].bits = (unsigned short)(value >> 16);
    } else if (PIXELS % 2 && word == PIXELS / 2 && !odd) {
        first[0].bits = (unsigned short)value;
    } else {
        *reinterpret_cast<unsigned*>(first) = value;
    }
}
