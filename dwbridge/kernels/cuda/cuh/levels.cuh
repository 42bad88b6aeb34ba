// An array of four axes, (outer, strided, inner, adjacent): the second and the last are summed, or repeated.

#pragma once

struct Levels {
    unsigned outer, strided, inner, adjacent;
};
