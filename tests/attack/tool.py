"""The rule in C: disclosure_tool as something that answers views, and what its answers (and those of `yardstick-agent compare --format json`) say."""

import json
import os
import subprocess
import tempfile

TOOL = os.environ.get("YARDSTICK_DISCLOSURE_TOOL")
PERIOD = "2025-06"


def script(scenario, catalog, folder):
    """The scenario as the tool reads it."""
    lines = [str(folder), str(catalog.path)]
    for kind, *rest in scenario.steps:
        if kind == "facts":
            lines.append(f"facts {rest[0]} {PERIOD} " + " ".join(f"{fact}={value}" for fact, value in rest[1].items() if value is not None))
        elif kind == "release":
            lines.append(f"release {PERIOD}")
        else:
            lines.append(f"{kind} {rest[0] if kind == 'withdraw' else ','.join(rest[0])} {PERIOD}")
    return "\n".join(lines) + "\n"


def tool_answers(scenario, catalog):
    """One JSON value for each release and view."""
    with tempfile.TemporaryDirectory() as folder:
        scenario.network.save(folder, PERIOD)
        run = subprocess.run([TOOL], input=script(scenario, catalog, folder), capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr[-1000:]
    return [json.loads(line) for line in run.stdout.splitlines()]


def cells_of(answer):
    """A view of the tool, or of `yardstick-agent compare --format json`, as (row, scope, column) → figure, None where suppressed. `columns` name the values:
    `nation_average`, `region_average` (its scope then is the answer's `region`) or `average:SCOPE`, `benchmark:SCOPE`; others (own, peers) are left out."""
    cells = {}
    for row in answer["rows"]:
        for column, value in zip(answer["columns"], row["values"]):
            kind, colon, scope = column.partition(":")
            if not colon:
                scope, _, kind = column.partition("_")
                scope = answer.get("region") if scope == "region" else scope
            if kind in ("average", "benchmark") and (value is not None or column in row["suppressed"]):
                cells[row["row"], scope, kind] = value
    return cells


class Tool:
    """Answers the views of a scenario in their order, as Reference.view does."""

    def __init__(self, scenario, catalog):
        self.answers = (answer for answer in tool_answers(scenario, catalog) if "rows" in answer)

    def view(self, _):
        return cells_of(next(self.answers))
