"""The secret of a key: a prefix that names it, 256 random bits, and a checksum against typos."""

import hashlib
import secrets
import string
import zlib

_ALPHABET = string.digits + string.ascii_letters
_RANDOM = 43  # characters of base 62: a little more than 256 bits
_CHECK = 6


def new_secret(*, live: bool) -> str:
    """Return a fresh secret; whoever scans for leaked ones knows it by its prefix."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM))
    return f"qtc_{'live' if live else 'test'}_{body}{_checksum(body)}"


def is_well_formed(secret: str) -> bool:
    """Return whether the secret's checksum holds: most nonsense needs no look at the database."""
    prefix, _, rest = secret.rpartition("_")
    body, check = rest[:_RANDOM], rest[_RANDOM:]
    return prefix in ("qtc_live", "qtc_test") and check == _checksum(body)


def fingerprint(secret: str) -> str:
    """Return what is kept of a secret; a plain hash is enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def shown_prefix(secret: str) -> str:
    """Return the part that may be shown again: qtc_test_Ab3d."""
    return secret[: len("qtc_live_") + 4]


def _checksum(body: str) -> str:
    number, text = zlib.crc32(body.encode()), ""
    for _ in range(_CHECK):
        number, digit = divmod(number, len(_ALPHABET))
        text = _ALPHABET[digit] + text
    return text
