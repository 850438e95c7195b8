"""DuckDB as a peer: one core, tables in memory, through its Node binding (duckdb/jobs.mjs). `./run bench` puts the package into build/bench/duckdb."""

import json
import shutil
import subprocess

from harness import BUILD, HERE, Worker, must

PLACE = BUILD / "bench/duckdb"


def missing():
    """Why there is no DuckDB here; "" where there is one."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            return f"{program} is not installed (apt-get install nodejs npm)"
    return "" if (PLACE / "node_modules/@duckdb/node-api").exists() else f"DuckDB is not in {PLACE} (./run bench installs it)"


def install():
    """The pinned package, from the registry, where it is not there yet."""
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "jobs.mjs"):
        shutil.copy(HERE / "duckdb" / name, PLACE / name)
    if shutil.which("npm") and missing():
        must(["npm", "ci", "--no-audit", "--no-fund", "--silent"], 300, cwd=PLACE)


class DuckDB:
    """A database in memory, in a process of its own."""

    def __init__(self, threads=1):
        shutil.copy(HERE / "duckdb/jobs.mjs", PLACE / "jobs.mjs")
        self.worker = Worker(["node", PLACE / "jobs.mjs"], cwd=PLACE)
        self.sql(f"set threads = {threads}")

    def timed(self, text):
        """One statement. Seconds, and its rows."""
        answer = self.worker.ask(json.dumps({"sql": " ".join(text.split())}))
        if "error" in answer:
            raise RuntimeError(f"DuckDB: {answer['error']} in {text[:300]}")
        return answer["seconds"], answer["rows"]

    def sql(self, text):
        return self.timed(text)[1]

    def copy(self, table, path):
        """A CSV file with a header into a table."""
        self.sql(f"copy {table} from '{path}' (format csv, header true)")

    def close(self):
        self.worker.close()


if __name__ == "__main__":
    try:
        install()
    except (RuntimeError, subprocess.TimeoutExpired) as error:  # no registry, say: the rest of the bench goes on
        print(f"bench: DuckDB could not be installed: {error}")
    if missing():
        print(f"bench: without DuckDB: {missing()}")
