"""What fixes do to the test suites of real packages."""
