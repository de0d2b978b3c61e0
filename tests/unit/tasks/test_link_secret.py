from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from omnireel.tasks.database import open_database
from omnireel.tasks.link_secret import shared_link_secret


def test_all_who_share_a_database_sign_links_alike(database_place: str) -> None:
    engines = [open_database(database_place) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        secrets = set(pool.map(shared_link_secret, engines))
    for engine in engines:
        engine.dispose()
    assert len(secrets) == 1
    assert len(secrets.pop()) == 32
