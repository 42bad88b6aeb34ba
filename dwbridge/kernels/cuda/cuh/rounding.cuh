// Arithmetic that rounds where the formula says: the compiler fuses no product with a sum.

#pragma once

#include "types.cuh"

__device__ __forceinline__ float times(float a, float b) { return __fmul_rn(a, b); }
__device__ __forceinline__ double times(double a, double b) { return __dmul_rn(a, b); }

// What becomes of a number that is stored.
__device__ __forceinline__ WIDE rounded(WIDE value) { return widen(narrow(value)); }

// a / b within 2 units in the last place, b between 2^-126 and 2^126; the exact quotient is a call, with spills around.
__device__ __forceinline__ float divided(float a, float b) { return __fdividef(a, b); }
__device__ __forceinline__ double divided(double a, double b) { return a / b; }
