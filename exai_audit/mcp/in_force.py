"""The settings in force, as a resource."""

from __future__ import annotations

from exai_audit.config import table_for
from exai_audit.config.origins import Origins, rules_at, settings_at
from exai_audit.mcp.document import NOTICE, Document
from exai_audit.report.members import json_value
from exai_audit.session.open_project import Request, State


def settings_page(state: State, request: Request) -> Document:
    """Return the settings in force at the root, where they are from, and which rules are off."""
    table, file = table_for(request.paths, request.config, request.isolated)
    origins = Origins("" if file is None else file.name, table, ())
    settings = settings_at("", state.run.settings, origins)
    return {
        "notice": NOTICE,
        "file": None if file is None else state.run.shown(file),
        "audited": [state.run.shown(path) for path in request.paths],
        "settings": {one.key: json_value(one.value) for one in settings},
        "given": {one.key: one.origin for one in settings if one.origin != "default"},
        "rules_off": [
            f"{one.code} {one.name}: {one.reason}"
            for one in rules_at("", state.run.settings)
            if not one.counts
        ],
        "folders_with_their_own": [folder for folder, _ in state.run.settings.parts],
    }
