// DuckDB jobs: a line of JSON {"sql": …} on standard input, a line {"seconds": …, "rows": […]} or {"error": …} back. The time
// is from the statement's start until all its rows are here.
import { DuckDBInstance } from "@duckdb/node-api";
import { createInterface } from "node:readline";

const connection = await (await DuckDBInstance.create(":memory:")).connect();

async function run(sql) {
  const begun = process.hrtime.bigint();
  const reader = await connection.runAndReadAll(sql);
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  return { seconds, rows: reader.getRowsJson() };
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await run(JSON.parse(line).sql).catch((error) => ({ error: String(error) }));
  console.log(JSON.stringify(answer));
}
process.exit(0);
