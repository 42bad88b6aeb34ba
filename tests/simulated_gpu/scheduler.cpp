// A kernel's blocks one after the other, a block's threads as fibers.
//
// Strict where a GPU is lenient: shared memory is NaN before each block; every thread of a block has to arrive at a
// barrier; the lanes that a shuffle's mask names have to arrive at the same shuffle; a lane that is read from and not
// named gives NaN. The order in which threads run is chosen, so that a missing barrier shows as another result: ascending
// and shuffled, all threads of a block go from wait to wait; descending, a warp goes as far as it gets before another
// begins, and the last block is the first.
//
// Arithmetic in float32 takes and gives zero for numbers below 2^-126, as CuPy has it compiled; that in float64 does not.
//
// A copy that goes on while its thread does is made as late as it may be, when its group is waited for; descending, as
// early as it may be, at once. Copies begin at multiples of their size, and somebody waits for them.

#undef _FORTIFY_SOURCE  // it takes a jump to another stack for an error

#include "scheduler.h"

#include <setjmp.h>
#include <ucontext.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace host {

// Bytes of a fiber's stack, of which the system gives what is touched: a sanitizer's reports take most.
const int STACK = 1 << 18;

struct Copy {
    void* to;
    const void* from;
    int bytes;
    bool wanted;
};

enum State { READY, BARRIER, SHUFFLE, DONE };

struct Fiber {
    jmp_buf here;  // where it waits; switching contexts in its place asks the kernel for the mask of signals, each time
    bool begun = false;
    std::unique_ptr<char[]> stack;
    dim3 index;
    State state = READY;
    int site = 0;            // the line of the barrier or the shuffle
    unsigned mask = 0;
    int source = 0;          // the lane that a shuffle reads
    std::uint64_t given = 0, got = 0;
    std::deque<std::vector<Copy>> groups;  // of copies under way; the last one is open
};

static std::vector<Fiber> fibers;
static jmp_buf scheduler;
static int current;
static host::Body body;
static void** arguments;
static std::string complaint;
static bool copies_are_late;

static void complain(const std::string& what) {
    if (complaint.empty())
        complaint = what + " in block (" + std::to_string(blockIdx.x) + ", " + std::to_string(blockIdx.y) + ", " +
                    std::to_string(blockIdx.z) + ")";
}

static void wait(State state, int site) {
    Fiber& me = fibers[current];
    me.state = state;
    me.site = site;
    if (!_setjmp(me.here)) _longjmp(scheduler, 1);
}

// A fiber's life: its thread of one block after another.
static void live() {
    for (;;) {
        body(arguments);
        for (const auto& group : fibers[current].groups)
            if (!group.empty()) complain("a copy that nobody waited for");
        wait(DONE, 0);
    }
}

static void begin(Fiber& fiber) {
    ucontext_t context;
    getcontext(&context);
    context.uc_stack.ss_sp = fiber.stack.get();
    context.uc_stack.ss_size = STACK;
    context.uc_link = nullptr;
    makecontext(&context, live, 0);
    fiber.begun = true;
    setcontext(&context);
}

static void resume(int thread) {
    Fiber& fiber = fibers[thread];
    current = thread;
    threadIdx = fiber.index;
    if (_setjmp(scheduler)) return;
    if (fiber.begun) _longjmp(fiber.here, 1);
    begin(fiber);
}

// Shuffles of a warp whose lanes have all arrived.
static bool exchange_in(int warp) {
    const int begin = warp * 32, end = std::min<int>(begin + 32, fibers.size());
    bool moved = false;
    for (int t = begin; t < end; ++t) {
        if (fibers[t].state != SHUFFLE) continue;
        const unsigned mask = fibers[t].mask;
        bool complete = mask >> (t - begin) & 1;
        for (int lane = 0; lane < 32; ++lane)
            if (mask >> lane & 1) {
                const Fiber* other = begin + lane < end ? &fibers[begin + lane] : nullptr;
                complete &= other && other->state == SHUFFLE && other->mask == mask && other->site == fibers[t].site;
            }
        if (!complete) continue;
        for (int lane = 0; lane < 32; ++lane)
            if (mask >> lane & 1) {
                Fiber& one = fibers[begin + lane];
                one.got = mask >> one.source & 1 ? fibers[begin + one.source].given : ~0ull;  // NaN, in any type
            }
        for (int lane = 0; lane < 32; ++lane)
            if (mask >> lane & 1) fibers[begin + lane].state = READY;
        moved = true;
    }
    return moved;
}

static bool release() {
    int waiting = 0, site = 0;
    for (const Fiber& fiber : fibers) {
        if (fiber.state != BARRIER) return false;
        if (waiting++ && fiber.site != site) return false;
        site = fiber.site;
    }
    for (Fiber& fiber : fibers) fiber.state = READY;
    return true;
}

