// Products of small matrices by a warp, 16-bit factors and float sums: D (16 x 8) += A (16 x 8) B (8 x 8).
//
// A word is two elements of a row of A, or of a column of B, the first in its lower half. g is lane / 4, t is lane % 4:
//
//     A    words 0 and 1: rows g and g + 8, columns 2 t and 2 t + 1
//     B    rows 2 t and 2 t + 1 of column g
//     D    sums 0 and 1: row g, columns 2 t and 2 t + 1; sums 2 and 3: the same of row g + 8
//
// With 16 columns of A and 16 rows of B, words 2 and 3 of A and word 1 of B are of the last eight; before sm_80 these are a
// product of their own. The host has no such instruction: lanes exchange what it multiplies.

#pragma once

#include "types.cuh"

#define EVERY_LANE 0xffffffffu

__device__ __forceinline__ unsigned word_of(STORED low, STORED high) {
    return low.bits | (unsigned)high.bits << 16;
}

// Two elements of a row or a column, rounded.
__device__ __forceinline__ unsigned narrow_two(float low, float high) {
#if defined(ON_HOST) || __CUDA_ARCH__ < 800
    return word_of(narrow(low), narrow(high));
#else
    unsigned word;
#if defined(STORED_IS_BFLOAT)
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
#else
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
#endif
    return word;
#endif
}

// Keeps what was stored as words before what is stored again as elements: compilers take these for different memory.
__device__ __forceinline__ void close_words() { asm volatile("" ::: "memory"); }

__device__ __forceinline__ float low_of(unsigned word) {
    STORED value;
    value.bits = (unsigned short)(word & 0xffff);
    return widen(value);
}

__device__ __forceinline__ float high_of(unsigned word) { return low_of(word >> 16); }

// `count` matrices of 8 x 8, 2 or 4: a word of a matrix is columns 2 t and 2 t + 1 of its row g. Its row r begins at the
// address that lane 8 matrix + r has: a multiple of 16 bytes, in shared memory.
__device__ __forceinline__ void load_matrices(unsigned* words, const STORED* row, int count) {
#if defined(ON_HOST)
    const int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    for (int matrix = 0; matrix < count; ++matrix)
        words[matrix] = *reinterpret_cast<const unsigned*>(__shfl_sync(EVERY_LANE, row, 8 * matrix + g) + 2 * t);
#else
    const unsigned address = (unsigned)__cvta_generic_to_shared(row);
    if (count == 4)
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                     : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
                     : "r"(address)
                     : "memory");
    else
        asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
                     : "=r"(words[0]), "=r"(words[1])
                     : "r"(address)
                     : "memory");
#endif
}

// The same, transposed: a word of a matrix is rows 2 t and 2 t + 1 of its column g.
__device__ __forceinline__ void load_transposed(unsigned* words, const STORED* row, int count) {
#if defined(ON_HOST)
    const int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
    for (int matrix = 0; matrix < count; ++matrix) {
        const STORED* even = __shfl_sync(EVERY_LANE, row, 8 * matrix + 2 * t);
        const STORED* odd = __shfl_sync(EVERY_LANE, row, 8 * matrix + 2 * t + 1);
        words[matrix] = word_of(even[g], odd[g]);
    }
#else
    const unsigned address = (unsigned)__cvta_generic_to_shared(row);
    if (count == 4)
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                     : "=r"(words[0]), "=r"(words[1]), "=r"(words[2]), "=r"(words[3])
                     : "r"(address)
                     : "memory");
    else
        asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
                     : "=r"(words[0]), "=r"(words[1])
                     : "r"(address)
                     : "memory");
#endif
}

#if defined(STORED_IS_BFLOAT)
#define FACTORS "bf16.bf16"
#else
#define FACTORS "f16.f16"
#endif

__device__ __forceinline__ void multiply(float* d, const unsigned* a, unsigned b) {
#if defined(ON_HOST)
    const int g = threadIdx.x % 32 / 4, t = threadIdx.x % 4;
#pragma unroll 1
    for (int s = 0; s < 4; ++s) {
        const unsigned rows[2] = {__shfl_sync(EVERY_LANE, a[0], 4 * g + s), __shfl_sync(EVERY_LANE, a[1], 4 * g + s)};
        const unsigned columns[2] = {__shfl_sync(EVERY_LANE, b, 8 * t + s), __shfl_sync(EVERY_LANE, b, 8 * t + 4 + s)};
#pragma unroll
        for (int i = 0; i < 4; ++i)
            d[i] += low_of(rows[i / 2]) * low_of(columns[i % 2]) + high_of(rows[i / 2]) * high_of(columns[i % 2]);
    }
#else
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32." FACTORS ".f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(b));
#endif
}

// D (16 x 8) += A (16 x 16) B (16 x 8).
__device__ __forceinline__ void multiply_sixteen(float* d, const unsigned* a, const unsigned* b) {
#if defined(ON_HOST) || __CUDA_ARCH__ < 800
    multiply(d, a, b[0]);
    multiply(d, a + 2, b[1]);
#else
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." FACTORS
        ".f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}
