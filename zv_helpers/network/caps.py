"""Which values have a cap, as those of a ReLU6 have: there the gradient is zero."""

from .graph import Graph

PASSED_ON = ("Concatenate", "Identity", "MaxPooling2D")  # their outputs are some of their inputs


def cap_of(graph: Graph, number: int) -> float | None:
    """Return the cap of the ReLU that a value comes from, by its number; None where it has none."""
    operation = graph.producers.get(number)
    if operation is None:
        return None
    if operation.rectifier is not None:
        return operation.rectifier.cap
    if operation.kind not in PASSED_ON:
        return None
    caps = {cap_of(graph, one) for one in operation.inputs}
    return caps.pop() if len(caps) == 1 else None
