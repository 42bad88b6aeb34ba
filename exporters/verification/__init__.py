"""The same network on several runtimes, whole and node by node, against float64, in units of the rounding bound."""

from dwbridge.exporters.verification.chart import error_chart
from dwbridge.exporters.verification.results import Measurement, NodeError, RuntimeResult, Verification
from dwbridge.exporters.verification.verify import verify

__all__ = ["Measurement", "NodeError", "RuntimeResult", "Verification", "error_chart", "verify"]
