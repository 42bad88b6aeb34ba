"""Automatic differentiation: variables, functions on them, and the engine that walks back through both."""

from dwbridge.autograd import type_check
from dwbridge.autograd.backward import backward, grad
from dwbridge.autograd.function import Function, FunctionAdapter
from dwbridge.autograd.function_hook import FunctionHook
from dwbridge.autograd.function_node import FunctionNode
from dwbridge.autograd.operators import Operators
from dwbridge.autograd.parameter import Parameter
from dwbridge.autograd.recording import Record, Tape, recording
from dwbridge.autograd.variable import Variable, as_array, as_variable
from dwbridge.autograd.variable_node import VariableNode

__all__ = [
    "Function",
    "FunctionAdapter",
    "FunctionHook",
    "FunctionNode",
    "Operators",
    "Parameter",
    "Record",
    "Tape",
    "Variable",
    "VariableNode",
    "as_array",
    "as_variable",
    "backward",
    "grad",
    "recording",
    "type_check",
]
