"""Extensions of the trainer, one a file."""

from dwbridge.training.extensions.cosine_shift import CosineShift
from dwbridge.training.extensions.evaluator import Evaluator
from dwbridge.training.extensions.log_report import LogReport
from dwbridge.training.extensions.print_report import PrintReport
from dwbridge.training.extensions.progress_bar import ProgressBar
from dwbridge.training.extensions.snapshot import snapshot, snapshot_object

__all__ = ["CosineShift", "Evaluator", "LogReport", "PrintReport", "ProgressBar", "snapshot", "snapshot_object"]
