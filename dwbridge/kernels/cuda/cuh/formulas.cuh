// Activations and their gradients, element by element. dwbridge/kernels/reference/activations.py has the formulas.
//
//     <name>_of(x, a, b)                     y
//     <name>_gradient_of(v, gy, a, b)        gx; v is y or x, whichever the function retains
//
// a and b are the activation's constants. Comparisons are such that NaN gives NaN, and a derivative that is a comparison
// is 0 at NaN. Products are rounded before they are added to, as in the reference, but for polynomials.

#pragma once

#include "rounding.cuh"

__device__ __forceinline__ WIDE at_least(WIDE x, WIDE low) { return x < low ? low : x; }
__device__ __forceinline__ WIDE at_most(WIDE x, WIDE high) { return x > high ? high : x; }
__device__ __forceinline__ WIDE within(WIDE x, WIDE low, WIDE high) { return at_most(at_least(x, low), high); }

// 1 / (1 + exp(-x)): exp of -|x| cannot overflow, and small values keep all their digits.
__device__ __forceinline__ WIDE logistic(WIDE x) {
    const WIDE power = exp(-abs(x));
    return divided(x >= 0 ? (WIDE)1 : power, 1 + power);
}

// exp(-scale x^2), scale a power of two: what x^2 loses in rounding is put back.
__device__ __forceinline__ WIDE bell(WIDE x, WIDE scale) {
    const WIDE square = times(x, x), lost = fma(x, x, -square), power = exp(-scale * square);
    return power - power * (scale * lost);
}

__device__ __forceinline__ WIDE relu_of(WIDE x, WIDE, WIDE) { return x <= 0 ? (WIDE)0 : x; }
__device__ __forceinline__ WIDE relu_gradient_of(WIDE y, WIDE gy, WIDE, WIDE) { return gy * (WIDE)(y > 0); }

// The bound is an element of the array's type.
__device__ __forceinline__ WIDE clipped_relu_of(WIDE x, WIDE z, WIDE) { return within(x, 0, rounded(z)); }
__device__ __forceinline__ WIDE clipped_relu_gradient_of(WIDE y, WIDE gy, WIDE z, WIDE) {
    return gy * (WIDE)(y > 0 && y < rounded(z));
}

__device__ __forceinline__ WIDE leaky_relu_of(WIDE x, WIDE slope, WIDE) { return x >= 0 ? x : x * slope; }
__device__ __forceinline__ WIDE leaky_relu_gradient_of(WIDE v, WIDE gy, WIDE slope, WIDE) {
    return v >= 0 ? gy : gy * slope;
}

__device__ __forceinline__ WIDE sigmoid_of(WIDE x, WIDE, WIDE) { return logistic(x); }
__device__ __forceinline__ WIDE sigmoid_gradient_of(WIDE s, WIDE gy, WIDE, WIDE) { return gy * (s * (1 - s)); }

__device__ __forceinline__ WIDE tanh_of(WIDE x, WIDE, WIDE) { return tanh(x); }
__device__ __forceinline__ WIDE tanh_gradient_of(WIDE t, WIDE gy, WIDE, WIDE) { return gy * (1 - times(t, t)); }

__device__ __forceinline__ WIDE hard_sigmoid_of(WIDE x, WIDE slope, WIDE shift) {
    return within(times(x, slope) + shift, 0, 1);
}
__device__ __forceinline__ WIDE hard_sigmoid_gradient_of(WIDE y, WIDE gy, WIDE slope, WIDE) {
    return gy * (y > 0 && y < 1 ? slope : (WIDE)0);
}

// Times 1/6 and 1/3: quotients are calls, around which registers spill.
__device__ __forceinline__ WIDE hard_swish_of(WIDE x, WIDE, WIDE) { return x * within(x + 3, 0, 6) * (WIDE)(1 / 6.0); }
__device__ __forceinline__ WIDE hard_swish_gradient_of(WIDE x, WIDE gy, WIDE, WIDE) {
    return gy * (abs(x) < 3 ? times(x, (WIDE)(1 / 3.0)) + (WIDE)0.5 : (WIDE)(x >= 3));
}

__device__ __forceinline__ WIDE swish_of(WIDE x, WIDE beta, WIDE) { return x * logistic(x * beta); }
__device__ __forceinline__ WIDE swish_gradient_of(WIDE x, WIDE gy, WIDE beta, WIDE) {
    const WIDE t = times(x, beta), s = logistic(t);
    return gy * (s * (1 + t * (1 - s)));
}

// Beyond 30, and for the normal distribution beyond 40, the exponential is 0, and squares could overflow.
__device__ __forceinline__ WIDE erf_of(WIDE x, WIDE, WIDE) { return erf(x); }
__device__ __forceinline__ WIDE erf_gradient_of(WIDE x, WIDE gy, WIDE, WIDE) {
    return gy * (bell(within(x, -30, 30), 1) * (WIDE)1.1283791670955126);  // 2 / sqrt(pi)
}

__device__ __forceinline__ WIDE gelu_of(WIDE x, WIDE, WIDE) { return x * normcdf(x); }
__device__ __forceinline__ WIDE gelu_gradient_of(WIDE x, WIDE gy, WIDE, WIDE) {
    const WIDE density = bell(within(x, -40, 40), (WIDE)0.5) * (WIDE)0.3989422804014327;  // 1 / sqrt(2 pi)
    return gy * (normcdf(x) + x * density);
}

#define GELU_CUBE ((WIDE)0.044715)
#define GELU_SCALE ((WIDE)0.7978845608028654)  // sqrt(2 / pi)

// (1 + tanh(t)) / 2 = logistic(2 t)
__device__ __forceinline__ WIDE gelu_logistic(WIDE x) {
    return logistic(2 * (GELU_SCALE * (x + times(times(times(GELU_CUBE, x), x), x))));
}
__device__ __forceinline__ WIDE gelu_tanh_of(WIDE x, WIDE, WIDE) { return x * gelu_logistic(within(x, -40, 40)); }
__device__ __forceinline__ WIDE gelu_tanh_gradient_of(WIDE x, WIDE gy, WIDE, WIDE) {
    const WIDE near = within(x, -40, 40), s = gelu_logistic(near);
    const WIDE slope = 2 * GELU_SCALE * (1 + 3 * GELU_CUBE * near * near);
    return gy * (s * (1 + near * (1 - s) * slope));
}
