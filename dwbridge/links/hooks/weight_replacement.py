"""What hooks have in common that let a link's forward see another weight than the one it owns.

Before the forward computation the attribute becomes a variable computed from the parameter; after it, the parameter
stands there again. The gradient reaches the parameter through the graph.
"""

from typing import TYPE_CHECKING, Any, NoReturn

from dwbridge.autograd import Variable
from dwbridge.links.link_hook import ForwardPostprocessArguments, ForwardPreprocessArguments, LinkHook

if TYPE_CHECKING:
    from dwbridge.links.link import Link


class WeightReplacement(LinkHook):
    """A hook for one link, whose weight it replaces. Subclasses define `replacement`.

    Args:
        weight_name: the weight's attribute.
        name: what the hook is registered as; None for its class's name.

    Attributes:
        original_weight: the parameter that is replaced, or None before the first forward computation.

    Raises:
        ValueError: when it is added to a link that has no such attribute.
        NotImplementedError: when it is used in a `with` statement.
    """

    def __init__(self, weight_name: str, name: str | None) -> None:
        self.weight_name = weight_name
        self.original_weight: Any = None
        self._replacement: Variable | None = None
        if name is not None:
            self.name = name

    def __enter__(self) -> NoReturn:
        raise NotImplementedError("This hook is not supposed to be used as context manager.")

    def __exit__(self, *_: Any) -> None:
        raise NotImplementedError("This hook is not supposed to be used as context manager.")

    def replacement(self, link: "Link", weight: Variable) -> Variable:
        """The variable that stands in the weight's place, of its shape."""
        raise NotImplementedError(f"{type(self).__name__} does not define replacement")

    def added(self, link: "Link | None") -> None:
        if not hasattr(link, self.weight_name):
            raise ValueError(f"Weight '{self.weight_name}' does not exist!")

    def deleted(self, link: "Link | None") -> None:
        self._restore(link)

    def forward_preprocess(self, args: ForwardPreprocessArguments) -> None:
        self._restore(args.link)  # a forward computation that raised left its replacement there
        weight = getattr(args.link, self.weight_name)
        if weight.array is None:
            args.link._initialize_params(args.args[0].shape[1])  # type: ignore[attr-defined]
        self._prepare(args.link)
        replacement = self.replacement(args.link, weight)
        vars(replacement)["replaced_weight"] = weight
        self.original_weight, self._replacement = weight, replacement
        setattr(args.link, self.weight_name, replacement)

    def forward_postprocess(self, args: ForwardPostprocessArguments) -> None:
        self._restore(args.link)
        self._replacement = None

    def _restore(self, link: Any) -> None:
        """Puts the parameter back, if this hook's replacement stands there, or another hook's of that."""
        standing = getattr(link, self.weight_name, None)
        while standing is not None and standing is not self._replacement:
            standing = getattr(standing, "replaced_weight", None)
        if standing is not None:
            setattr(link, self.weight_name, self.original_weight)

    def _prepare(self, link: "Link") -> None:
        """Called before each replacement, when the weight has its array."""
