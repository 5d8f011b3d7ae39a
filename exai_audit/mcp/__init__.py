"""``exai-audit mcp``: the audit as tools of the Model Context Protocol."""
