"""The colour that customers know a company by."""

import re

from q2c.kernel.errors import Refused

_DARK, _LIGHT = "#111111", "#ffffff"


def checked_color(text: str) -> str:
    """Return a colour such as #0a66c2 in small letters, or nothing; refuses anything else."""
    color = text.strip().lower()
    if color and not re.fullmatch(r"#[0-9a-f]{6}", color):
        raise Refused("Give a colour such as #0a66c2.", field="accent_color")
    return color


def ink_on(color: str) -> str:
    """Return black or white, whichever is read better on a colour (WCAG 2.2, relative luminance)."""
    light = _luminance(color)
    on_white = 1.05 / (light + 0.05)
    on_dark = (light + 0.05) / (_luminance(_DARK) + 0.05)
    return _LIGHT if on_white >= on_dark else _DARK


def _luminance(color: str) -> float:
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    parts = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (red, green, blue)
    )
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))
