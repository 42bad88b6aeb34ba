"""CUDA kernels, through CuPy.

    cuh/          the sources: CUDA C++; what varies from instance to instance is a #define
    sources       an instance: a source and its defines
    plan/         which instance computes something, and with which launch: pure Python
    launch        instances, compiled for a device and launched
    arrays        arrays as kernels take them
    weights       gamma and beta as kernels take them
    products      products of many matrices, by cuBLAS
    trial         whether kernels run here
    <operator>    its routines, on CuPy arrays

Nothing here imports CuPy before it is called. Without a GPU, the tests compile every instance with NVRTC, and run the
same text on the CPU.
"""
