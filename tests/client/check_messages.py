#!/usr/bin/env python3
"""Every message of the readers of files and of enrolment has its Chinese in client/messages.c, with the same conversions.

Reads the sources: the format of each faults_add and each TRANSLATED("…") text; of the hub's, TRANSLATED texts only. Exit status 1, and a line for each, where a
format is no literal, has no Chinese, is given twice, is used nowhere, or where the two languages differ in their conversions."""

import re
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
FILES = [path for pattern in ("client/csv.c", "client/encoding.c", "client/kinds.c", "client/records.c", "client/layout.c", "client/titles.c",
                              "client/wide.c", "client/facts_*.c", "client/sheet*.c", "client/months*.c", "client/xlsx*.c", "core/number.c",
                              "dealer-agent/compose.c", "dealer-agent/enroll.c", "client/token.c")
         for path in sorted(SOURCE.glob(pattern))]
HUB_FILES = sorted(SOURCE.glob("hub/*.c"))
SYSTEM = ("No such file or directory", "Is a directory", "Permission denied")  # what strerror says most
STRING = r'"(?:[^"\\]|\\.)*"'
CONVERSION = re.compile(r"%(?:(\d+)\$)?[-+ 0#]*(?:\d+|\*)?(?:\.(?:\d+|\*))?((?:hh|h|ll|l|z|j|t)?[diouxXeEfgGcsp])|%%")


def literal(text):
    """The value of adjacent string literals; None where anything else stands there."""
    if re.fullmatch(rf"(?:\s*{STRING}\s*)+", text) is None:
        return None
    joined = "".join(part[1:-1] for part in re.findall(STRING, text))
    return re.sub(r'\\(["\\])', r"\1", joined)


def arguments(text, start):
    """The arguments of a call, from behind its bracket on."""
    depth, parts, current = 0, [], ""
    for token in re.finditer(rf"{STRING}|'(?:[^'\\]|\\.)'|.", text[start:], re.S):
        token = token[0]
        if token == ")" and depth == 0:
            return parts + [current]
        depth += token in "([{" and len(token) == 1
        depth -= token in ")]}" and len(token) == 1
        if token == "," and depth == 0:
            parts, current = parts + [current], ""
        else:
            current += token
    raise ValueError("a call without an end")


def written(path, problems):
    """The formats and texts that a source writes."""
    text = path.read_text(encoding="utf-8")
    found = set()
    for call in re.finditer(r"\bfaults_add\(", text):
        line = text[:call.start()].count("\n") + 1
        given = arguments(text, call.end())
        form = literal(given[3])
        if form is None:
            problems.append(f"{path.name}:{line}: the format is no literal")
        elif form == "%s" and "faults_text(" not in given[4]:
            problems.append(f"{path.name}:{line}: what %s stands for is not translated")
        elif form != "%s":
            found.add(form)
    return found | marked(path)


def marked(path):
    """The TRANSLATED texts of a source."""
    text = path.read_text(encoding="utf-8")
    return {literal(arguments(text, call.end())[0]) for call in re.finditer(r"\bTRANSLATED\(", text)}


def conversions(form):
    """{position: conversion} of a format."""
    kinds = {}
    for number, match in enumerate((m for m in CONVERSION.finditer(form) if m[0] != "%%"), 1):
        kinds[int(match[1] or number)] = match[2]
    return kinds


def pairs(name):
    text = (SOURCE / "client/messages.c").read_text(encoding="utf-8")
    table = text[text.index(f" {name}[] = {{"):]
    table = table[:table.index("\n};")]
    found = re.findall(rf"\{{((?:\s*{STRING})+),((?:\s*{STRING})+)\}}", table)
    return [(literal(english), literal(chinese)) for english, chinese in found]


def compare(wanted, table, problems):
    """Finds what is missing, too much, twice, or not the same in the two languages."""
    known = {english for english, _ in table}
    problems += [f"no Chinese: {text}" for text in sorted(wanted - known)]
    problems += [f"used nowhere: {text}" for text in sorted(known - wanted)]
    problems += [f"twice: {english}" for english in known if [pair[0] for pair in table].count(english) > 1]
    for english, chinese in table:
        if conversions(english) != conversions(chinese):
            problems.append(f"other conversions: {english} / {chinese}")
        if not re.search("[\u4e00-\u9fff]", chinese) and re.search("[a-z]{3}", re.sub(CONVERSION, "", english)):
            problems.append(f"no Chinese in: {chinese}")


def main():
    problems = []
    wanted, wanted_of_hub = set(SYSTEM), set()
    for path in FILES:
        wanted |= written(path, problems)
    for path in HUB_FILES:
        wanted_of_hub |= marked(path)
    table, table_of_hub = pairs("PAIRS"), pairs("HUB_PAIRS")
    compare(wanted, table, problems)
    compare(wanted_of_hub, table_of_hub, problems)
    for english, chinese in table_of_hub:
        if set(re.findall("%.", english + chinese)) - {"%s"} or re.search("%s(%|$)", english):
            problems.append(f"the hub's may hold only %s, each with words behind it: {english}")
    print("\n".join(problems) or f"{len(table) + len(table_of_hub)} messages have their Chinese")
    return 1 if problems or len(wanted) < 50 or len(wanted_of_hub) < 5 else 0  # fewer: the sources were not read


if __name__ == "__main__":
    sys.exit(main())
