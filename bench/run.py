"""`python -m bench.run [latency] [ingest] [cost] [orders] [soak] [--quick]`: the parts, in that order."""

import argparse

PARTS = ("latency", "ingest", "cost", "orders", "soak")


def main() -> None:
    flags = argparse.ArgumentParser(prog="bench/run.sh", description="ratios to the plain way, the limit and the targets")
    flags.add_argument("parts", nargs="*", metavar="PART", help=" · ".join(PARTS) + "; none given: all but soak (10 minutes)")
    flags.add_argument("--quick", action="store_true", help="one short stretch each: an impression in a few minutes")
    flags.add_argument("--rates", default="100,1000,5000", help="ticks per second of part latency")
    flags.add_argument("--rounds", type=int, default=3, help="stretches per contender and rate; medians count")
    flags.add_argument("--seconds", type=float, default=15.0, help="length of a stretch")
    flags.add_argument("--tries", type=int, default=2, help="a stretch disturbed by other programs is measured again, so often")
    chosen = flags.parse_args()
    if unknown := set(chosen.parts) - set(PARTS):
        flags.error(f"unknown part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    parts = chosen.parts or PARTS[:4]
    rounds, seconds = (1, 6.0) if chosen.quick else (chosen.rounds, chosen.seconds)
    if "latency" in parts:
        from bench import latency

        print("1 tick to pixel", flush=True)
        latency.run([float(rate) for rate in chosen.rates.split(",")], rounds, seconds, chosen.tries)
    if "ingest" in parts:
        from bench import ingest

        print("2 ingest", flush=True)
        ingest.run(seconds)
    if "cost" in parts:
        from bench import cost

        print("3 cost", flush=True)
        cost.run(seconds, chosen.tries)
    if "orders" in parts:
        from bench import orders

        print("4 orders", flush=True)
        orders.run(seconds)
    if "soak" in parts:
        from bench import soak

        print("5 ten minutes open", flush=True)
        soak.run()


if __name__ == "__main__":
    main()
