"""Methods of clients that block on whatever object, told by their own names and the object's.

An asynchronous client has the same methods, but nothing happens there until they are awaited: a
call that is not awaited in a coroutine is one of the synchronous client, or a mistake.
"""

from __future__ import annotations

from msgspec import Struct

from exai_audit.facts.concurrency import BlockingKind

_TO_THREAD = "await asyncio.to_thread(...), or an asynchronous client"
_DRIVER = "await asyncio.to_thread(...), or an asynchronous driver"


class HeldClient(Struct, frozen=True):
    """Methods, on objects whose names have one of the words ``held`` (of any name without).

    ``imported`` are the beginnings of libraries, one of which the file must import, if any.
    ``lazy`` tells that the asynchronous client starts its work without being awaited.
    """

    methods: frozenset[str]
    kind: BlockingKind
    instead: str = _TO_THREAD
    held: frozenset[str] = frozenset()
    imported: tuple[str, ...] = ()
    lazy: bool = False


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


HELD_CLIENTS = (
    HeldClient(
        _words("execute executemany executescript callproc"),
        BlockingKind.DATABASE,
        _DRIVER,
        held=_words("cursor cur crsr"),
    ),
    HeldClient(
        _words("execute scalar scalars commit"),
        BlockingKind.DATABASE,
        _DRIVER,
        held=_words("session db conn connection database"),
    ),
    HeldClient(
        _words(
            "get set setex setnx mget mset delete exists expire ttl incr decr incrby hget hset"
            " hgetall hdel lpush rpush lpop rpop llen lrange blpop brpop sadd srem smembers"
            " sismember zadd zrem zrange publish ping keys xadd xread"
        ),
        BlockingKind.DATABASE,
        "await the same of a redis.asyncio.Redis",
        held=_words("redis"),
    ),
    HeldClient(
        _words(
            "find_one insert_one insert_many update_one update_many delete_one delete_many"
            " replace_one count_documents find_one_and_update find_one_and_delete bulk_write"
        ),
        BlockingKind.DATABASE,
        _DRIVER,
        lazy=True,
    ),
    HeldClient(
        _words("create"),
        BlockingKind.NETWORK,
        held=_words("completions embeddings transcriptions moderations verifications"),
    ),
    HeldClient(_words("generate edit"), BlockingKind.NETWORK, held=_words("images")),
    HeldClient(
        _words("load load_and_split"),
        BlockingKind.WORK,
        "await loader.aload(...)",
        held=_words("loader"),
        imported=("langchain",),
    ),
    HeldClient(
        _words("invoke batch"),
        BlockingKind.NETWORK,
        "await ainvoke(...)",
        held=_words("llm chain agent model retriever runnable graph tool"),
        imported=("langchain", "langgraph"),
    ),
    HeldClient(
        _words(
            "similarity_search similarity_search_with_score max_marginal_relevance_search"
            " get_relevant_documents embed_query embed_documents"
        ),
        BlockingKind.NETWORK,
        "await its coroutine twin, whose name begins with a",
    ),
    HeldClient(
        _words(
            "put_object get_object head_object list_objects_v2 delete_objects upload_fileobj"
            " download_fileobj invoke_model converse get_secret_value"
        ),
        BlockingKind.NETWORK,
        imported=("boto3", "botocore", "minio"),
    ),
    HeldClient(_words("from_notebook_node"), BlockingKind.WORK, "await asyncio.to_thread(...)"),
    HeldClient(_words("sendmail"), BlockingKind.NETWORK, "await aiosmtplib.send(...)"),
    HeldClient(
        _words("find_element find_elements execute_script"),
        BlockingKind.NETWORK,
        imported=("selenium", "undetected_chromedriver"),
    ),
    HeldClient(
        _words("encode"),
        BlockingKind.WORK,
        "await asyncio.to_thread(...)",
        held=_words("model embedder encoder"),
        imported=("sentence_transformers",),
    ),
    HeldClient(
        _words("transcribe"),
        BlockingKind.WORK,
        "await asyncio.to_thread(...)",
        held=_words("model whisper"),
        imported=("whisper", "faster_whisper"),
    ),
)
METHODS = frozenset(method for client in HELD_CLIENTS for method in client.methods)
