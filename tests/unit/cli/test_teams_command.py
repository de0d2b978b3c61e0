from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.unit.cli.commands import Commands

from omnireel.tasks.database import open_database, writing
from omnireel.tasks.files import QUOTA
from omnireel.tasks.tables import team


def test_a_team_is_made_credited_and_shown(omnireel: Commands) -> None:
    made = omnireel("teams", "create", "acme", "--data", "d")
    twice = omnireel("teams", "create", "acme", "--data", "d")
    words = (
        "teams",
        "credit",
        "acme",
        "25.5",
        "--reference",
        "inv-7",
        "--note",
        "first order",
        "--data",
        "d",
    )
    credited, again = omnireel(*words), omnireel(*words)
    taken = omnireel("teams", "credit", "--data", "d", "--", "acme", "-5")
    shown = omnireel("teams", "show", "acme", "--data", "d")
    document = json.loads(omnireel("teams", "show", "acme", "--last", "1", "--data", "d", "--json").out)
    listed = omnireel("teams", "list", "--data", "d", "-q")

    assert (made.code, made.out, twice.code) == (0, "acme\n", 1)
    assert (credited.code, credited.out) == (0, "25.5000\n")
    assert (again.code, again.out) == (2, "")
    assert "inv-7" in again.err
    assert taken.out == "20.5000\n"
    assert shown.out.startswith("acme  20.5000 USD, 0.0000 more reserved\n")
    assert "first order  available +25.5000  funding -25.5000" in shown.out
    assert (document["balance"], document["reserved"]) == ("20.5000", "0.0000")
    assert [movement["entries"] for movement in document["movements"]] == [
        {"available": "-5.0000", "funding": "5.0000"}
    ]
    assert listed.out == "acme\n"


def test_a_team_is_given_a_quota_of_its_own_and_the_servers_again(omnireel: Commands) -> None:
    omnireel("teams", "create", "acme", "--data", "d")
    own = omnireel("teams", "set", "acme", "--uploads", "5000", "--data", "d")
    shown = omnireel("teams", "show", "acme", "--data", "d")
    document = json.loads(omnireel("teams", "show", "acme", "--data", "d", "--json").out)
    back = json.loads(omnireel("teams", "set", "acme", "--uploads", "default", "--data", "d", "--json").out)

    assert own.out == "acme  0.0000 USD, 0.0000 more reserved\n  uploads  0 of 5000 bytes\n"
    assert shown.out == "acme  0.0000 USD, 0.0000 more reserved\n  uploads  0 of 5000 bytes\n"
    assert document["uploads"] == {"used_bytes": 0, "quota_bytes": 5000}
    assert back["uploads"] == {"used_bytes": 0, "quota_bytes": QUOTA}


def test_a_team_may_run_as_many_as_is_set_for_it(omnireel: Commands) -> None:
    omnireel("teams", "create", "acme", "--data", "d")
    few = omnireel("teams", "set", "acme", "--running", "3", "--data", "d")
    listed = json.loads(omnireel("teams", "list", "--data", "d", "--json").out)
    usual = omnireel("teams", "set", "acme", "--running", "default", "--data", "d")

    uploads = f"  uploads  0 of {QUOTA} bytes\n"
    assert (few.code, few.out) == (0, f"acme  0.0000 USD, 0.0000 more reserved, at most 3 running\n{uploads}")
    assert [team["running_limit"] for team in listed] == [3]
    assert (usual.code, usual.out) == (0, f"acme  0.0000 USD, 0.0000 more reserved\n{uploads}")


def test_an_audit_is_1_when_something_does_not_add_up(omnireel: Commands, tmp_path: Path) -> None:
    omnireel("teams", "create", "acme", "--data", "d")
    good = omnireel("teams", "audit", "--data", "d")
    engine = open_database(tmp_path / "d" / "omnireel.db")
    with writing(engine) as connection:
        connection.execute(update(team).values(balance=Decimal(9)))
    engine.dispose()
    bad = omnireel("teams", "audit", "--data", "d")

    assert (good.code, good.out) == (0, "everything adds up\n")
    assert (bad.code, "team 'acme' has a balance of 9.0000" in bad.out) == (1, True)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("show", "nobody"), 1),
        (("credit", "nobody", "5"), 1),
        (("create", "a b"), 2),
        (("credit", "nobody", "much"), 2),
        (("set", "nobody", "--uploads", "5"), 1),
        (("set", "nobody", "--uploads", "much"), 2),
        (("set", "nobody", "--uploads", "9" * 19), 2),
        (("set", "nobody"), 2),
        (("set", "nobody", "--running", "1"), 1),
        (("set", "nobody", "--running", "-1"), 2),
        (("set", "nobody", "--running", "many"), 2),
        (("set", "nobody", "--running", "9999999"), 2),
    ],
)
def test_what_cannot_be_done_is_said(omnireel: Commands, words: tuple[str, ...], code: int) -> None:
    ended = omnireel("teams", *words, "--data", "d")

    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith("error: ")
