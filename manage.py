#!/usr/bin/env python3
"""Everything starts here, on the standard library alone: `python3 manage.py help`."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  an older one must get as far as this
    raise SystemExit("q2c needs Python 3.11 or later; this is " + sys.version.split()[0] + ".")

from q2c.runtime import bootstrap

if __name__ == "__main__":
    bootstrap.enter(sys.argv)
    from q2c.runtime.main import main

    raise SystemExit(main(sys.argv))
