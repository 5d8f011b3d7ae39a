"""Keyed stores of results that outlive the call that filled them."""
