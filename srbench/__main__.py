"""`python -m srbench`."""

from srbench.cli import main

if __name__ == "__main__":
    main()
