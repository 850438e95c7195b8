"""`./run bench CASE…`: what the hub and its agents can do beside what a user would take instead, measured in the same run.

    bench.py CASE… [--quick]   runs the cases, prints their tables, writes build/bench.json, and closes with each goal met or missed
    bench.py --markdown        the tables of build/bench.json as docs/performance.md has them

--quick: a few seconds of each, tiny, asserting results and no times: what `./run test` runs."""

import importlib
import sys
import time
import traceback

from harness import HERE, RESULTS, Bench, Table, load_results, number

CASES = ("query", "ingest", "stampede", "restart", "memory", "agent")


def goals(results, names):
    """Each goal of the results: case, row, to what, goal, value, met."""
    for name, case in results.get("cases", {}).items():
        for row in case["rows"] if name.split(".")[0] in names else ():
            for ratio in row["ratios"]:
                if ratio["met"] is not None:
                    yield name, row["name"], ratio


def print_goals(results, names):
    rows = list(goals(results, names))
    if not rows:
        return
    print(f"\nGoals: {sum(ratio['met'] for _, _, ratio in rows)} of {len(rows)} met")
    for case, row, ratio in rows:
        value = f"{number(ratio['value'])} {ratio['to']}".strip()
        print(f"  {'met   ' if ratio['met'] else 'MISSED'}  {case}: {row}: {value} ({ratio['goal']})")


def print_markdown(results):
    where = results.get("environment", {})
    print(f"Measured with `./run bench all` on {where.get('cores')} cores (Linux {where.get('kernel')}), {where.get('date', '')[:10]}.\n")
    for case in results.get("cases", {}).values():
        print(Table(case["title"], case["rows"]).markdown())
        print(f"\n`{case['command']}`, {case['environment']['date'][:16].replace('T', ' ')}\n")


def run_case(name, quick):
    """Whether it went well. Each case has a directory and processes of its own, gone before the next begins."""
    begun = time.monotonic()
    print(f"\n== {name}", flush=True)
    try:
        with Bench(quick) as bench:
            importlib.import_module(f"case_{name}").run(bench, quick)
    except Exception:  # noqa: BLE001 - the other cases still have their turn
        traceback.print_exc()
        print(f"{name}: FAILED", flush=True)
        return False
    print(f"{name}: {time.monotonic() - begun:.0f} s", flush=True)
    return True


def main(arguments):
    quick, markdown = "--quick" in arguments, "--markdown" in arguments
    names = [name for name in arguments if not name.startswith("--")]
    there = [name for name in CASES if (HERE / f"case_{name}.py").exists()]
    unknown = [name for name in names if name not in (*there, "all")] + [option for option in arguments if option.startswith("--") and option not in ("--quick", "--markdown")]
    if unknown or not (names or markdown):
        print(f"usage: ./run bench [{'|'.join(there)}|all]… [--quick], ./run bench --markdown", file=sys.stderr)
        return 2
    if markdown:
        print_markdown(load_results(RESULTS))
        return 0
    chosen = there if "all" in names else names
    failed = [name for name in chosen if not run_case(name, quick)]
    if not quick:
        print_goals(load_results(RESULTS), chosen)
        for what in Bench.skipped:
            print(f"  NOT MEASURED, nor its goals: {what}")
        print(f"written: {RESULTS.relative_to(HERE.parents[1])}")
    print(f"bench: {', '.join(chosen)}: {'FAILED: ' + ', '.join(failed) if failed else 'passed'}")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
