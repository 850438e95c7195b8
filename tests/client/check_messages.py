#!/usr/bin/env python3
"""Every message of the agent and of the readers of files has its Chinese in client/messages*.c, with the same conversions.

Reads the sources: formats and texts as they stand in the calls of CALLS, and in TRANSLATED("…"). Exit status 1, and a line for each, where a format
is no literal, has no Chinese, is given twice, is used nowhere, or where the two languages differ in their conversions. Words that the hub, or the
outbox, is quoted with must stand so in the sources that write them."""

import re
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]


def sources(*patterns):
    return [path for pattern in patterns for path in sorted(SOURCE.glob(pattern))]


READERS = sources("client/captions.c", "client/csv.c", "client/encoding.c", "client/kinds.c", "client/records.c", "client/layout.c", "client/named_store.c", "client/titles.c", "client/wide.c",
                  "client/facts_*.c", "client/sheet*.c", "client/months*.c", "client/xlsx*.c", "core/number.c", "dealer-agent/compose.c")
AGENT = sources("client/connection.c", "client/session.c", "client/socket.c", "client/home.c", "client/token.c", "client/filing.c", "client/receipts.c",
                *(f"dealer-agent/{name}.c" for name in ("check", "courier", "deliver", "desk", "dropped", "enroll", "outbox", "outbox_commands", "receipt_json", "receipts",
                                                        "receipts_verify", "settle", "status", "stores", "submit", "witness")))
MARKED = sources("dealer-agent/run.c", "dealer-agent/run_work.c", "dealer-agent/watch_names.c",  # only what `status` shows of it; the rest is its log
                 "cli/disclosure.c", "cli/enroll_list.c", "cli/enroll_missing.c")  # only their heads and words
WRITERS = sources("hub/*.c", "dealer-agent/packing.c", "dealer-agent/courier.c", "dealer-agent/deliver.c")  # of messages_hub

# Calls, and which of their arguments is the format; those of None may be in English (wrong usage).
CALLS = {"faults_add": 3, "session_fail": 2, "session_text": 1, "session_misuse": None, "session_note": 1}
SYSTEM = ("No such file or directory", "Is a directory", "Permission denied", "No space left on device", "Disk quota exceeded", "Read-only file system",
          "Input/output error")  # what strerror says most
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


def translated(text):
    return {literal(arguments(text, call.end())[0]) for call in re.finditer(r"\bTRANSLATED\(", text)}


def written(path, problems):
    """The formats and texts that a source writes: those that must have their Chinese, and those that may."""
    text = path.read_text(encoding="utf-8")
    must, may = translated(text), set()
    for call in re.finditer(rf"\b({'|'.join(CALLS)})\(", text):
        name, given = call[1], arguments(text, call.end())
        at = CALLS[name] if CALLS[name] is not None else 1
        form = literal(given[at]) if len(given) > at else None
        if form is None:
            if name == "faults_add" and "const char *format" not in given[-2 if len(given) > 1 else -1]:
                problems.append(f"{path.name}:{text[:call.start()].count(chr(10)) + 1}: the format is no literal")
        elif form == "%s" and name == "faults_add" and path in READERS and "faults_text(" not in given[4]:
            problems.append(f"{path.name}:{text[:call.start()].count(chr(10)) + 1}: what %s stands for is not translated")
        elif form != "%s":
            (must if CALLS[name] is not None else may).add(form)
    return must, may


def words():
    """Names that tables show as words."""
    statuses = (SOURCE / "core/status.h").read_text(encoding="utf-8")
    names = [(int(number), name, text) for number, name, text in re.findall(r'X\(\w+, (\d+), "(\w+)", *"([^"]*)"', statuses)]
    found = {text for _, _, text in names} | {name for number, name, _ in names if 0 < number < 64}
    for path, table in (("proto/message.c", "outcome_names"), ("dealer-agent/outbox_read.c", "filing_state_names")):
        text = (SOURCE / path).read_text(encoding="utf-8")
        found |= set(re.findall(r'"(\w+)"', re.search(rf"{table}\[\w+\] = {{([^}}]*)}}", text)[1]))
    return found - {"none", "ok"} | {"refused", "unanswered", "facts", "withdrawal", "true", "false"}


def conversions(form):
    """{position: conversion} of a format."""
    kinds = {}
    for number, match in enumerate((m for m in CONVERSION.finditer(form) if m[0] != "%%"), 1):
        kinds[int(match[1] or number)] = match[2]
    return kinds


def pairs(path, table):
    text = (SOURCE / path).read_text(encoding="utf-8")
    found = re.findall(rf"\{{((?:\s*{STRING})+),((?:\s*{STRING})+)\}}", text[text.index(f"{table}[] = {{"):])
    return [(literal(english), literal(chinese)) for english, chinese in found]


def check_own(problems):
    """The program's own messages."""
    must, may = set(SYSTEM) | words(), set()
    for path in READERS + AGENT:
        for found, into in zip(written(path, problems), (must, may)):
            into |= found
    for path in MARKED:
        must |= translated(path.read_text(encoding="utf-8"))
    table = pairs("client/messages.c", "PAIRS") + pairs("client/messages_agent.c", "messages_agent")
    known = [english for english, _ in table]
    problems += [f"no Chinese: {text}" for text in sorted(must - set(known))]
    problems += [f"used nowhere: {text}" for text in sorted(set(known) - must - may)]
    problems += [f"twice: {english}" for english in sorted(set(known)) if known.count(english) > 1]
    for english, chinese in table:
        if conversions(english) != conversions(chinese):
            problems.append(f"other conversions: {english} / {chinese}")
        if not re.search("[\u4e00-\u9fff]", chinese) and re.search("[a-z]{3}", re.sub(CONVERSION, "", english)):
            problems.append(f"no Chinese in: {chinese}")
    return len(table)


def check_quoted(problems):
    """What the hub says, and what the outbox keeps."""
    said = "\n".join(part for path in WRITERS for part in re.findall(rf"(?:{STRING}\s*)+", path.read_text(encoding="utf-8")))
    said = "\n".join(literal(part) or "" for part in re.findall(rf"(?:{STRING}\s*)+", said))
    table = pairs("client/messages_hub.c", "messages_hub")
    known = [english for english, _ in table]
    problems += [f"twice: {english}" for english in sorted(set(known)) if known.count(english) > 1]
    for english, chinese in table:
        head, *tail = english.rsplit("; file the month again", 1)  # deliver adds that to why packing failed
        if head not in said or (tail and "%s; file the month again" not in said):
            problems.append(f"nobody says: {english}")
        places = len(re.findall(r"%[a-z]+", english))
        if any(int(place) > places for place in re.findall(r"\{(\d)\}", chinese)) or "%" in chinese:
            problems.append(f"other values: {english} / {chinese}")
    return len(table)


def main():
    problems = []
    own, quoted = check_own(problems), check_quoted(problems)
    print("\n".join(problems) or f"{own} messages and {quoted} of the hub's have their Chinese")
    return 1 if problems or own < 200 or quoted < 20 else 0  # fewer: the sources were not read


if __name__ == "__main__":
    sys.exit(main())
