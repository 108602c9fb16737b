"""What explorers, course and terminal draw with: the palette and every colour (`colours`), the
picture of a signed signal (`signals`), panels side by side (`strips`)."""

from .colours import coloured
from .signals import signal_picture

__all__ = ["coloured", "signal_picture"]
