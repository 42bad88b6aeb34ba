// What runs a kernel's threads on the CPU; `scheduler.cpp` says how.

#pragma once

#include <stdint.h>

struct dim3 {
    unsigned x = 1, y = 1, z = 1;
};

extern dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace host {

typedef void (*Body)(void** arguments);

struct Memory {
    char *begin, *end;
};

extern "C" char __start_shared_memory[] __attribute__((weak, visibility("hidden")));
extern "C" char __stop_shared_memory[] __attribute__((weak, visibility("hidden")));
#define SHARED_MEMORY host::Memory{host::__start_shared_memory, host::__stop_shared_memory}

// Runs a kernel to its end; what is wrong with it, or null. order: 0 ascending, 1 descending, else a shuffle's seed.
const char* launch(const unsigned* grid, const unsigned* block, int order, Body kernel, void** args, Memory shared,
                   bool tiny_are_zero);

void barrier(int site);

// What the lane `source` of the warp gives, when all lanes of the mask are here; sites are lines of the source.
uint64_t exchange(unsigned mask, uint64_t given, int source, int site);

// Copies that go on while their thread does: scheduler.cpp says when they are made.
void copy(void* to, const void* from, int bytes, bool wanted);
void close_group();
void wait_for_all_but(int left);

}  // namespace host
