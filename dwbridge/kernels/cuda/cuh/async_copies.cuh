// Copies from global to shared memory that go on while their thread computes.
//
// A thread's copies come in groups: `copy` begins one of a group, `close_group` ends the group, and
// `wait_for_all_but<LEAVE>` waits until no more than LEAVE of the thread's groups are under way. What other threads have
// copied is there behind a barrier that follows their waits.
//
// 16, 8 and 4 bytes go past the registers. There are no such instructions for 2 bytes, and none before sm_80: what is
// copied so, is there at once.

#pragma once

#include "types.cuh"

// A part of an array to shared memory, if `wanted`; zeros if that does not `exist`: then nothing is read. Both are
// operands, as a branch around a copy keeps the compiler from computing addresses once for all copies.
template <typename Piece>
__device__ __forceinline__ void copy(Piece* to, const Piece* from, bool exists, bool wanted) {
#if defined(ON_HOST)
    if (sizeof(Piece) >= 4) {
        if (wanted) host::copy(to, from, sizeof(Piece), exists);
        return;
    }
#elif __CUDA_ARCH__ >= 800
#define COPY(kind, bytes)                                                                                      \
    if (sizeof(Piece) == bytes) {                                                                              \
        asm volatile(                                                                                          \
            "{\n.reg .pred wanted;\nsetp.ne.u32 wanted, %3, 0;\n"                                              \
            "@wanted cp.async." kind ".shared.global [%0], [%1], " #bytes ", %2;\n}" ::"r"(                    \
                (unsigned)__cvta_generic_to_shared(to)),                                                       \
            "l"(from), "r"(exists ? bytes : 0), "r"((unsigned)wanted)                                          \
            : "memory");                                                                                       \
        return;                                                                                                \
    }
    COPY("cg", 16)
    COPY("ca", 8)
    COPY("ca", 4)
#undef COPY
#endif
    Piece piece = {};
    if (exists & wanted) piece = *from;
    if (wanted) *to = piece;
}

__device__ __forceinline__ void close_group() {
#if defined(ON_HOST)
    host::close_group();
#elif __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

template <int LEAVE>
__device__ __forceinline__ void wait_for_all_but() {
#if defined(ON_HOST)
    host::wait_for_all_but(LEAVE);
#elif __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" ::"n"(LEAVE) : "memory");
#endif
}
