#!/usr/bin/python3
"""Writes tests/fuzz/corpus/request with Google's protobuf: ok-* are requests of every kind, bad-* must be refused,
answer-* are responses and stored-* values of the store (the fuzz target reads every file as all three).

Run it after a change of proto/yardstick.proto and commit what it wrote (files that a fuzzer found are kept):
    /usr/bin/python3 tests/fuzz/make_request_corpus.py
"""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PROTO = HERE.parent.parent / "proto"
CORPUS = HERE / "corpus" / "request"


def load_bindings():
    """Generates the Python bindings into a directory that is gone once they are loaded."""
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(["protoc", f"--python_out={directory}", "-I", str(PROTO), "yardstick.proto", "stored.proto"],
                       check=True)
        sys.path.insert(0, directory)
        import stored_pb2
        import yardstick_pb2
    return yardstick_pb2, stored_pb2


pb, stored_pb = load_bindings()
IDENTITY = bytes(range(16))
KEY = bytes(range(32))


def presence(facts):
    """Bitmap of a list whose None are absent."""
    bits = bytearray((len(facts) + 7) // 8)
    for i, value in enumerate(facts):
        if value is not None:
            bits[i // 8] |= 1 << i % 8
    return bytes(bits)


def submission(consultants=0):
    facts = [4658723, 219, 114, 77, 27, 10, 15, 38, 22, 3, 7, 4, 2, 6, 8]
    message = pb.Submission(id=IDENTITY, dealer="D0001", period=202506, catalog_digest=0x0123456789ABCDEF,
                            presence=presence(facts), facts=facts)
    for i in range(consultants):
        own = [None, 40 + i, 22, None, 8, 4]
        message.consultants.add(consultant=f"顾问-{i}", presence=presence(own), facts=[v for v in own if v is not None])
    return message


def network():
    lines = pb.Network()
    lines.regions.add(code="east", name="华东", line=2)
    lines.regions.add(code="shanghai", parent="east", name="上海", line=3)
    lines.dealers.add(code="D0001", name="Store 1", owner="G1", line=2)
    lines.memberships.add(dealer="D0001", region="shanghai", **{"from": 202401}, line=2)
    lines.circles.add(circle="c1", dealer="D0001", **{"from": 202401}, until=202512, line=2)
    return lines


def good():
    """Name and request of every kind."""
    yield "describe", pb.Request(request_id=1, describe=pb.Describe())
    yield "get_catalog", pb.Request(request_id=2, get_catalog=pb.GetCatalog(known_digest=2**64 - 1))
    yield "submit", pb.Request(request_id=3, submit=submission())
    yield "submit-consultants", pb.Request(request_id=2**64 - 1, submit=submission(3))
    grouped = submission()
    grouped.group_receipt = True
    yield "submit-group", pb.Request(request_id=3, submit=grouped)
    yield "withdraw-group", pb.Request(withdraw=pb.Withdrawal(id=IDENTITY, dealer="D0001", period=202506, group_receipt=True))
    yield "withdraw", pb.Request(withdraw=pb.Withdrawal(id=IDENTITY, dealer="D0001", period=202506, why="录错"))
    yield "compare", pb.Request(request_id=5, compare=pb.CompareQuery(dealer="D0001", period=202506, peers=["D0002"], region="east"))
    yield "trend", pb.Request(request_id=6, trend=pb.TrendQuery(dealer="D0001", year=2025))
    yield "consultants", pb.Request(request_id=7, consultants=pb.ConsultantsQuery(dealer="D0001", period=202506))
    yield "rank", pb.Request(request_id=8, rank=pb.RankQuery(row="new_conversion", scope="region:east", period=202506))
    yield "benchmark", pb.Request(request_id=9, benchmark=pb.BenchmarkQuery(period=202506, scopes=["nation", "circle:c1"], table="showroom"))
    yield "coverage", pb.Request(request_id=10, coverage=pb.CoverageQuery(period=202506))
    yield "compare-as-of", pb.Request(request_id=5, compare=pb.CompareQuery(dealer="D0001", period=202506, as_of_ms=2**40, restated=True))
    yield "coverage-as-of", pb.Request(request_id=10, coverage=pb.CoverageQuery(period=202506, as_of_event=7))
    yield "coverage", pb.Request(request_id=10, coverage=pb.CoverageQuery(period=202506, regions_today=True))
    yield "coverage-year", pb.Request(request_id=10, coverage_year=pb.CoverageYearQuery(year=2025, scopes=["nation"], never_only=True))
    yield "admit_key", pb.Request(request_id=11, admit_key=pb.AdmitKey(public_key=KEY, role=pb.ROLE_DEALER, dealers=["D0001", "D0002"]))
    yield "admit_manager", pb.Request(request_id=11, admit_key=pb.AdmitKey(public_key=KEY, role=pb.ROLE_MANAGER, region="east"))
    yield "revoke_key", pb.Request(request_id=12, revoke_key=pb.RevokeKey(public_key=KEY))
    yield "list_keys", pb.Request(request_id=13, list_keys=pb.ListKeys())
    yield "import_network", pb.Request(request_id=14, import_network=pb.NetworkPart(upload_id=IDENTITY, part=1, last=True, lines=network()))
    yield "show_network", pb.Request(request_id=15, show_network=pb.ShowNetwork())
    yield "install_catalog", pb.Request(request_id=16, install_catalog=pb.InstallCatalog(yaml=b"catalog: x\nversion: 1\n"))
    yield "get_health", pb.Request(request_id=17, get_health=pb.GetHealth())
    tokens = [pb.NewToken(digest=KEY, dealers=["D0001", "D0002"], expires_ms=2**40), pb.NewToken(digest=KEY[::-1], dealers=["店-1"])]
    yield "make_tokens", pb.Request(request_id=18, make_tokens=pb.MakeTokens(tokens=tokens))
    yield "list_tokens", pb.Request(request_id=19, list_tokens=pb.ListTokens())
    yield "list_tokens-after", pb.Request(request_id=19, list_tokens=pb.ListTokens(after=KEY))
    yield "revoke_tokens", pb.Request(request_id=20, revoke_tokens=pb.RevokeTokens(digests=[KEY, KEY[::-1]]))
    yield "enroll", pb.Request(request_id=21, enroll=pb.Enroll(secret=IDENTITY))
    yield "month_status", pb.Request(request_id=22, month_status=pb.MonthStatusQuery(period=202506))
    yield "month_status-year", pb.Request(request_id=22, month_status=pb.MonthStatusQuery(year=2025))
    yield "close_month", pb.Request(request_id=23, close_month=pb.CloseMonth(period=202506))
    yield "reopen_month", pb.Request(request_id=24, reopen_month=pb.ReopenMonth(period=202506, why="重新"))
    yield "allow_correction", pb.Request(request_id=25, allow_correction=pb.AllowCorrection(dealer="D0001", period=202506, until_ms=2**40, why="w"))
    yield "allow_correction-day", pb.Request(allow_correction=pb.AllowCorrection(dealer="D0001", period=202506, until_day=20250731, until_minute=1440, why="w"))
    yield "allow_correction-withdraw", pb.Request(allow_correction=pb.AllowCorrection(dealer="D0001", period=202506, withdraw=True))
    yield "month_drift", pb.Request(request_id=26, month_drift=pb.DriftQuery(period=202506))
    yield "list_events", pb.Request(request_id=29, list_events=pb.ListEvents())
    yield "list_events-page", pb.Request(request_id=29, list_events=pb.ListEvents(after=3, from_event=9, from_sequence=4, since_ms=1, until_ms=2**50, about="month/202506", most=20))
    yield "history", pb.Request(request_id=30, history=pb.HistoryQuery(dealer="D0001", period=202506))
    yield "verify_events", pb.Request(request_id=31, verify_events=pb.VerifyEvents())
    mark = pb.LogMark(event=7, time_ms=2**40, hash=KEY, sequence=5, network=1, subjects=6)
    yield "verify_events-part", pb.Request(request_id=31, verify_events=pb.VerifyEvents(mark=mark, expected_event=9, expected_hash=KEY))
    earlier = pb.Receipt(outcome=1, revision=2, sequence=9, time_ms=2**40, facts_digest=KEY, signature=KEY * 2, group_size=2, group_index=1, group_path=KEY)
    yield "withdraw-again", pb.Request(request_id=5, withdraw=pb.Withdrawal(id=IDENTITY, dealer="D0001", period=202506, earlier=earlier))
    yield "witness", pb.Request(request_id=43, witness=pb.Witness())
    yield "witness-of-an-entry", pb.Request(request_id=43, witness=pb.Witness(event=2**40, hash=KEY))
    yield "release_month", pb.Request(request_id=27, release_month=pb.ReleaseMonth(period=202506))
    yield "designate_exemplar", pb.Request(request_id=36, designate_exemplar=pb.DesignateExemplar(scope="region:east", dealer="D0001", consented=True, why="w", **{"from": 202506}))
    yield "designate_exemplar-withdraw", pb.Request(designate_exemplar=pb.DesignateExemplar(scope="nation", **{"from": 202506}))
    yield "list_exemplars", pb.Request(request_id=37, list_exemplars=pb.ListExemplars())
    yield "explain_disclosure", pb.Request(request_id=42, explain_disclosure=pb.ExplainDisclosure(dealer="D0001", period=202506))
    yield "checks", pb.Request(request_id=22, checks=pb.ChecksQuery(period=202506, scopes=["region:east"], limit=50))
    yield "checks-of-many-scopes", pb.Request(request_id=22, checks=pb.ChecksQuery(period=202506, scopes=["nation"] * 1000))
    yield "checks-of-store", pb.Request(request_id=22, checks=pb.ChecksQuery(period=202506, dealer="D0001"))
    yield "comment", pb.Request(request_id=23, comment=pb.Comment(dealer="D0001", period=202506, revision=2, row="ad_spend", text="车展"))
    yield "comment-on-check", pb.Request(request_id=23, comment=pb.Comment(dealer="D0001", period=202506, check="c", text="so it was"))


def answers():
    """Name and response of every kind."""
    row = pb.Row(row="ad_spend", unit="CNY", better=pb.BETTER_NEITHER)
    year = [1.5, float("nan")] * 6
    refusal = pb.Status(code=1, message="2 faults", where="regions.csv")
    refusal.faults.add(source="regions.csv", line=3, column=1, message="a cycle")
    yield "refusal", pb.Response(request_id=1, status=refusal)
    yield "description", pb.Response(description=pb.Description(role=1, dealers=["D0001"], catalog_digest=7, hub_version="0.1.0", time_zone="Asia/Shanghai", time_ms=1))
    yield "description-with-signing-key", pb.Response(description=pb.Description(role=1, dealers=["D0001"], signing_key=KEY))
    yield "catalog", pb.Response(catalog=pb.Catalog(digest=7, yaml=b"catalog: x\n"))
    yield "catalog-signed", pb.Response(catalog=pb.Catalog(digest=7, signature=KEY * 2))
    yield "catalog-half-a-signature", pb.Response(catalog=pb.Catalog(digest=7, signature=KEY))
    receipt = pb.Receipt(outcome=1, revision=1, sequence=9, time_ms=8, late=True)
    receipt.warnings.add(check="c", title_zh="零", title_en="zero")
    yield "receipt", pb.Response(receipt=receipt)
    signed = pb.Receipt(outcome=2, revision=1, sequence=9, time_ms=8, facts_digest=KEY, signature=KEY * 2)
    yield "receipt-signed", pb.Response(receipt=signed)
    yield "receipt-without-digest", pb.Response(receipt=pb.Receipt(outcome=2, signature=KEY * 2))
    for name, size, index, path in (("one", 1, 0, b""), ("many", 65536, 65535, KEY * 16), ("beyond", 3, 3, KEY), ("half-a-digest", 3, 2, KEY[:16]),
                                    ("long", 65536, 0, KEY * 17), ("large", 65537, 0, KEY), ("none", 0, 0, KEY)):
        grouped = pb.Receipt(outcome=1, revision=1, facts_digest=KEY, signature=KEY * 2, group_size=size, group_index=index, group_path=path)
        yield f"receipt-group-{name}", pb.Response(receipt=grouped)
    compare = pb.CompareAnswer(dealer="D0001", period=202506, region="east", peers=["D0002"], weakest=["ad_spend"])
    compare.rows.add(row=row, values=year[:6], gaps=year[:4])
    yield "compare", pb.Response(compare=compare)
    yield "coverage-status", pb.Response(coverage=pb.CoverageAnswer(period=202506, status=pb.FIGURES_STATUS_RESTATED, expected=60, reported=58))
    trend = pb.TrendAnswer(dealer="D0001", year=2025)
    trend.rows.add(row=row, values=year, year=2.5, months_counted=6, change=year, change_rate=year)
    yield "trend", pb.Response(trend=trend)
    consultants = pb.ConsultantsAnswer(dealer="D0001", period=202506, rows=["ad_spend"], store=[1.0])
    consultants.consultants.add(consultant="C1", values=[0.5], weakest="ad_spend", gap=-0.5)
    yield "consultants", pb.Response(consultants=consultants)
    rank = pb.RankAnswer(row="ad_spend", scope="nation", period=202506)
    rank.ranked.add(rank=1, dealer="D0001", value=0.25)
    rank.unranked.add(dealer="D0002", reason=2)
    yield "rank", pb.Response(rank=rank)
    table = pb.BenchmarkAnswer(catalog="auto-dealer", period=202506)
    table.scopes.add(scope="nation", expected=60, reported=58)
    table.rows.add(row=row).statistics.add(n=58, valued=58, average=1.5, median=float("nan"), benchmark_n=3)
    yield "benchmark", pb.Response(benchmark=table)
    coverage = pb.CoverageAnswer(period=202506)
    coverage.scopes.add(scope="nation", expected=3, reported=1, late=["D1"], missing=["D2", "D3"])
    yield "coverage", pb.Response(coverage=coverage)
    year = pb.CoverageYearAnswer(year=2025, regions=pb.RegionsOfToday(today=202507, unseen=1))
    year.scopes.add(scope="nation", expected=[3] * 12, reported=[2] * 12, late=[1] * 12)
    year.dealers.add(dealer="D1", marks=[0, 1, 2, 3, 4, 5] * 2, first=202401, last=202506)
    yield "coverage-year", pb.Response(coverage_year=year)
    changes = pb.NetworkChanges(today=202507)
    changes.changes.add(kind=pb.MOVE, code="D1", **{"from": "east"}, to="west", period=202506, rewrites=True)
    changes.counts.add(kind=pb.MOVE, count=1, rewrites=1)
    yield "network-changes", pb.Response(network_changes=changes)
    keys = pb.KeyList()
    keys.keys.add(public_key=KEY, role=1, dealers=["D0001"], admitted_ms=1, admitted_by=KEY)
    yield "keys", pb.Response(keys=keys)
    yield "network", pb.Response(network=network())
    yield "imported", pb.Response(imported=pb.Imported(regions=2, dealers=1, memberships=1, circles=1, complete=True))
    yield "health", pb.Response(health=pb.Health(uptime_ms=1, revisions=2, keys=3))
    tokens = pb.TokenList(more=True, port=7421)
    tokens.tokens.add(digest=KEY, dealers=["D0001"], made_ms=1, made_by=KEY, expires_ms=2**40)
    tokens.tokens.add(digest=KEY[::-1], dealers=["D0002", "D0003"], made_ms=1, made_by=KEY, expires_ms=2, used_ms=3, used_by=KEY, revoked_ms=4)
    yield "tokens", pb.Response(tokens=tokens)
    events = pb.EventList(next_event=3, next_sequence=8)
    told = events.events.add(event=4, time_ms=9, kind=1, hash=KEY)
    told.revisions.add(sequence=9, dealer="D0001", period=202506, revision=2, time_ms=8, role=1, public_key=KEY, late=True, withdrawn=True, why="counted twice")
    events.events.add(event=5, time_ms=10, kind=6, hash=KEY, subject="settings", name="Asia/Shanghai", numbers=[10, 100, 3, 5], role=3, public_key=KEY, period=202506)
    yield "events", pb.Response(events=events)
    history = pb.HistoryAnswer(dealer="D0001", period=202506)
    revision = history.revisions.add(revision=1, sequence=9, time_ms=8, role=1, public_key=KEY, catalog="auto-dealer 1", warnings=["c"], consultants_added=["S1"], consultants_dropped=["S2"])
    revision.facts.add(fact="ad_spend", before=float("nan"), after=0.5)
    history.comments.add(event=4, time_ms=9, role=1, public_key=KEY, revision=1, name="ad_spend", text="fair")
    yield "history", pb.Response(history=history)
    yield "witnessed", pb.Response(witnessed=pb.Witnessed(event=7, hash=KEY, sequence=5, known=True))
    yield "witnessed-nothing", pb.Response(witnessed=pb.Witnessed())
    yield "verification", pb.Response(verification=pb.Verification(complete=True, mark=pb.LogMark(event=7, time_ms=9, hash=KEY, sequence=5, network=1, subjects=6)))
    yield "verification-damage", pb.Response(verification=pb.Verification(complete=True, damage="event 3 of the log is missing"))
    checks = pb.ChecksAnswer(period=202506, expected=3, reported=2, found=9)
    checks.findings.add(dealer="D0001", kind=1, name="ad_spend", score=-4.5, value=1, denominator=float("nan"), median=2, spread=0.5,
                        relative=True, compared=7, revision=2, comment="车展", comment_ms=5)
    checks.findings.add(dealer="D0002", kind=2, name="ad_spend", region="east")
    yield "checks", pb.Response(checks=checks)
    yield "commented", pb.Response(commented=pb.Commented(revision=2, time_ms=5, event=6))
    yield "enrolled", pb.Response(enrolled=pb.Enrolled(dealers=["D0001"], signing_key=KEY))
    exception = pb.Exception(dealer="D0001", until_ms=2**40, granted_ms=1, by=KEY, why="w")
    months = pb.MonthList()
    months.months.add(period=202506, closed=True, since_ms=1, by=KEY, why="w", due_day=20250710, has_counts=True, expected=3, reported=2, late=1,
                      missing=1, corrections=1, exceptions=[exception])
    months.months.add(period=202507, due_day=20250810)
    yield "months", pb.Response(months=months)
    drift = pb.DriftAnswer(period=202506, closed=True, published_ms=1, published_by=KEY, cells_left=4, network_ms=2)
    drift.cells.add(scope="nation", row="ad_spend", unit="CNY", statistic=pb.STATISTIC_MEDIAN, published=1.5, restated=float("nan"), difference=float("nan"))
    drift.corrections.add(dealer="D0001", period=202506, revision_before=1, revision=2, time_ms=3, role=1, public_key=KEY, exception=exception)
    yield "drift", pb.Response(drift=drift)


def stored():
    """Name and stored value of every kind."""
    facts = [4658723, 219, None, 77]
    present = [v for v in facts if v is not None]
    revision = stored_pb.Revision(dealer="D0001", period=202506, revision=1, submission_id=IDENTITY, time_ms=1, public_key=KEY,
                                  role=1, catalog_digest=7, presence=presence(facts), facts=present, warnings=["c"])
    revision.consultants.add(consultant="C1", presence=presence(facts), facts=present)
    yield "revision", revision
    yield "answer", stored_pb.Answer(period=202506, outcome=1, revision=1, sequence=2, time_ms=3, warnings=["c"], catalog_digest=7)
    yield "key", stored_pb.Key(role=1, dealers=["D0001"], admitted_ms=1, admitted_by=KEY, revoked=True, revoked_by=KEY)
    yield "token", stored_pb.Token(dealers=["D0001"], made_ms=1, made_by=KEY, expires_ms=2, used_ms=3, used_by=KEY, revoked_ms=4, revoked_by=KEY)
    yield "network", network()


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def bad():
    """Name and bytes of what must be refused."""
    whole = pb.Request(request_id=3, submit=submission(3)).SerializeToString()
    yield "empty", b""
    yield "garbage", bytes((i * 73 + 41) % 256 for i in range(200))
    yield "truncated", whole[:-7]
    yield "truncated-in-tag", b"\x08"
    yield "nul-in-code", pb.Request(trend=pb.TrendQuery(dealer="D\0001", year=2025)).SerializeToString()
    yield "not-utf8", field(7, field(1, b"\xc3\x28") + b"\x10\xe9\x0f")
    yield "control-character", pb.Request(trend=pb.TrendQuery(dealer="D\x1b[2J", year=2025)).SerializeToString()
    yield "short-id", pb.Request(withdraw=pb.Withdrawal(id=b"1", dealer="D0001", period=202506)).SerializeToString()
    yield "no-month", pb.Request(coverage=pb.CoverageQuery(period=202513)).SerializeToString()
    yield "bitmap-without-values", pb.Request(submit=pb.Submission(id=IDENTITY, dealer="D", period=202506, presence=b"\xff")).SerializeToString()
    yield "future-body", b"\x08\x05" + field(200, b"abc")
    yield "two-bodies", field(2, b"") + field(18, b"")
    yield "same-body-twice", field(6, field(3, b"D1")) * 2
    # A few bytes on the wire that cost much memory where nothing is counted.
    yield "many-unknown", b"\x08\x01" + b"".join(varint((1000 + i) << 3) + b"\x00" for i in range(300))
    yield "many-empty-consultants", field(4, field(7, b"") * 700)
    yield "many-empty-peers", field(6, field(3, b"") * 700)
    yield "unpacked-facts", field(4, b"\x30\x00" * 700)
    yield "group", b"\x13\x14"
    yield "short-digest", pb.Request(make_tokens=pb.MakeTokens(tokens=[pb.NewToken(digest=b"1", dealers=["D1"])])).SerializeToString()
    yield "mark-without-hash", pb.Request(verify_events=pb.VerifyEvents(mark=pb.LogMark(event=7))).SerializeToString()
    yield "expected-hash-alone", pb.Request(verify_events=pb.VerifyEvents(expected_hash=KEY)).SerializeToString()
    yield "withdraw-again-with-half-a-receipt", pb.Request(withdraw=pb.Withdrawal(id=IDENTITY, dealer="D0001", period=202506, earlier=pb.Receipt(signature=KEY * 2))).SerializeToString()
    yield "witness-without-hash", pb.Request(witness=pb.Witness(event=7)).SerializeToString()
    yield "witness-hash-alone", pb.Request(witness=pb.Witness(hash=KEY)).SerializeToString()
    yield "long-subject", pb.Request(list_events=pb.ListEvents(about="x" * 96)).SerializeToString()
    yield "long-secret", pb.Request(enroll=pb.Enroll(secret=IDENTITY + b"1")).SerializeToString()
    yield "many-empty-tokens", field(19, field(1, b"") * 1001)
    yield "many-empty-digests", field(21, field(1, b"") * 1001)
    yield "allowance-without-an-end", pb.Request(allow_correction=pb.AllowCorrection(dealer="D0001", period=202506, why="w")).SerializeToString()
    yield "reopening-without-why", pb.Request(reopen_month=pb.ReopenMonth(period=202506)).SerializeToString()
    yield "comment-on-nothing", pb.Request(comment=pb.Comment(dealer="D1", period=202506, text="x")).SerializeToString()
    yield "comment-on-both", pb.Request(comment=pb.Comment(dealer="D1", period=202506, row="r", check="c", text="x")).SerializeToString()
    yield "comment-without-text", pb.Request(comment=pb.Comment(dealer="D1", period=202506, row="r")).SerializeToString()
    yield "many-scopes", pb.Request(checks=pb.ChecksQuery(period=202506, scopes=["nation"] * 1001)).SerializeToString()
    yield "unknown-role", pb.Request(admit_key=pb.AdmitKey(public_key=KEY, role=9)).SerializeToString()


def main():
    CORPUS.mkdir(parents=True, exist_ok=True)
    for kind, messages in (("ok", good()), ("answer", answers()), ("stored", stored())):
        for old in CORPUS.glob(f"{kind}-*"):
            old.unlink()
        for name, message in messages:
            (CORPUS / f"{kind}-{name}").write_bytes(message.SerializeToString(deterministic=True))
    for old in CORPUS.glob("bad-*"):
        old.unlink()
    for name, data in bad():
        (CORPUS / f"bad-{name}").write_bytes(data)


if __name__ == "__main__":
    main()
