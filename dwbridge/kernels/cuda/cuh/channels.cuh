// Arrays of [outer, channels, inner]: a plane is the `inner` adjacent elements of one channel, in `units` packs of V.

#pragma once

#include "packs.cuh"

// A thread's way through one channel: packs `begin`, + THREADS, ... of those of all the channel's planes, in order.
struct Way {
    int64 pack, step, skipped;
    int unit, units, unit_step;
};

__device__ __forceinline__ Way way_of(int begin, int channel, int channels, int units) {
    const int step = THREADS, unit = begin % units;
    Way way;
    way.pack = ((int64)(begin / units) * channels + channel) * units + unit;
    way.unit_step = step % units;
    way.step = (int64)(step / units) * channels * units + way.unit_step;
    way.skipped = (int64)(channels - 1) * units;
    way.unit = unit;
    way.units = units;
    return way;
}

__device__ __forceinline__ void go_on(Way& way) {
    way.pack += way.step;
    way.unit += way.unit_step;
    if (way.unit >= way.units) {
        way.unit -= way.units;
        way.pack += way.skipped;
    }
}

// A thread's way through all packs: how far a step of the whole grid leads, given by the host. No division in loops.
struct Tour {
    int channels, units, channel_step, unit_step;
};

struct Stop {
    int channel, unit;
};

__device__ __forceinline__ Stop first_stop(const Tour& tour) {
    const int begin = blockIdx.x * blockDim.x + threadIdx.x;
    return {begin / tour.units % tour.channels, begin % tour.units};
}

__device__ __forceinline__ void go_on(Stop& stop, const Tour& tour) {
    stop.unit += tour.unit_step;
    stop.channel += tour.channel_step;
    if (stop.unit >= tour.units) {
        stop.unit -= tour.units;
        ++stop.channel;
    }
    if (stop.channel >= tour.channels) stop.channel -= tour.channels;
}
