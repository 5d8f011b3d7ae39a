"""The audit itself: discover, collect, judge, suppress, weigh, assemble."""
