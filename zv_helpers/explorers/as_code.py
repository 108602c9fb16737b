"""What each explorer shows as lines of code that make it without an explorer.

Set-up comes first, as the notebooks write it; the last line is an expression, so that a notebook
shows it: the picture, or the numbers. Arguments that are the defaults are left out. What is pinned
is made first, as `pinned`.
"""

from typing import Any

from .. import choose
from ..atlas import Atlas, build_atlas, load_atlas
from ..atlas.folders import is_begun
from ..atlas.shipped import find_atlas, shipped_photographs
from ..deconvnet import project
from ..experiments.moves import Move, moved_image
from ..heatmaps import heatmap
from ..network import Network
from ..overlays import overlay as laid_over
from ..relevance import relevance_scores
from .at_hand import shipped_atlas
from .code_lines import call, features_lines, literal, loading, network_line, script, target_lines


def neuron(view: Any) -> str:
    """The projection; in the forward pass, and of a layer that cannot be reversed, the map."""
    return script(*_pinned(view, _projection), _projection(view, view), _atlas_below(view))


def _projection(view, shown, name=""):
    features, state = view.context.features, view.state
    setup = features_lines(view.context)
    if view.projection is None:
        return [*setup, f"{name}features[{literal(state.layer)}][..., {state.channel}]"]
    before, target = target_lines(features, view.neuron)
    scale = "" if shown.scale == view.projection.scale else literal(float(shown.scale))
    made = call("zv.project", project, "features", target, rule=state.rule)
    return [*setup, *before, f"{name}Image.fromarray({made}.picture({scale}))"]


def _atlas_below(view):
    """Write the row of the atlas, where there is one."""
    if view.nine is None:
        return []
    nine, network = view.nine, view.context.features.network
    before = _atlas_lines(nine, network, view.context, "")
    how = literal(nine.layer), literal(nine.channel)
    return [*before, call("atlas.picture", Atlas.picture, *how, rule=nine.rule)]


def heat(view: Any) -> str:
    """The heatmap as `heat`, laid over the photograph."""
    laid = "Image.fromarray(zv.overlay(features.image, heat))"
    return script(*_pinned(view, _heat), _heat(view, view, "heat = "), [laid])


def _heat(view, shown, name):
    before, made = _heatmap(view)
    return [*features_lines(view.context), *before, f"{name}{made}"]


def _heatmap(view):
    """Write a heatmap: (lines before, the call)."""
    features, state, how = view.context.features, view.state, {}
    before, target = target_lines(features, view.target)
    if not view.without_layer and view.layer != choose.layer_below(features, view.target):
        how["layer"] = view.layer
    how |= {name: getattr(state, name) for name in ("method", "smoothing", "threshold")}
    return before, call("zv.heatmap", heatmap, "features", target, **how, **view.squares)


def overlay(view: Any) -> str:
    """The overlay."""
    state, (before, made) = view.state, _heatmap(view)
    how = {name: getattr(state, name) for name in ("alpha", "colormap", "contour")}
    laid = call("zv.overlay", laid_over, "features.image", made, **how)
    return script(features_lines(view.context), before, [f"Image.fromarray({laid})"])


def relevance(view: Any) -> str:
    """The relevance scores as `scores`, and of them the feature maps on show with theirs."""
    order = "scores.argsort" if view.state.against else "(-scores).argsort"
    chosen = f'{order}(kind="stable")[:{len(view.neurons)}]'
    last = f"{{int(one): float(scores[one]) for one in {chosen}}}"
    return script(*_pinned(view, _scores), _scores(view, view, "scores = "), [last])


def _scores(view, shown, name):
    before, target = target_lines(view.context.features, view.target)
    about = "features", target, literal(view.layer)
    made = call("zv.relevance_scores", relevance_scores, *about, rule=view.state.rule)
    return [*features_lines(view.context), *before, f"{name}{made}"]


