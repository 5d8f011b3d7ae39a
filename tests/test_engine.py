"""Module names, and one verdict for each place."""

from __future__ import annotations

import pytest

from exai_audit.audit.engine import dotted_name


@pytest.mark.parametrize(
    ("path", "packages", "name"),
    [
        ("a.py", (), "a"),
        ("src/shop/cart.py", ("src/shop",), "shop.cart"),
        ("src/shop/cart.py", (), "shop.cart"),
        ("shop/__init__.py", ("shop",), "shop"),
        ("shop/sub/x.py", ("shop", "shop/sub"), "shop.sub.x"),
        ("lib/python3.11/json/tool.py", ("lib/python3.11/json",), "json.tool"),
        ("lib/python3.11/this.py", (), "this"),
        ("my-project/app/x.py", (), "app.x"),
    ],
)
def test_module_names_begin_at_the_topmost_package(
    path: str, packages: tuple[str, ...], name: str
) -> None:
    assert dotted_name(path, packages) == name
