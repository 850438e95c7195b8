"""Small networks for tests, as directories of CSV files, and a hub whose clock stands where a test wants it."""

import datetime

from yardstick import Case

REGIONS = ["east,,East", "bay,east,Bay", "west,,West"]


def moment(text):
    """Local time of the network (Asia/Shanghai) -> Unix milliseconds."""
    local = datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
    return round(local.timestamp() * 1000)


def write_network(directory, dealers, memberships, circles=(), regions=REGIONS):
    """Lines as the files hold them, without their headers."""
    directory.mkdir(exist_ok=True)
    for name, header, lines in (("regions", "code,parent,name", regions), ("dealers", "code,name,owner", dealers),
                                ("memberships", "dealer,region,from", memberships), ("circles", "circle,dealer,from,until", circles)):
        (directory / f"{name}.csv").write_text("\n".join([header, *lines]) + "\n")
    return directory


class ClockCase(Case):
    """Each test has a hub of its own, whose clock it moves."""

    begins = "2025-07-15 09:00"

    def setUp(self):
        super().setUp()
        self.clients = []
        self.shared = self.hub(start=False, YARDSTICK_TEST_NOW_MS=str(moment(self.begins)))
        self.at(self.begins)

    def at(self, text):
        """The hub goes on at that moment: it is started again, so all that holds has survived that."""
        self.shared.stop()
        self.shared.start(YARDSTICK_TEST_NOW_MS=str(moment(text)))
        for client in self.clients:
            client.connect()

    def client(self, role, dealers=(), region=None):
        client = self.shared.client(role, dealers, region)
        self.clients.append(client)
        self.addCleanup(client.close)
        return client

    def network(self, *lines, name="network", **more):
        return write_network(self.work / name, *lines, **more)

    def home(self, role, region=None, dealers=()):
        """The options with which `yardstick` speaks as that role."""
        home, key = self.shared.home_for(f"home-{len(list(self.work.iterdir()))}", "yardstick")
        self.shared.admit(key, role, dealers, region)
        return ["--home", home, "--hub", self.shared.endpoint]
