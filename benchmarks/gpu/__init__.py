"""What `depthwise_gpu.py` is made of.

shapes       the layers that are measured, and the bytes that each operation has to move
clock        times from CUDA events, of calls that queue up behind other work
own, torch   what is called: dwbridge's kernels, torch's in each of its ways
layers       what is measured of one layer
training     a whole training step, in both
attempts     those who fail, and the others' times
card         the device, as results name it
report       tables, means and aims
troubles     failures, wrong results, and what was left out

and `depthwise_on_paper.py`, without a device:

machine_code what a compiler makes of a kernel
paper        the limits that follow from it
"""
