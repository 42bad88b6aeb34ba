// Storage and arithmetic: how elements of STORED become numbers of WIDE, and back.
//
// An instance defines STORED and WIDE: float and double compute in themselves, the 16-bit types in float. These are bits
// here, converted by the instructions that are for it: CUDA's own headers for them take longer to compile than a kernel.

#pragma once

typedef long long int64;

#if defined(ON_HOST)
// the host defines STORED, widen and narrow
#elif defined(STORED_IS_HALF)
struct STORED {
    unsigned short bits;
};
__device__ __forceinline__ float widen(STORED value) {
    float wide;
    asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(value.bits));
    return wide;
}
__device__ __forceinline__ STORED narrow(float value) {
    STORED half;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half.bits) : "f"(value));
    return half;
}
#elif defined(STORED_IS_BFLOAT)
struct STORED {
    unsigned short bits;
};
__device__ __forceinline__ float widen(STORED value) { return __uint_as_float((unsigned)value.bits << 16); }
__device__ __forceinline__ STORED narrow(float value) {
    STORED bfloat;
#if __CUDA_ARCH__ >= 800
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bfloat.bits) : "f"(value));
#else
    const unsigned bits = __float_as_uint(value);
    const bool is_nan = (bits & 0x7fffffffu) > 0x7f800000u;
    bfloat.bits = is_nan ? 0x7fff : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
#endif
    return bfloat;
}
#else
__device__ __forceinline__ WIDE widen(STORED value) { return value; }
__device__ __forceinline__ STORED narrow(WIDE value) { return value; }
#endif
