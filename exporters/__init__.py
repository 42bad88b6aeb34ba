"""The bridge: links -> ONNX files -> links, and the verification of both on every runtime."""

from dwbridge.exporters.errors import BridgeError, ModelFileError, RuntimeMissingError, UnsupportedError
from dwbridge.exporters.export import export
from dwbridge.exporters.inspection import inspect
from dwbridge.exporters.load import load
from dwbridge.exporters.testcase import export_testcase
from dwbridge.exporters.verification.verify import verify

__all__ = [
    "BridgeError",
    "ModelFileError",
    "RuntimeMissingError",
    "UnsupportedError",
    "export",
    "export_testcase",
    "inspect",
    "load",
    "verify",
]
