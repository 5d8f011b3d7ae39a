"""``exai-audit lsp``: the audit in editors, by the Language Server Protocol."""
