// CUDA on the CPU, for tests: what a kernel's source needs to be compiled by g++, unchanged. `scheduler.cpp` runs it.

#pragma once

#include <math.h>
#include <stdint.h>
#include <string.h>

#define ON_HOST 1
#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static __attribute__((section("shared_memory")))

template <typename T>
static inline T min(T a, T b) { return b < a ? b : a; }
template <typename T>
static inline T max(T a, T b) { return a < b ? b : a; }

struct dim3 {
    unsigned x = 1, y = 1, z = 1;
};

extern dim3 threadIdx, blockIdx, blockDim, gridDim;

// -- 16-bit types ----------------------------------------------------------------------------------------------------

struct Sixteen {
    uint16_t bits;
};

static inline float as_float(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

static inline uint32_t as_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits;
}

static inline float half_to_float(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16, rest = half & 0x7fff;
    if (rest >= 0x7c00) return as_float(sign | 0x7f800000u | ((rest & 0x3ff) << 13));
    if (rest < 0x400) return as_float(sign | as_bits((float)rest * 0x1p-24f));
    return as_float(sign | ((rest << 13) + (112u << 23)));
}

static inline uint16_t float_to_half(float value) {  // to nearest, ties to even
    const uint32_t bits = as_bits(value), sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffffu;
    if (rest > 0x7f800000u) return sign | 0x7e00;
    if (rest >= 0x47800000u) return sign | 0x7c00;  // 65536 and more
    if (rest < 0x38800000u) return sign | (uint16_t)__builtin_nearbyintf(as_float(rest) * 0x1p24f);
    const uint32_t rounded = rest + 0xfff + (rest >> 13 & 1);
    return sign | (uint16_t)((rounded - (112u << 23)) >> 13);
}

static inline float bfloat_to_float(uint16_t bfloat) { return as_float((uint32_t)bfloat << 16); }

static inline uint16_t float_to_bfloat(float value) {
    const uint32_t bits = as_bits(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return bits >> 16 | 0x40;
    return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

#if defined(STORED_IS_HALF)
typedef Sixteen STORED;
static inline float widen(STORED value) { return half_to_float(value.bits); }
static inline STORED narrow(float value) { return {float_to_half(value)}; }
#elif defined(STORED_IS_BFLOAT)
typedef Sixteen STORED;
static inline float widen(STORED value) { return bfloat_to_float(value.bits); }
static inline STORED narrow(float value) { return {float_to_bfloat(value)}; }
#else
static inline WIDE widen(STORED value) { return value; }
static inline STORED narrow(WIDE value) { return value; }
#endif

// -- the scheduler ---------------------------------------------------------------------------------------------------

namespace host {

typedef void (*Body)(void** arguments);

struct Memory {
    char *begin, *end;
};

extern "C" char __start_shared_memory[] __attribute__((weak, visibility("hidden")));
extern "C" char __stop_shared_memory[] __attribute__((weak, visibility("hidden")));
#define SHARED_MEMORY host::Memory{host::__start_shared_memory, host::__stop_shared_memory}

// Runs a kernel to its end; what is wrong with it, or null. order: 0 ascending, 1 descending, else a shuffle's seed.
const char* launch(const unsigned* grid, const unsigned* block, int order, Body kernel, void** args, Memory shared);

void barrier(int site);

// What the lane `source` of the warp gives, when all lanes of the mask are here; sites are lines of the source.
uint64_t exchange(unsigned mask, uint64_t given, int source, int site);

template <typename T>
static T shuffle(unsigned mask, T value, int source, int site) {
    uint64_t given = 0;
    memcpy(&given, &value, sizeof value);
    given = exchange(mask, given, source, site);
    memcpy(&value, &given, sizeof value);
    return value;
}

static inline int lane() { return (threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) % 32; }

}  // namespace host

// -- what kernels call -----------------------------------------------------------------------------------------------

static inline void __syncthreads(int site = __builtin_LINE()) { host::barrier(site); }

template <typename T>
static T __shfl_sync(unsigned mask, T value, int source, int width = 32, int site = __builtin_LINE()) {
    const int first = host::lane() / width * width;
    return host::shuffle(mask, value, first + (source & (width - 1)), site);
}

template <typename T>
static T __shfl_up_sync(unsigned mask, T value, int distance, int width = 32, int site = __builtin_LINE()) {
    const int lane = host::lane(), source = lane - distance;
    return host::shuffle(mask, value, source < lane / width * width ? lane : source, site);
}

template <typename T>
static T __shfl_down_sync(unsigned mask, T value, int distance, int width = 32, int site = __builtin_LINE()) {
    const int lane = host::lane(), source = lane + distance;
    return host::shuffle(mask, value, source >= (lane / width + 1) * width ? lane : source, site);
}

template <typename T>
static T __shfl_xor_sync(unsigned mask, T value, int other, int width = 32, int site = __builtin_LINE()) {
    const int lane = host::lane(), source = lane ^ other;
    return host::shuffle(mask, value, source / width > lane / width ? lane : source, site);
}

// -- mathematics that kernels call -----------------------------------------------------------------------------------

static inline float __fmul_rn(float a, float b) { return a * b; }
static inline double __dmul_rn(double a, double b) { return a * b; }
static inline float __fdividef(float a, float b) { return a / b; }

static inline float normcdf(float x) { return (float)(0.5 * erfc(x * -M_SQRT1_2)); }
static inline double normcdf(double x) { return (double)(0.5L * erfcl(x * -0.70710678118654752440L)); }
static inline float rsqrt(float x) { return (float)(1 / sqrt((double)x)); }
static inline double rsqrt(double x) { return (double)(1 / sqrtl(x)); }
