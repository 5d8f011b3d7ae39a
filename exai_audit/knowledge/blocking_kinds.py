"""What the blocking calls of each library wait for, where a row does not say it itself."""

from __future__ import annotations

from exai_audit.facts.concurrency import BlockingKind
from exai_audit.knowledge.calls import Call

_BY_ROOT = {
    BlockingKind.SLEEP: ("time", "psutil"),
    BlockingKind.PROCESS: (
        "subprocess", "os", "signal", "psutil.Process.wait", "psutil.wait_procs", "ffmpeg",
    ),
    BlockingKind.DNS: (
        "socket.getaddrinfo", "socket.getnameinfo", "socket.gethostbyname",
        "socket.gethostbyname_ex", "socket.gethostbyaddr", "socket.getfqdn", "dns",
    ),
    BlockingKind.DATABASE: (
        "sqlite3", "sqlalchemy", "psycopg", "psycopg2", "pymysql", "MySQLdb", "mysql", "pymongo",
        "redis", "pymemcache", "peewee", "elasticsearch", "influxdb", "influxdb_client", "sqlmodel",
        "qdrant_client", "chromadb", "neo4j", "clickhouse_connect", "clickhouse_driver", "duckdb",
        "snowflake", "pyodbc", "cassandra", "pandas", "opensearchpy", "meilisearch",
    ),
    BlockingKind.INPUT: ("builtins.input", "getpass"),
    BlockingKind.IN_PROCESS: (
        "threading", "queue", "concurrent", "multiprocessing", "select", "selectors", "celery",
    ),
    BlockingKind.WORK: (
        "hashlib", "cryptography", "bcrypt", "argon2", "passlib", "Crypto", "werkzeug.security",
        "django.contrib.auth.hashers", "markitdown", "nbconvert", "pypandoc", "weasyprint",
        "pdfkit", "pytesseract", "pdf2image", "PIL", "pypdf", "pdfplumber", "pymupdf",
        "pymupdf4llm", "pdfminer", "sentence_transformers", "whisper", "faster_whisper", "pydub",
    ),
}  # fmt: skip
_KINDS = {name: kind for kind, names in _BY_ROOT.items() for name in names}


def kind_of(row: Call) -> BlockingKind:
    """Return what a blocking call waits for; another machine where nothing else is known."""
    if row.blocking is not None and row.blocking.file_system:
        return BlockingKind.FILE_SYSTEM
    if row.blocking is not None and row.blocking.kind is not None:
        return row.blocking.kind
    parts = row.name.split(".")
    names = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
    return next((_KINDS[name] for name in names if name in _KINDS), BlockingKind.NETWORK)
