"""How to divide a class: groups of methods, and what becomes of each."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

SHOP = '''import json


class Base:
    pass


class Shop(Base):
    """A shop that grew."""

    def __init__(self, path):
        self.path = path

    def add_order(self, order):
        self.orders = [order]
        self.order_total = self._sum_orders()
        return self.order_total

    def _sum_orders(self):
        return sum(order.price for order in self.orders)

    def cancel_order(self, order):
        self.orders = [one for one in self.orders if one != order]
        self.order_total = self._sum_orders()

    def open_mail(self, server):
        self.mail_server = server
        self.mail_sent = 0
        return self.mail_server

    def send_mail(self, mail):
        self.mail_server.send(mail)
        self.mail_sent += 1
        return self._count_mail()

    def _count_mail(self):
        return self.mail_sent

    def load_rows(self):
        return super().load_rows() + json.loads(self.path)

    def store_rows(self, rows):
        self.__rows = rows
        return self.path.write(json.dumps(rows))

    def sync_rows(self):
        self.store_rows(self.load_rows())

    @staticmethod
    def format_price(price):
        return f"{price:.2f}"

    @staticmethod
    def format_date(date):
        return date.isoformat()

    @staticmethod
    def format_name(name):
        return name.title()
'''


def padded(text: str) -> str:
    return text.replace("        return", "        # a line\n" * 9 + "        return")


def plan(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "shop.py").write_text(padded(SHOP), encoding="utf-8")
    (folder / "test_shop.py").write_text(
        "from unittest.mock import patch\nimport shop\n\n\n"
        'def test_mail():\n    with patch("shop.Shop.send_mail"):\n        pass\n',
        encoding="utf-8",
    )
    (folder / "pyproject.toml").write_text("[tool.exai-audit]\n", encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "exai_audit", "plan", str(folder / "shop.py"), "--no-cache",
         *arguments],
        capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip


def test_methods_fall_into_groups(tmp_path: Path) -> None:
    done = plan(tmp_path, "--class", "Shop", "-f", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    home = {m["name"]: g["name"] for g in document["groups"] for m in g["methods"]}
    way = {g["name"]: g["way"] for g in document["groups"]}
    own = {g["name"]: g["attributes"] for g in document["groups"]}
    assert home["send_mail"] == home["_count_mail"] == home["open_mail"]
    assert home["add_order"] == home["_sum_orders"] == home["cancel_order"]
    assert home["format_price"] == home["format_date"] == home["format_name"]
    assert way[home["send_mail"]] == "collaborator"
    assert own[home["send_mail"]] == ["mail_sent", "mail_server"]
    assert way[home["format_price"]] == "functions"
    assert way[home["load_rows"]] == "mixin"
    assert "__init__" not in home


def test_risks_of_a_class_are_said(tmp_path: Path) -> None:
    risks = " ".join(json.loads(plan(tmp_path, "--class", "Shop", "-f", "json").stdout)["risks"])
    for said in ("`Base`", "`super()`", "`__rows`", "pickled", "test_shop.py:6 replaces"):
        assert said in risks, said


def test_a_class_that_is_most_of_a_module_is_planned_with_it(tmp_path: Path) -> None:
    document = json.loads(plan(tmp_path, "-f", "json").stdout)
    assert [found["name"] for found in document["classes"]] == ["Shop"]
    assert (
        "Shop" in plan(tmp_path).stdout
        and "## How to divide" in plan(tmp_path, "-f", "markdown").stdout
    )


def test_the_terminal_and_markdown_show_the_groups(tmp_path: Path) -> None:
    assert "collaborator" in plan(tmp_path, "--class", "Shop").stdout
    assert "# How to divide `Shop`" in plan(tmp_path, "--class", "Shop", "-f", "markdown").stdout


def test_a_class_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    done = plan(tmp_path, "--class", "Nothing")
    assert done.returncode == 2
    assert "no class Nothing" in done.stderr


def test_the_report_shows_the_plan_under_its_finding(tmp_path: Path) -> None:
    plan(tmp_path)
    (tmp_path / "pyproject.toml").write_text(
        "[tool.exai-audit]\nmax-methods = 5\n", encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "exai_audit", "scan", str(tmp_path), "--no-cache", "-f", "markdown"],
        capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip
    assert "exai-audit plan shop.py --class Shop" in done.stdout
    assert "collaborator" in done.stdout
