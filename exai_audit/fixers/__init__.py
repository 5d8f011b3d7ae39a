"""The fixers, one file for each rule that has one; `exai_audit.fixing.fixer` finds them."""
