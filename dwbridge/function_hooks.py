"""Function hooks that are ready to use, under Chainer's module name: time, memory, and what goes in."""

from dwbridge.autograd.cupy_memory_profile_hook import CupyMemoryProfileHook
from dwbridge.autograd.print_hook import PrintHook
from dwbridge.autograd.timer_hook import TimerHook

__all__ = ["CupyMemoryProfileHook", "PrintHook", "TimerHook"]
