"""``python -m sim`` is ``onestop``."""

from sim.cli import main

if __name__ == "__main__":
    main()
