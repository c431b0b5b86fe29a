"""Time one engine: `worker.py ENGINE STEPS ROUNDS` prints the median microseconds a step as JSON."""

import importlib.util
import json
import statistics
import sys
from pathlib import Path
from time import perf_counter


def main():
    name, steps, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    spec = importlib.util.spec_from_file_location("bare_engine", Path(__file__).with_name(f"{name}.py"))
    engine = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(engine)
    print(json.dumps({"us": statistics.median(timed(engine, steps) for _ in range(rounds))}))


def timed(engine, steps):
    run = engine.run(steps)
    next(run)
    start = perf_counter()
    assert steps == next(run)
    return (perf_counter() - start) / steps * 1e6


if __name__ == "__main__":
    sys.path.remove(str(Path(__file__).parent))
    main()
