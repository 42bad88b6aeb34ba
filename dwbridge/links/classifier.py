"""The loss and accuracy of a network that scores classes."""

from collections.abc import Callable
from typing import Any

from dwbridge.autograd import Variable
from dwbridge.functions import accuracy, softmax_cross_entropy
from dwbridge.links.chain import Chain
from dwbridge.links.link import Link
from dwbridge.reporter import report


class Classifier(Chain):
    """A predictor with a loss.

    Calling it with features and labels returns the loss, and reports 'loss' and 'accuracy'.

    Args:
        predictor: the network: features to scores.
        lossfun: (scores, labels) to the loss.
        accfun: (scores, labels) to the accuracy.
        label_key: which argument the labels are: its position, or its keyword.

    Attributes:
        y, loss, accuracy: of the last call, with their graph; None before.
        compute_accuracy (bool): whether the accuracy is computed and reported.

    Raises:
        TypeError: if `label_key` is neither int nor str.

    Example:
        >>> import numpy as np
        >>> from dwbridge.links import Linear
        >>> model = Classifier(Linear(4, 3, initialW=0))
        >>> loss = model(np.zeros((2, 4), np.float32), np.array([0, 2], np.int32))
        >>> round(float(loss.array), 4)  # log(3)
        1.0986
    """

    compute_accuracy = True

    def __init__(
        self,
        predictor: Link,
        lossfun: Callable[..., Variable] = softmax_cross_entropy,
        accfun: Callable[..., Variable] = accuracy,
        label_key: int | str = -1,
    ) -> None:
        if not isinstance(label_key, int | str):
            raise TypeError(f"label_key must be int or str, but is {type(label_key)}")
        super().__init__()
        self.lossfun = lossfun
        self.accfun = accfun
        self.label_key = label_key
        self._forget()
        with self.init_scope():
            self.predictor = predictor

    def _forget(self) -> None:
        self.y: Variable | None = None
        self.loss: Variable | None = None
        self.accuracy: Variable | None = None

    def forward(self, *args: Any, **kwargs: Any) -> Variable:
        """The loss of a batch: features and labels, as positions and keywords say.

        Raises:
            ValueError: if the labels are not among the arguments.
        """
        features, t = self._split(list(args), kwargs)
        self._forget()  # the last call's graph is freed before the next one grows
        self.y = self.predictor(*features, **kwargs)
        self.loss = self.lossfun(self.y, t)
        report({"loss": self.loss}, self)
        if self.compute_accuracy:
            self.accuracy = self.accfun(self.y, t)
            report({"accuracy": self.accuracy}, self)
        return self.loss

    def _split(self, args: list[Any], kwargs: dict[str, Any]) -> tuple[list[Any], Any]:
        if isinstance(self.label_key, str):
            if self.label_key not in kwargs:
                raise ValueError(f'Label key "{self.label_key}" is not found')
            return args, kwargs.pop(self.label_key)
        if not -len(args) <= self.label_key < len(args):
            raise ValueError(f"Label key {self.label_key} is out of bounds: there are {len(args)} arguments")
        t = args.pop(self.label_key)
        return args, t
