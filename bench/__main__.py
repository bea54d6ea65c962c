"""`python -m bench SUITE …`: run one suite of measurements."""

from __future__ import annotations

import sys
from importlib import import_module

SUITES = {
    "case": "One full life of a case over HTTP against the same statements issued directly, and against a bare view.",
    "life": "Lives in a city of a thousand, a hundred thousand and a million cases; pages against a bare view.",
    "identity": "What permission costs of a request, and at a million cases; log-ins against Argon2 alone.",
    "clocks": "Ticks at a thousand and a million open cases, clocks counted anew, and rules against the same logic in bare SQL.",
    "fact": "One fact inside the engine against a prepared SELECT, and over HTTP against a bare view with SELECT and INSERT.",
}


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] not in SUITES:
        print("usage: python -m bench SUITE [options]\n")
        for name, says in SUITES.items():
            print(f"  {name}  {says}")
        return 2
    return int(import_module(f"bench.{sys.argv[1]}").main(sys.argv[2:]))


if __name__ == "__main__":
    sys.exit(main())
