"""A project's report on a local page that follows the work: served to this machine alone."""
