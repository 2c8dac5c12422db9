"""Start the sandbox: ``python -m ovh_sandbox --port 0 --state sandbox.sqlite --seed 1``."""

import argparse
from pathlib import Path

from .clock import parse
from .sandbox import Sandbox
from .server import serve


def main(arguments: list[str] | None = None) -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="ovh_sandbox", description="An OVH SMS API to rehearse against.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port; it is printed")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", type=Path, default=Path("sandbox.sqlite"), help="SQLite file, kept on exit")
    parser.add_argument("--seed", type=int, default=1, help="the fate of messages is drawn from it")
    parser.add_argument("--speed", type=float, help="simulated seconds per real second (default 1; 0 stops the clock)")
    parser.add_argument("--start", help="simulated moment of a new world, ISO 8601 (default now)")
    given = parser.parse_args(arguments)
    start = parse(given.start) if given.start else None
    sandbox = Sandbox(given.state.resolve(), seed=given.seed, speed=given.speed, start=start)
    serve(sandbox, host=given.host, port=given.port)


if __name__ == "__main__":
    main()
