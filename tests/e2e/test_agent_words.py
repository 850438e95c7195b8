"""What the agent says to a person who reads Chinese: no sentence of its daily life stands in English under --lang zh."""

import re

from desks import DeskCase, facts, held
from enrolling import enroll, lines_of, make_tokens
from yardstick import Agent, Case, HubCase, eventually, main

# What stays as it is: commands and options, paths and files, endpoints, keys and the digits of a proof, RFC's codes of a refusal in brackets.
KEPT = [r"`[^`]*`", r"\S*/\S*", r"tcp://\S+", r"（[a-z_]+）", r"（outbox [a-z]+）", r"\S+\.(?:csv|txt)\b", r"\b[0-9a-f]{32,}\b", r"yardstick-agent"]


def english_in(text):
    """The first run of three English words, "" where there is none."""
    for pattern in KEPT:
        text = re.sub(pattern, " ☐ ", text)
    found = re.search(r"[A-Za-z']+,? [A-Za-z']+,? [A-Za-z']+", text)
    return found[0] if found else ""


class WordsCase(DeskCase):
    def told(self, agent, *command, code=0):
        """What a command says to a person, all of it in Chinese."""
        result = agent(*command, "--lang", "zh")
        self.assertEqual(result.code, code, result)
        for text in (result.out, result.err):
            self.assertEqual(english_in(text), "", text)
        return result.out + result.err

    def assert_told(self, agent, *command, code=0, words=()):
        text = self.told(agent, *command, code=code)
        for word in words:
            self.assertIn(word, text)


class Words(WordsCase, HubCase):
    """With a hub that is there."""

    def file(self, name, text):
        path = self.class_work / name
        path.write_text(text)
        return path

    def test_what_is_filed_by_hand_is_told_in_chinese(self):
        agent = self.shared.agent("D0001")
        june = self.file("june.csv", facts("2025-05", "2025-06"))
        self.assert_told(agent, "submit", june, "--no-wait", code=1, words=["本机还没有连上过总部", "请用 --dealer 指定门店"])
        self.assert_told(agent, "deliver", words=["没有待发送的"])
        self.assert_told(agent, "check", june, words=["没有错误：2 个月，"])
        self.assert_told(agent, "submit", june, "--no-wait", words=["待发送", "已存入发件箱"])
        self.assert_told(agent, "outbox", "list", words=["编号", "待发送", "数据", "连上总部后自动发送"])
        self.assert_told(agent, "deliver", words=["2 个月已接收", "第 1 版", "迟报"])
        self.assert_told(agent, "deliver", words=["没有待发送的"])
        self.assert_told(agent, "submit", june, words=["2 个月无变化"])
        self.assert_told(agent, "receipts", "list", words=["总部时间", "已接收", "是"])
        self.assert_told(agent, "receipts", "show", "1", words=["总部流水号", "签名", "数据摘要"])
        self.assert_told(agent, "receipts", "verify", words=["2 张回执验证无误，0 张未通过"])
        self.assert_told(agent, "receipts", "show", "9", code=1, words=["编号 9 没有回执"])
        self.assert_told(agent, "outbox", "list", words=["没有待发送的，也没有搁置的"])
        self.assert_told(agent, "withdraw", "2025-05", "--why", "x", words=["已撤回"])

    def test_what_the_hub_refuses_is_told_in_chinese_with_what_to_do(self):
        agent = self.shared.agent("D0002")
        for name, month in (("late.csv", "2025-04"), ("early.csv", "2019-05")):
            self.file(name, facts(month))
        self.shared.must("month", "close", "2025-04", "--why", "all are there")
        self.assert_told(agent, "submit", self.class_work / "late.csv", code=1, words=["2025-04 已于 ", "请向总部申请补报或更正", "1 个月被拒收"])
        self.assert_told(agent, "submit", self.class_work / "early.csv", code=1, words=["D0002 在 2019-05 还不在（或已不在）总部的网络里"])
        self.assert_told(agent, "withdraw", "2025-01", "--why", "x", code=1, words=["D0002 在 2025-01 没有已上报的数据"])
        self.assert_told(agent, "outbox", "list", words=["搁置", "已关账", "获准后重发（outbox retry）", "请改正文件后重新上报", "撤回"])
        self.assert_told(agent, "compare", "--period", "2019-05", code=1, words=["D0002 在 2019-05 还不在（或已不在）总部的网络里"])
        self.assert_told(agent, "outbox", "retry", "1", words=["重新待发送"])
        self.assert_told(agent, "deliver", code=1, words=["1 个月被拒收而搁置"])
        self.assert_told(agent, "outbox", "drop", "1", words=["已丢弃：3 项数据"])
        self.assert_told(agent, "outbox", "drop", "1", code=1, words=["编号 1 不是搁置的"])
        self.assert_told(agent, "status", words=["搁置", "`yardstick-agent outbox list` 说明怎么办"])

    def test_the_daemon_s_state_is_told_in_chinese(self):
        agent = self.shared.agent("D0003")
        self.assert_told(agent, "status", words=["还没有连过", "没有运行；启动 `yardstick-agent run` 之前", "还不知道"])
        desk = self.desk(agent, "--lang", "zh")
        (desk.inbox / "里面").mkdir()
        desk.drop("period,consultant,showroom_visits\n2025-06,A,1\n", "顾问.csv")
        desk.drop(facts("2025-05"), "五月.csv")
        desk.wait_accepted("五月.csv")
        self.wait_receipts(agent, 1)
        desk.wait_logged('outcome="waits for its month"')
        eventually(lambda: agent.ask("status")["desk"]["inbox"]["waiting"] == 1, "one that waits")
        self.assert_told(agent, "status", words=["正在运行（进程", "1 个等待接收，1 个不会接收", "顾问.csv：等待所属月份的门店数据", "里面：文件夹", "最近回执",
                                                 "D0003 2025-05，已接收，第 1 版"])
        status = agent.must("status", "--lang", "zh", "--format", "json").json
        self.assertEqual((status["line"], status["last_receipt"]["outcome"]), ("connected", "accepted"), "codes are the same in each language")
        self.assertEqual(status["desk"]["inbox"]["files"], [{"name": "顾问.csv", "why": "等待所属月份的门店数据"}])