static void report() {
    std::string text = "threads wait for ever:";
    const char* names[] = {"ready", "at a barrier", "at a shuffle", "done"};
    for (State state : {BARRIER, SHUFFLE, DONE}) {
        const auto count = std::count_if(fibers.begin(), fibers.end(), [&](auto& one) { return one.state == state; });
        if (count) text += " " + std::to_string(count) + " " + names[state];
    }
    complain(text);
    for (Fiber& fiber : fibers) fiber.begun = false;
}

// The threads that can, in order, each to its next wait.
static bool advance(const std::vector<int>& order, int begin, int end) {
    bool moved = false;
    for (int t : order)
        if (t >= begin && t < end && fibers[t].state == READY) resume(t), moved = true;
    return moved;
}

// The warps in order, each as far as it gets alone.
static bool advance_warps(const std::vector<int>& order) {
    bool moved = false;
    for (int first : order)
        if (first % 32 == 0)
            while (advance(order, first, first + 32) | exchange_in(first / 32)) moved = true;
    return moved;
}

static void run_block(const std::vector<int>& order, bool by_warps, Memory shared) {
    if (shared.begin) std::memset(shared.begin, 0xff, shared.end - shared.begin);
    for (int t = 0; t < (int)fibers.size(); ++t) {
        Fiber& fiber = fibers[t];
        fiber.index = {t % blockDim.x, t / blockDim.x % blockDim.y, t / (blockDim.x * blockDim.y)};
        fiber.state = READY;
        fiber.groups.assign(1, {});
    }
    for (;;) {
        bool done = true, moved = by_warps ? advance_warps(order) : advance(order, 0, (int)fibers.size());
        for (int warp = 0; warp * 32 < (int)fibers.size(); ++warp) moved |= exchange_in(warp);
        moved |= release();
        for (const Fiber& fiber : fibers) done &= fiber.state == DONE;
        if (done) return;
        if (!moved) return report();
    }
}

// While there is one, tiny numbers are zero, if they are to be. Only x86 is asked for it here.
struct TinyNumbers {
#if defined(__SSE__)
    const unsigned before = _mm_getcsr();
    explicit TinyNumbers(bool are_zero) {
        if (are_zero) _mm_setcsr(before | 0x8040);  // results, and operands
    }
    ~TinyNumbers() { _mm_setcsr(before); }
#else
    explicit TinyNumbers(bool) {}
#endif
};

const char* launch(const unsigned* grid, const unsigned* block, int order, Body kernel, void** args, Memory shared,
                   bool tiny_are_zero) {
    const TinyNumbers mode(tiny_are_zero);
    gridDim = {grid[0], grid[1], grid[2]};
    blockDim = {block[0], block[1], block[2]};
    body = kernel;
    arguments = args;
    complaint.clear();
    copies_are_late = order != 1;
    fibers.resize(block[0] * block[1] * block[2]);
    for (Fiber& fiber : fibers)
        if (!fiber.stack) fiber.stack.reset(new char[STACK]);
    std::vector<int> threads(fibers.size());
    for (int t = 0; t < (int)threads.size(); ++t) threads[t] = t;
    if (order == 1) std::reverse(threads.begin(), threads.end());
    if (order > 1) std::shuffle(threads.begin(), threads.end(), std::mt19937(order));
    const unsigned blocks = grid[0] * grid[1] * grid[2];
    for (unsigned i = 0; i < blocks && complaint.empty(); ++i) {
        const unsigned at = order == 1 ? blocks - 1 - i : i;
        blockIdx = {at % grid[0], at / grid[0] % grid[1], at / (grid[0] * grid[1])};
        run_block(threads, order == 1, shared);
    }
    return complaint.empty() ? nullptr : complaint.c_str();
}

void barrier(int site) { wait(BARRIER, site); }

std::uint64_t exchange(unsigned mask, std::uint64_t given, int source, int site) {
    Fiber& me = fibers[current];
    me.given = given;
    me.mask = mask;
    me.source = source;
    wait(SHUFFLE, site);
    return fibers[current].got;
}

static void make(const Copy& copy) {
    if (copy.wanted) std::memcpy(copy.to, copy.from, copy.bytes);
    if (!copy.wanted) std::memset(copy.to, 0, copy.bytes);
}

void copy(void* to, const void* from, int bytes, bool wanted) {
    const Copy copy = {to, from, bytes, wanted};
    if ((std::uintptr_t)to % bytes || (wanted && (std::uintptr_t)from % bytes))
        complain("a copy that does not begin at a multiple of its " + std::to_string(bytes) + " bytes");
    fibers[current].groups.back().push_back(copy);
    if (!copies_are_late) make(copy);
}

void close_group() { fibers[current].groups.emplace_back(); }

void wait_for_all_but(int left) {
    auto& groups = fibers[current].groups;
    for (; (int)groups.size() - 1 > left; groups.pop_front())
        for (const Copy& copy : groups.front())
            if (copies_are_late) make(copy);
}

}  // namespace host
