// CUDA on the CPU, for tests: what a kernel's source needs to be compiled by g++, unchanged. `scheduler.h` runs it.

#pragma once

#include "scheduler.h"

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

// -- what kernels call -----------------------------------------------------------------------------------------------

namespace host {

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

static inline void __syncthreads(int site = __builtin_LINE()) { host::barrier(site); }
static inline void __syncwarp(int site = __builtin_LINE()) { host::exchange(0xffffffffu, 0, host::lane(), site); }

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

// Not <math.h>: it is more than half of what g++ would have to do.
#define OF_BOTH_TYPES(name)                                              \
    static inline float name(float x) { return __builtin_##name##f(x); } \
    static inline double name(double x) { return __builtin_##name(x); }
OF_BOTH_TYPES(erf)
OF_BOTH_TYPES(exp)
OF_BOTH_TYPES(log)
OF_BOTH_TYPES(sqrt)
OF_BOTH_TYPES(tanh)

static inline float abs(float x) { return __builtin_fabsf(x); }
static inline double abs(double x) { return __builtin_fabs(x); }
static inline float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
static inline double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }
static inline bool isfinite(double x) { return __builtin_isfinite(x); }
static inline double nan(const char*) { return __builtin_nan(""); }

static inline float __fmul_rn(float a, float b) { return a * b; }
static inline double __dmul_rn(double a, double b) { return a * b; }
static inline float __fdividef(float a, float b) { return a / b; }

static inline float normcdf(float x) { return (float)(0.5 * __builtin_erfc(x * -0.70710678118654752440)); }
static inline double normcdf(double x) { return (double)(0.5L * __builtin_erfcl(x * -0.70710678118654752440L)); }
static inline float rsqrt(float x) { return (float)(1 / sqrt((double)x)); }
static inline double rsqrt(double x) { return (double)(1 / __builtin_sqrtl(x)); }
