"""How like are two pictures of one thing: by the order of their values, and by their structure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..relevance import rank_correlation

WINDOW, SPREAD = 11, 1.5  # pixels (Wang et al. 2004): the window, and its standard deviation


@dataclass(frozen=True)
class Likeness:
    """How like two pictures are, three numbers in [-1, 1]; 1 for equal pictures.

    Attributes:
        rank: Spearman's rank correlation of their values.
        absolute_rank: the same of their absolute values. In a heatmap no value is negative, and the
            two are one; of signals Adebayo et al. (2018) report both, since a picture that turns
            dark where it was light is unlike in the first and alike in the second.
        structure: their structural similarity (Wang et al. 2004).
    """

    rank: float
    absolute_rank: float
    structure: float

    def __str__(self):
        return (
            f"rank correlation {self.rank:.2f} (of absolute values {self.absolute_rank:.2f}), "
            f"structural similarity {self.structure:.2f}"
        )


def likeness(first: ArrayLike, second: ArrayLike) -> Likeness:
    """Compare two pictures, as Adebayo et al. (*Sanity Checks for Saliency Maps*, NeurIPS 2018)
    compare those of a network and of one with random weights.

    first, second: float (h, w) or (h, w, channels) of one shape, of either sign and any scale. No
    number depends on the scale: for the structure, each picture is divided by its largest absolute
    value; and where one of the two has negative values, both are shown as signals are, from 0 to 1
    with zero at 1/2, since structural similarity is made for light, which is never negative.

    The structure is scikit-image's `structural_similarity` with the window of Wang et al., 11
    pixels, Gaussian, the mean over windows and channels. Xplique's `ssim` is the same for heatmaps
    that reach from 0 to 1; Quantus' has a plain window of 7 pixels, and gives other numbers.

    Every pair of finite pictures has its numbers: equal ones are alike to 1, and the rank
    correlation with a constant picture, which orders nothing, is otherwise 0. Returns a `Likeness`;
    raises a ValueError for other shapes, NaN or infinity.

    >>> rising = np.arange(256.0).reshape(16, 16) - 128
    >>> likeness(rising, rising).structure
    1.0
    >>> other = likeness(rising, -3 * rising)
    >>> other.rank, other.absolute_rank, round(other.structure, 2)
    (-1.0, 1.0, -0.83)
    """
    one, other = (np.asarray(picture, np.float64) for picture in (first, second))
    if one.shape != other.shape or one.ndim not in (2, 3) or 0 in one.shape:
        raise ValueError(
            "Expected two pictures of one shape, (h, w) or (h, w, channels), but got "
            f"{one.shape} and {other.shape}: resize one of them first."
        )
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise ValueError(
            "Expected pictures of finite values, but got one with NaN or infinity: look at what "
            "made it."
        )
    signed = one.min() < 0 or other.min() < 0
    rank = _rank(one, other)
    absolute = _rank(np.abs(one), np.abs(other)) if signed else rank
    return Likeness(rank, absolute, _structure(_light(one, signed), _light(other, signed)))


def _rank(one, other):
    return 1.0 if np.array_equal(one, other) else rank_correlation(one, other)


def _light(picture, signed):
    """Scale a picture to [0, 1], zero at 1/2 if it is a signal."""
    peak = np.abs(picture).max()
    scaled = picture / peak if peak > 0 else picture
    return (1 + scaled) / 2 if signed else scaled


def _structure(one, other):
    """The structural similarity; of pictures smaller than the window, its part outside mirrors
    them."""
    from skimage.metrics import structural_similarity  # here: it takes time to import

    side = min(one.shape[:2])
    return float(
        structural_similarity(
            one,
            other,
            win_size=min(WINDOW, side - 1 + side % 2),
            gaussian_weights=True,
            sigma=SPREAD,
            use_sample_covariance=False,
            data_range=1.0,
            channel_axis=2 if one.ndim == 3 else None,
        )
    )
