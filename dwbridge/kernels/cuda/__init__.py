"""CUDA kernels, through CuPy.

    cuh/       the sources: CUDA C++, without templates; what varies is a #define
    sources    an instance: a source and its defines
    plan       which instance computes a convolution, and with which launch: pure Python
    modules    instances, compiled for a device
    depthwise  the routines, on CuPy arrays

Nothing here imports CuPy before it is called. Without a GPU, the tests compile every instance with NVRTC, and run the
same text on the CPU.
"""
