// Steps of optimizers on one element. dwbridge/kernels/reference/optimizer_updates.py has the rules.
//
//     <rule>(x, g, s, n)      changes x and its states s[0], s[1], s[2], all as wide as the arithmetic; n are numbers
//
// Every operation rounds as the reference's does, and products are not fused with sums. float16 is rounded after every
// operation. bfloat16 and a number make float32, which is rounded where it is stored. Adam is that for both.

#pragma once

#include "rounding.cuh"

struct Numbers {
    WIDE a, b, c, d, e, f, h, k;
};

// What elements and numbers make.
#if defined(STORED_IS_BFLOAT)
__device__ __forceinline__ WIDE mixed(WIDE value) { return value; }
#else
__device__ __forceinline__ WIDE mixed(WIDE value) { return rounded(value); }
#endif
__device__ __forceinline__ WIDE share(WIDE number, WIDE value) { return mixed(times(number, value)); }
__device__ __forceinline__ WIDE share_of_square(WIDE number, WIDE g) { return mixed(times(share(number, g), g)); }
__device__ __forceinline__ WIDE quotient(WIDE a, WIDE b) { return mixed(a / b); }

// What elements make, and what is stored.
__device__ __forceinline__ WIDE squared(WIDE value) { return rounded(times(value, value)); }
__device__ __forceinline__ WIDE root(WIDE value) { return rounded(sqrt(value)); }
__device__ __forceinline__ WIDE decayed(WIDE mean, WIDE decay, WIDE fresh) {
    return rounded(rounded(times(mean, decay)) + fresh);
}

// a: lr
__device__ __forceinline__ void sgd(WIDE& x, WIDE g, WIDE*, const Numbers& n) { x = rounded(x - share(n.a, g)); }

// x is the gradient here, g the parameter; a: rate
__device__ __forceinline__ void weight_decay(WIDE& x, WIDE g, WIDE*, const Numbers& n) {
    x = rounded(x + share(n.a, g));
}

// a: lr, b: momentum
__device__ __forceinline__ void momentum_sgd(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    s[0] = decayed(s[0], n.b, -share(n.a, g));
    x = rounded(x + s[0]);
}

// a: lr, b: momentum
__device__ __forceinline__ void corrected_momentum_sgd(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    s[0] = decayed(s[0], n.b, -g);
    x = rounded(x + share(n.a, s[0]));
}

// a: lr, b: momentum, c: momentum^2, d: (1 + momentum) lr
__device__ __forceinline__ void nesterov_ag(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    s[0] = decayed(s[0], n.b, -share(n.a, g));
    x = rounded(rounded(x + share(n.c, s[0])) - share(n.d, g));
}

// s: m, v, the largest v so far; a: alpha_t, b: 1 - beta1, c: 1 - beta2, d: eps, e: eta, f: what of x is kept,
// h, k: bounds of the rate
__device__ __forceinline__ WIDE adam_step(WIDE mean, WIDE largest, const Numbers& n) {
    WIDE rate = n.a / (sqrt(largest) + n.d);
    rate = rate < n.h ? n.h : rate;
    rate = rate > n.k ? n.k : rate;
    return times(n.e, times(rate, mean));
}
__device__ __forceinline__ void adam_moments(WIDE g, WIDE* s, const Numbers& n) {
    s[0] = rounded(s[0] + times(n.b, g - s[0]));
    s[1] = rounded(s[1] + times(n.c, times(g, g) - s[1]));
}
__device__ __forceinline__ void adam(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    adam_moments(g, s, n);
    x = rounded(share(n.f, x) - adam_step(s[0], s[1], n));
}
__device__ __forceinline__ void adam_of_largest(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    adam_moments(g, s, n);
    s[2] = s[1] > s[2] || s[1] != s[1] ? s[1] : s[2];  // the larger one; NaN is kept
    x = rounded(share(n.f, x) - adam_step(s[0], s[2], n));
}

// a: lr, b: eps
__device__ __forceinline__ void ada_grad(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    s[0] = rounded(s[0] + squared(g));
    x = rounded(x - quotient(share(n.a, g), mixed(root(s[0]) + n.b)));
}

// s: means of g^2 and of dx^2; a: rho, b: 1 - rho, c: eps
__device__ __forceinline__ void ada_delta(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    s[0] = decayed(s[0], n.a, share_of_square(n.b, g));
    const WIDE rate = mixed(sqrt(quotient(mixed(s[1] + n.c), mixed(s[0] + n.c))));
    const WIDE dx = mixed(times(rate, g));
    s[1] = decayed(s[1], n.a, share_of_square(n.b, dx));
    x = rounded(x - dx);
}

// a: lr, b: alpha, c: 1 - alpha, d: eps
__device__ __forceinline__ void rmsprop(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    s[0] = decayed(s[0], n.b, share_of_square(n.c, g));
    x = rounded(x - quotient(share(n.a, g), mixed(root(s[0]) + n.d)));
}
__device__ __forceinline__ void rmsprop_inside(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    s[0] = decayed(s[0], n.b, share_of_square(n.c, g));
    x = rounded(x - quotient(share(n.a, g), mixed(sqrt(mixed(s[0] + n.d)))));
}

// s: means of g^2 and of g, and delta; a: lr, b: alpha, c: 1 - alpha, d: momentum, e: eps
__device__ __forceinline__ void rmsprop_graves(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    s[0] = decayed(s[0], n.b, share_of_square(n.c, g));
    s[1] = decayed(s[1], n.b, share(n.c, g));
    const WIDE variance = mixed(rounded(s[0] - squared(s[1])) + n.e);
    s[2] = decayed(s[2], n.d, -quotient(share(n.a, g), mixed(sqrt(variance))));
    x = rounded(x + s[2]);
}
