// Steps of optimizers on one element. dwbridge/kernels/reference/optimizer_updates.py has the rules.
//
//     <rule>(x, g, s, n)      changes x and its states s[0], s[1], s[2], all as wide as the arithmetic; n are numbers
//
// Every operation rounds as the reference's does: products are not fused with sums, and where the reference computes in
// a 16-bit type, every result is rounded to it (`rounded`). Adam computes in float32 there, and rounds what it stores.

#pragma once

#include "rounding.cuh"

struct Numbers {
    WIDE a, b, c, d, e, f, h, k;
};

// The product, rounded as the elements are.
__device__ __forceinline__ WIDE of_both(WIDE a, WIDE b) { return rounded(times(a, b)); }
__device__ __forceinline__ WIDE root(WIDE a) { return rounded(sqrt(a)); }
// decay * mean + new * value
__device__ __forceinline__ WIDE averaged(WIDE mean, WIDE decay, WIDE fresh) {
    return rounded(of_both(mean, decay) + fresh);
}
__device__ __forceinline__ WIDE new_square(WIDE share, WIDE g) { return of_both(of_both(share, g), g); }

// a: lr
__device__ __forceinline__ void sgd(WIDE& x, WIDE g, WIDE*, const Numbers& n) { x = rounded(x - of_both(n.a, g)); }

// x is the gradient here, g the parameter; a: rate
__device__ __forceinline__ void weight_decay(WIDE& x, WIDE g, WIDE*, const Numbers& n) {
    x = rounded(x + of_both(n.a, g));
}

// a: lr, b: momentum
__device__ __forceinline__ void momentum_sgd(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    s[0] = averaged(s[0], n.b, -of_both(n.a, g));
    x = rounded(x + s[0]);
}

// a: lr, b: momentum
__device__ __forceinline__ void corrected_momentum_sgd(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    s[0] = averaged(s[0], n.b, -g);
    x = rounded(x + of_both(n.a, s[0]));
}

// a: lr, b: momentum, c: momentum^2, d: (1 + momentum) lr
__device__ __forceinline__ void nesterov_ag(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    s[0] = averaged(s[0], n.b, -of_both(n.a, g));
    x = rounded(rounded(x + of_both(n.c, s[0])) - of_both(n.d, g));
}

// s: m, v, the largest v so far; a: alpha_t, b: 1 - beta1, c: 1 - beta2, d: eps, e: eta, f: what of x is kept,
// h, k: bounds of the rate
__device__ __forceinline__ WIDE adam_step(WIDE g, WIDE* s, WIDE square, const Numbers& n) {
    WIDE rate = n.a / (sqrt(square) + n.d);
    rate = rate < n.h ? n.h : rate;
    rate = rate > n.k ? n.k : rate;
    return times(n.e, times(rate, s[0]));
}
__device__ __forceinline__ void adam_moments(WIDE g, WIDE* s, const Numbers& n) {
    s[0] = rounded(s[0] + times(n.b, g - s[0]));
    s[1] = rounded(s[1] + times(n.c, times(g, g) - s[1]));
}
__device__ __forceinline__ WIDE adam_kept(WIDE x, const Numbers& n) { return of_both(rounded(n.f), x); }
__device__ __forceinline__ void adam(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    adam_moments(g, s, n);
    x = rounded(adam_kept(x, n) - adam_step(g, s, s[1], n));
}
__device__ __forceinline__ void adam_of_largest(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    adam_moments(g, s, n);
    s[2] = s[1] > s[2] || s[1] != s[1] ? s[1] : s[2];  // the larger one; NaN is kept
    x = rounded(adam_kept(x, n) - adam_step(g, s, s[2], n));
}

// a: lr, b: eps
__device__ __forceinline__ void ada_grad(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    s[0] = rounded(s[0] + of_both(g, g));
    x = rounded(x - rounded(of_both(n.a, g) / rounded(root(s[0]) + n.b)));
}

// s: means of g^2 and of dx^2; a: rho, b: 1 - rho, c: eps
__device__ __forceinline__ void ada_delta(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    s[0] = averaged(s[0], n.a, new_square(n.b, g));
    const WIDE dx = of_both(root(rounded(rounded(s[1] + n.c) / rounded(s[0] + n.c))), g);
    s[1] = averaged(s[1], n.a, new_square(n.b, dx));
    x = rounded(x - dx);
}

// a: lr, b: alpha, c: 1 - alpha, d: eps
__device__ __forceinline__ void rmsprop(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    s[0] = averaged(s[0], n.b, new_square(n.c, g));
    x = rounded(x - rounded(of_both(n.a, g) / rounded(root(s[0]) + n.d)));
}
__device__ __forceinline__ void rmsprop_inside(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    s[0] = averaged(s[0], n.b, new_square(n.c, g));
    x = rounded(x - rounded(of_both(n.a, g) / root(rounded(s[0] + n.d))));
}

// s: means of g^2 and of g, and delta; a: lr, b: alpha, c: 1 - alpha, d: momentum, e: eps
__device__ __forceinline__ void rmsprop_graves(WIDE& x, WIDE g, WIDE* s, const Numbers& n) {
    s[0] = averaged(s[0], n.b, new_square(n.c, g));
    s[1] = averaged(s[1], n.b, of_both(n.c, g));
    const WIDE variance = rounded(rounded(s[0] - of_both(s[1], s[1])) + n.e);
    s[2] = averaged(s[2], n.d, -rounded(of_both(n.a, g) / root(variance)));
    x = rounded(x + s[2]);
}
