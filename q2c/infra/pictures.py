"""What counts as a picture: judged by its content, never by its name."""

import base64
import io
import warnings

from PIL import Image, ImageFile, UnidentifiedImageError

from q2c.kernel.errors import Refused

MOST_BYTES = 5 * 1024 * 1024
_MOST_PIXELS = 40_000_000
_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}


def picture_type(content: bytes) -> str:
    """Return the media type of a PNG, JPEG or WebP picture of at most 5 MB and 40 megapixels.

    Refuses anything else, whatever it calls itself, and a picture that breaks off.
    """
    if len(content) > MOST_BYTES:
        raise Refused("A picture has at most 5 MB; make it smaller.", field="picture")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=tuple(_TYPES)) as picture:
                if picture.width * picture.height > _MOST_PIXELS:
                    raise Refused(
                        "A picture has at most 40 megapixels; make it smaller.", field="picture"
                    )
                # WeasyPrint makes Pillow lenient for the whole process; here a broken file matters.
                ImageFile.LOAD_TRUNCATED_IMAGES = False
                picture.load()
                return _TYPES[picture.format or ""]
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        pass
    except (OSError, SyntaxError, ValueError):  # what Pillow raises for a broken file
        raise Refused(
            "The picture is broken off or damaged; send it again.", field="picture"
        ) from None
    raise Refused("Choose a picture: PNG, JPEG or WebP.", field="picture")


def thumbnail(content: bytes, *, most_pixels: int = 160) -> str:
    """Return a picture made small as a data: address, which documents may hold."""
    with Image.open(io.BytesIO(content), formats=tuple(_TYPES)) as picture:
        picture.thumbnail((most_pixels, most_pixels))
        small = io.BytesIO()
        picture.convert("RGBA").save(small, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(small.getvalue()).decode()}"
