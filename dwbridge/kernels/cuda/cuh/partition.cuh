// What softmax divides by, in one pass over scores x: the largest one so far, and the sum of exp(x - largest).
//
//     loss = (log sum - (x[label] - peak)) weight        gradient = (exp(x - peak) / sum - onehot) share
//
// A score that is not a number, or is +inf, makes all of both NaN, and so do scores that are all -inf: as if the peak
// were subtracted from every score first. One -inf among others adds nothing.

#pragma once

#include "rounding.cuh"

struct Partition {
    WIDE peak, sum;
};

// Of no scores. The peak is the lowest number, not -inf: the difference from it of a score that is -inf is not NaN.
__device__ __forceinline__ Partition nothing() {
    return {(WIDE)(sizeof(WIDE) == 4 ? -3.4028234663852886e38 : -1.7976931348623157e308), 0};
}

// With one more score. NaN is no new peak, and goes into the sum.
__device__ __forceinline__ void include(Partition& all, const WIDE score) {
    const WIDE power = exp(-abs(score - all.peak));
    const bool higher = score > all.peak;
    all.sum = higher ? all.sum * power + 1 : all.sum + power;
    all.peak = higher ? score : all.peak;
}

// Of two disjoint sets of scores: the same bits whichever comes first.
__device__ __forceinline__ Partition joined(const Partition& a, const Partition& b) {
    const bool swap = a.peak < b.peak;
    const WIDE power = exp(-abs(a.peak - b.peak));
    return {swap ? b.peak : a.peak, swap ? a.sum * power + b.sum : b.sum * power + a.sum};
}

// Of all scores. A peak of +inf makes the sum NaN; where only one score was +inf, it is not so yet.
__device__ __forceinline__ Partition whole(const Partition& all) { return {all.peak, all.sum + (all.peak - all.peak)}; }

__device__ __forceinline__ WIDE loss_of(const Partition& all, WIDE score, WIDE weight) {
    return (log(all.sum) - (score - all.peak)) * weight;
}

// 1 / sum is the caller's, once for all its scores.
__device__ __forceinline__ WIDE gradient_of(WIDE score, WIDE peak, WIDE inverse, bool is_label, WIDE share) {
    return (times(exp(score - peak), inverse) - (WIDE)is_label) * share;
}

// Labels are of 4 or of 8 bytes.
__device__ __forceinline__ int64 label_at(const void* labels, int64 at, int bytes) {
    return bytes == 4 ? static_cast<const int*>(labels)[at] : static_cast<const int64*>(labels)[at];
}

// The score of a label, `step` elements from one class to the next; NaN for a label that is no class.
__device__ __forceinline__ WIDE score_of(const STORED* scores, int64 label, int classes, int step) {
    return label >= 0 && label < classes ? widen(scores[label * step]) : (WIDE)nan("");
}
