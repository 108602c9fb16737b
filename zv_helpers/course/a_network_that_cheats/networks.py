"""The networks of the lab and the pictures that they were made with. Each can be trained here, or
comes as it ships; how it was trained is what the learner has to find out."""

from ...experiments.cheating import sign_network, trained_on
from ...experiments.road_signs import draw_signs, in_light
from ...experiments.trained import load_trained

SUSPECT, SECOND = "signs_suspect", "signs_second"
TUNED = {0.5: "signs_tuned_half", 0.0: "signs_tuned_bare"}  # {share of stickers: the file}
COUNT, EPOCHS = 2000, 3
CHEATS = ("stop",)  # the class that is marked, by a sticker or by the light


def shipped(name):
    """Return a network of the lab as it ships."""
    return sign_network(load_trained(name).weights[0])


def suspect(train=True):
    """Return the network under suspicion, trained here or as it ships."""
    if not train:
        return shipped(SUSPECT)
    return trained_on(draw_signs(COUNT, seed=0, stickers=CHEATS), seed=2, epochs=EPOCHS)[0]


def its_pictures(count=400):
    """Draw new pictures of the kind that the suspect was trained on."""
    return draw_signs(count, seed=1, stickers=CHEATS)


def tuned(network, stickers, train=True):
    """Train a network on for a short time, on signs of which a share wears a sticker, whatever
    their class; or return what became of the suspect that ships: for a share of 0.5 or 0."""
    if not train:
        return shipped(TUNED[stickers])
    signs = draw_signs(1000, seed=3, stickers=stickers)
    return trained_on(signs, start=network, epochs=EPOCHS)[0]


def second(train=False):
    """Return the second network; training it takes as long as the first."""
    if not train:
        return shipped(SECOND)
    return trained_on(in_light(draw_signs(COUNT, seed=0), CHEATS), epochs=EPOCHS)[0]


def pictures_of_second(count=400):
    """Draw new pictures of the kind that the second network was trained on."""
    return in_light(draw_signs(count, seed=1), CHEATS)
