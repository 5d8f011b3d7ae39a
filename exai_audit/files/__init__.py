"""Bytes and text on disk, before anybody knows of syntax."""
