"""A linear programme over facts, written for and solved by glpsol (Debian's glpk-utils)."""

import subprocess
import tempfile
from fractions import Fraction
from math import ceil, floor, gcd, lcm
from pathlib import Path

CEILING = 1e4       # no fact is larger than so many times its kind's scale; only there so that every objective has an end
SECONDS = 60        # for one solution


class Unsolved(Exception):
    """glpsol gave no optimum: a fault of the test, for the truth is always feasible."""


class Programme:
    """Unknowns (any keys) that are integers >= 0, and linear constraints on them. Sums that come more than once are unknowns of their own."""

    def __init__(self, truth, scale):
        """`truth`: key → value, by which each constraint is checked as it is added; `scale`: key → a usual size, only for the solver's sake."""
        self.truth, self.scale = truth, scale
        self.index, self.lines, self.sums, self.seen = {}, [], {}, set()

    def name(self, key):
        return f"x{self.index.setdefault(key, len(self.index))}"

    def total(self, keys):
        """A key for the sum of `keys`."""
        if len(keys) < 3:
            return None
        if keys not in self.sums:
            key = ("sum", len(self.sums))
            self.sums[keys] = key
            self.truth[key] = sum(self.truth[part] for part in keys)
            self.scale[key] = self.scale[keys[0]] * len(keys)
            self.write({**dict.fromkeys(keys, Fraction(1)), key: Fraction(-1)}, "=", Fraction(0))
        return self.sums[keys]

    def write(self, form, relation, bound):
        """One line; divided by its largest coefficient in the solver's units."""
        scaled = {key: float(coefficient * self.scale[key]) for key, coefficient in form.items()}
        size = max(map(abs, scaled.values()))
        text = " ".join(f"{value / size:+.17g} {self.name(key)}" for key, value in scaled.items())
        line = f"{text} {relation} {float(bound) / size:.17g}"
        if line not in self.seen:
            self.seen.add(line)
            self.lines.append(line)

    def constrain(self, form, low=None, high=None):
        """low <= form <= high (either may be None). A form of whole multiples takes only whole multiples, so its ends are rounded inwards."""
        form = {key: coefficient for key, coefficient in form.items() if coefficient}
        if not form:
            return
        step = Fraction(gcd(*(c.numerator * (lcm(*(d.denominator for d in form.values())) // c.denominator) for c in form.values())),
                        lcm(*(c.denominator for c in form.values())))
        value = sum(coefficient * self.truth[key] for key, coefficient in form.items())
        if low is not None:
            low = ceil(low / step) * step
            assert value >= low, f"the truth {float(value)} lies below {float(low)}"
        if high is not None:
            high = floor(high / step) * step
            assert value <= high, f"the truth {float(value)} lies above {float(high)}"
        if low is not None and low == high:
            self.write(form, "=", low)
            return
        if low is not None:
            self.write(form, ">=", low)
        if high is not None:
            self.write(form, "<=", high)

    def solve(self, objective, sense):
        """An optimum of `objective` (key → weight, in the solver's units) as key → value. `sense`: "Minimize" or "Maximize"."""
        keys = list(self.index)
        if not keys or not self.lines:
            return {}
        weights = " ".join(f"{objective.get(key, 0):+.6g} {self.name(key)}" for key in keys)
        bounds = "\n".join(f" 0 <= {self.name(key)} <= {CEILING * (len(keys) if key[0] == 'sum' else 1):g}" for key in keys)
        body = "\n".join(f" c{number}: {line}" for number, line in enumerate(self.lines))
        with tempfile.TemporaryDirectory() as folder:
            problem, answer = Path(folder) / "p.lp", Path(folder) / "p.out"
            problem.write_text(f"{sense}\n goal: {weights}\nSubject To\n{body}\nBounds\n{bounds}\nEnd\n")
            run = subprocess.run(["glpsol", "--lp", problem, "-w", answer, "--tmlim", str(SECONDS)], capture_output=True, text=True,
                                 timeout=2 * SECONDS)
            lines = answer.read_text().splitlines() if answer.exists() else []
        status = next((line.split() for line in lines if line.startswith("s ")), None)
        if not status or status[4:6] != ["f", "f"]:
            raise Unsolved(f"{status}\n{run.stdout[-600:]}{run.stderr[-300:]}")
        values = [float(line.split()[3]) for line in lines if line.startswith("j ")]
        assert len(values) == len(keys)
        return {key: value * self.scale[key] for key, value in zip(keys, values)}
