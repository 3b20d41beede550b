"""The way in: ``chocolate-factory`` and ``python -m chocolate_factory``."""

from __future__ import annotations


def main() -> None:
    """Run the command line; it exits by itself."""
    from chocolate_factory.cli.app import run  # noqa: PLC0415  a child process that imports this module needs no command line

    run()


if __name__ == "__main__":
    main()
