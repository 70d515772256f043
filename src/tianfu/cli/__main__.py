"""``python -m tianfu.cli``."""

from tianfu.cli import main

main()
