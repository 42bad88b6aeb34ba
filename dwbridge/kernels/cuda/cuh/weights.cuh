// gamma and beta, and their gradients: of the type of arithmetic where WIDE_WEIGHTS is 1, else of the type of x.
// as_weight: what becomes of a number that is stored so.

#pragma once

#include "types.cuh"

#if WIDE_WEIGHTS
typedef WIDE WEIGHT;
__device__ __forceinline__ WIDE weight_at(const WEIGHT* weights, int at) { return weights[at]; }
__device__ __forceinline__ void put_weight(WEIGHT* weights, int at, WIDE value) { weights[at] = value; }
__device__ __forceinline__ WIDE as_weight(WIDE value) { return value; }
#else
typedef STORED WEIGHT;
__device__ __forceinline__ WIDE weight_at(const WEIGHT* weights, int at) { return widen(weights[at]); }
__device__ __forceinline__ void put_weight(WEIGHT* weights, int at, WIDE value) { weights[at] = narrow(value); }
__device__ __forceinline__ WIDE as_weight(WIDE value) { return widen(narrow(value)); }
#endif