def steps(view: Any) -> str:
    """The signal of the strongest feature map after this step, at the start the seed, and at the
    pixels the projection."""
    state, moment = view.state, view.moment
    before, target = target_lines(view.context.features, state.neuron)
    made = call("zv.project", project, "features", target, rule=state.rule)
    last = f"Image.fromarray({made}.picture())"
    if state.step == 0:
        last = f"features.target({target}).seed(features)"
    elif moment.pixels is None:
        how = {"rule": state.rule, "trace": True}
        made = call("zv.project", project, "features", target, **how)
        last = f"{made}.trace[{state.step - 1}].values[..., {moment.channel}]"
    return script(features_lines(view.context), before, [last])


def hiding(view: Any) -> str:
    """The projection under the square, of the map's strongest neuron there; the map itself where
    its layer cannot be reversed."""
    state = view.state
    return _changed(view, "hidden", f"hidden_image(features.image, {_hidden(state)})")


def _hidden(state):
    return ", ".join(map(literal, (state.top, state.left, state.size)))


def moves(view: Any) -> str:
    """The projection on the moved photograph, as `hiding` does."""
    state = view.state
    move = call("Move", Move, **vars(state.move))
    image = call("moved_image", moved_image, "features.image", move, fill=state.fill)
    return _changed(view, "moved", image)


def _changed(view, name, image):
    layer, channel = literal(view.layer), view.seen.now.channel
    last = f"{name}[{layer}][..., {channel}]"
    if view.seen.problem is None:
        neuron = f"{name}.strongest({layer}, {channel})"
        last = f"Image.fromarray(zv.project({name}, {neuron}).picture())"
    setup = features_lines(view.context, network=True)
    return script(setup, [f"{name} = zv.extract_features(network, {image})", last])


def atlas(view: Any) -> str:
    """The feature map's patches and projections, as `Atlas.picture` draws them."""
    context, state = view.context, view.state
    about = view.nine, context.network, context, context.chosen
    how = literal(state.layer), literal(state.channel)
    last = call("atlas.picture", Atlas.picture, *how, rule=state.rule)
    return script([network_line(context.network, context)], _atlas_lines(*about), [last])


def _atlas_lines(nine, network, context, chosen):
    """Write how an atlas is loaded or built; a comment, where it was given."""
    if _ships(nine, network):
        return [f"atlas = {call('zv.load_atlas', load_atlas, literal(network.name), 'network')}"]
    place = find_atlas(chosen) if chosen else None
    if place is not None and place.is_dir():
        load = is_begun(place)
        name, function = ("zv.load_atlas", load_atlas) if load else ("zv.build_atlas", build_atlas)
        about = (literal(chosen), "network") if load else ("network", literal(chosen))
        return [f"atlas = {call(name, function, *about)}"]
    if nine is None or sorted(map(str, nine.atlas.photographs)) == shipped_photographs():
        how = {} if nine is None else {"count": nine.atlas.count}
        about = "zv.build_atlas", build_atlas, "network", "shipped_photographs()"
        return [f"atlas = {call(*about, **how)}"]
    return [f"# atlas: over {len(nine.atlas.photographs)} photographs, as the explorer has it"]


def _ships(nine: Any, network: Network) -> bool:
    """Whether an atlas's feature map is that of the atlas that ships."""
    ours = shipped_atlas(network)
    if ours is None or nine is None or nine.layer not in ours.layers:
        return False
    return tuple(ours.neurons(nine.layer, nine.channel)) == nine.neurons


def evolution(view: Any) -> str:
    """The projection at this moment; the map's strength over time where it is silent."""
    layer = f"evolution.layers[{literal(view.layer)}]"
    last = f"{layer}.peaks[:, :, {view.channel}].max(axis=1)"
    if view.evolution.projections[view.moment][view.channel] is not None:
        projection = f"{layer}.projections[{view.moment}][{view.channel}]"
        last = f"Image.fromarray({projection}.picture())"
    return script(["# evolution: as it was given to the explorer", last])


def photograph(view: Any) -> str:
    """The photograph as the network sees it."""
    state, network = view.state, view.context.subject
    image = loading(state.image, network)
    line = f"# image: {literal(state.image.name)}, as the chooser has it"
    lines = [line] if image is None else [network_line(network, view.context), f"image = {image}"]
    return script(lines, ["Image.fromarray(image.rgb)"])


def _pinned(view, lines):
    """Return the part that makes what is pinned, if something is."""
    return [] if view.state.pin is None else [lines(view.state.pin, view, "pinned = ")]
