"""`python -m omnireel` is the command `omnireel`."""

from __future__ import annotations

from omnireel.cli.main import main

if __name__ == "__main__":
    main()