class Lines(WordsCase, Case):
    """With a hub that comes and goes."""

    def test_a_line_that_is_not_there_and_a_key_that_is_not_admitted_are_told_in_chinese(self):
        hub = self.hub()
        hub.import_network()
        home, key = hub.home_for("late")
        agent = Agent(hub, home)
        june = self.work / "june.csv"
        june.write_text(facts("2025-06", dealer="D0001"))
        self.assert_told(agent, "deliver", "--timeout", "3", code=3, words=["密钥"])
        self.assert_told(agent, "status", words=["连不上，自 ", "密钥"])
        self.assert_told(agent, "submit", june, "--timeout", "3", code=3, words=["1 个月中有 1 个月在发件箱中待发送", "密钥"])
        hub.admit(key, "dealer", ["D0001"])
        self.assert_told(agent, "deliver", words=["1 个月已接收"])
        self.assertEqual(hub.stop(), 0)
        self.assert_told(agent, "submit", june, "--all", "--timeout", "1", code=3, words=["待发送：1 秒内连不上总部"])
        self.assert_told(agent, "compare", "--period", "2025-06", "--timeout", "1", code=3, words=["1 秒内连不上总部", "没有应答"])
        self.assert_told(agent, "status", words=["连不上，自 ", "上次连上：", "1，最早的自 "])
        with held(agent.home / "outbox/write.lock"):
            self.assert_told(agent, "submit", june, "--all", "--no-wait", code=1, words=["被另一个程序占用太久", "write.lock"])

    def test_another_hub_s_signing_key_is_told_in_chinese(self):
        hub = self.hub()
        hub.import_network()
        agent = hub.agent("D0001")
        agent.must("deliver")
        text = (agent.home / "home.txt").read_text()
        (agent.home / "home.txt").write_text(re.sub(r"(?m)^signing_key: .*$", "signing_key: " + "0" * 40, text))
        self.assert_told(agent, "deliver", code=3, words=["总部的签名公钥（", "请与总部上 `yardstick-hub key DIR --signing` 显示的公钥核对"])
        self.assert_told(agent, "status", words=["总部的签名公钥（"])

    def test_an_enrolment_is_told_in_chinese(self):
        hub = self.hub({"enroll_listen": "tcp://127.0.0.1:0"})
        hub.import_network()
        token = lines_of(make_tokens(hub, "D0001\n")[1])["D0001"]
        for bad, words in (("ys2.x", "这不是注册令牌"), (token[:-3], "令牌有误或不完整")):
            result = enroll(hub, self.work / "new", bad, "--lang", "zh")
            self.assertEqual((result.code, english_in(result.err)), (2, ""), result)
            self.assertIn(words, result.err)
        result = enroll(hub, self.work / "new", token, "--lang", "zh")
        self.assertEqual((result.code, english_in(result.out + result.err)), (0, ""), result)
        self.assertIn("已注册，门店：D0001", result.out)
        result = enroll(hub, self.work / "other", token, "--lang", "zh")
        self.assertEqual((result.code, english_in(result.err)), (1, ""), result)


if __name__ == "__main__":
    main()
