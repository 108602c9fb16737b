"""The public names are annotated, so that mypy and an editor know what comes and what goes."""

import functools
import inspect

import zv_helpers as zv


def public_functions():
    """(name, function) of the public functions, and of the public methods of the public classes."""
    for name in zv.__all__:
        thing = getattr(zv, name)
        if inspect.isfunction(thing):
            yield name, thing
        elif inspect.isclass(thing):
            for part, member in vars(thing).items():
                member = getattr(member, "fget", None) or getattr(member, "func", None) or member
                member = getattr(member, "__func__", member)
                wanted = not part.startswith("_") or part == "__getitem__"
                if wanted and inspect.isfunction(member):
                    yield f"{name}.{part}", member


def without_annotation(function):
    """The parameters that have none, and "return"."""
    signature = inspect.signature(function)
    names = [n for n, one in signature.parameters.items() if one.annotation is one.empty]
    names = [name for name in names if name not in ("self", "cls")]
    return names + (["return"] if signature.return_annotation is signature.empty else [])


def test_every_public_name_is_annotated():
    missing = {name: without_annotation(function) for name, function in public_functions()}
    assert len(missing) > 30
    assert {name: parts for name, parts in missing.items() if parts} == {}


def test_a_missing_annotation_is_found():
    def bare(a, b: int, *, c=1):
        return a

    def full(self, a: int = 0) -> None: ...

    assert without_annotation(bare) == ["a", "c", "return"]
    assert without_annotation(full) == []
    names = dict(public_functions())
    assert "load_image" in names and "Features.strongest" in names
    assert isinstance(zv.Features.__dict__["logits"], functools.cached_property)
    assert "Features.logits" in names and "Features.layers" in names
