// V adjacent elements, loaded and stored at once: 16 bytes, or one element where V is 1.

#pragma once

#include "types.cuh"

struct alignas(V * sizeof(STORED)) Pack {
    STORED values[V];
};

__device__ __forceinline__ Pack pack_at(const STORED* array, int64 pack) {
    return reinterpret_cast<const Pack*>(array)[pack];
}

__device__ __forceinline__ void put_pack(STORED* array, int64 pack, const Pack& values) {
    reinterpret_cast<Pack*>(array)[pack] = values;
}
