"""`python -m yiwang.cli`: how the supervisor starts its children, whatever is on PATH."""

from yiwang.cli.frame import main

main()
