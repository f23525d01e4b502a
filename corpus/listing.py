"""Which files a `[[source]]` of the recipe means: from `path` to a sorted list of `InputFile`.

Called by the build before any work starts, so that a path that leads nowhere stops it at once. A path is a file, a
folder (all below it with the suffixes of its kind), a glob (`**` for any depth), or the url of a remote store:

    path = "books"                     path = "pubmed/*.xml.gz"           path = ["a.jsonl", "more/**/*.jsonl"]
    path = "s3://bucket/pmc/*.xml"     path = "hf://datasets/owner/name"  path = "hf:owner/name"   (the same)
    path = "$DATA/pubmed"              (an environment variable, so that a recipe can travel)

Names are relative to the deepest folder that a path fixes, so that ids do not depend on the machine. The files go to
`corpus/ingest.py`, after `identify` (corpus/identity.py) has given the local ones the hash of their content.
"""

from __future__ import annotations

import difflib
import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from corpus.errors import UserError
from corpus.files import InputFile
from corpus.identity import identify as identify  # one door for the build: find, then identify
from corpus.sources.settings import Settings
from corpus.walk import Found, leftover, portable, unreadable, walk

_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")
_MAGIC = re.compile(r"[*?\[]")
# What a dataset repository holds beside data; a reader of .json or .md would take it for documents.
_HUB_FILES = frozenset({"dataset_infos.json", "dataset_dict.json", "state.json", "README.md"})
# Where fsspec's file systems put a tag of the content in what they list, the surest first.
_TAGS = ("lfs", "blob_id", "ETag", "etag", "md5Hash", "crc32c", "content_hash", "content_md5", "checksum", "sha256")


def list_files(settings: Settings, base: str, suffixes: tuple[str, ...]) -> list[InputFile]:
    """The files of a source, as `survey` finds them."""
    return survey(settings, base, suffixes)[0]


def survey(settings: Settings, base: str, suffixes: tuple[str, ...]) -> tuple[list[InputFile], Counter[str]]:
    """The files of a source, each once, sorted by name; remote ones with an identity, local ones still without. And
    how many files were passed over in its folders, by suffix or reason, so that none is left out unnamed.

    Parameters: `base` is the recipe's folder; `suffixes` are lower case, a file may add `.gz` to them. They choose
    among the files of a folder; a file named outright or by a glob such as `*.dat` is taken whatever its suffix.
    Raises `UserError`: nothing there, nothing of this kind there, not readable, two files of one name.
    """
    paths = (settings.path,) if isinstance(settings.path, str) else settings.path
    by_url: dict[str, InputFile] = {}
    others = Counter[str]()
    for path in paths:
        where = f'path = "{path}" in [[source]] "{settings.name}"'
        for file in _files(expanded(path, where), base, suffixes, where, others):
            # A file found twice keeps its longer name, whatever the order of the paths.
            if file.url not in by_url or len(file.name) > len(by_url[file.url].name):
                by_url[file.url] = file
    return _unambiguous(by_url.values(), settings.name), others


def expanded(path: str, where: str) -> str:
    """The path with `$NAME` and `${NAME}` replaced from the environment; an unset one is a mistake and not a name."""
    unset = [name for name in _VARIABLE.findall(path) if name not in os.environ]
    if unset:
        raise UserError(f"The environment variable {unset[0]} is not set.", where, f"export {unset[0]}=/the/folder")
    return os.path.expandvars(path)


def _unambiguous(files: Iterable[InputFile], source: str) -> list[InputFile]:
    """Sorted by name, unless two files bear the same: their ids would depend on which came first."""
    ordered = sorted(files, key=lambda file: (file.name, file.url))
    for one, two in pairwise(ordered):
        if one.name == two.name:
            raise UserError(
                f'Two files of the source "{source}" are both named {one.name!r}, so their documents would share ids.',
                f"{one.url} and {two.url}",
                "give each folder a [[source]] of its own, or set path to the folder above both",
            )
    return ordered


def _files(path: str, base: str, suffixes: tuple[str, ...], where: str, others: Counter[str]) -> list[InputFile]:
    if path.startswith("hf:") and not path.startswith("hf://"):
        path = f"hf://datasets/{path.removeprefix('hf:')}"
    if "://" in path and not path.startswith("file://"):
        return _remote(path, suffixes, where, others)
    local = os.path.normpath(os.path.join(base or ".", os.path.expanduser(path.removeprefix("file://"))))
    return [
        InputFile(os.path.abspath(found.path), found.name, found.size, "")
        for found in _local(local, suffixes, where, others)
    ]


def offered(name: str, suffixes: tuple[str, ...]) -> bool:
    """Has this name one of the suffixes, perhaps with `.gz` behind it?"""
    return name.lower().removesuffix(".gz").endswith(suffixes)


def _local(path: str, suffixes: tuple[str, ...], where: str, others: Counter[str]) -> list[Found]:
    if os.path.lexists(path):  # before globbing: "notes[1].txt" may be a file's real name
        return _existing(path, suffixes, where, others)
    if not _MAGIC.search(path):
        raise _missing(path, where)
    root, pattern = _split(path)
    if not os.path.isdir(root):
        raise _missing(root, where)
    matches = _matcher(pattern, where)
    bare = pattern.rpartition("/")[2] in ("*", "**")  # says nothing of the kind of file, so the suffixes do
    depth = 1_000 if "**" in pattern else pattern.count("/") + 1
    result = walk(root, lambda name: matches(name) and (not bare or offered(name, suffixes)), depth)
    if not result.found:  # perhaps it names folders: then it means all that is in them
        result = walk(root, lambda name: offered(name, suffixes) and any(map(matches, _parents(name))))
    if not result.found:
        raise _nothing(root, suffixes, result.others, where, f"no file matches {pattern!r}")
    if bare:  # else the pattern says which files are meant, and the others are not
        others.update(result.others)
    return result.found


def _existing(path: str, suffixes: tuple[str, ...], where: str, others: Counter[str]) -> list[Found]:
    """A file or folder that stands where the recipe says."""
    try:
        status = os.stat(path)
    except OSError as error:
        raise unreadable(path, error) from None
    if stat.S_ISDIR(status.st_mode):
        result = walk(path, lambda name: offered(name, suffixes))
        if not result.found:
            raise _nothing(path, suffixes, result.others, where, "the folder holds no file of this kind")
        others.update(result.others)
        return result.found
    if not stat.S_ISREG(status.st_mode):
        raise UserError("This is neither a file nor a folder.", f"{path}, from {where}")
    if not os.access(path, os.R_OK):
        raise unreadable(path, PermissionError())
    return [Found(path, portable(os.path.basename(path)), status.st_size)]


def _split(path: str) -> tuple[str, str]:
    """The deepest folder without wildcards, and the pattern below it."""
    parts = path.split("/")
    fixed = next(number for number, part in enumerate(parts) if _MAGIC.search(part))
    return "/".join(parts[:fixed]) or ("/" if path.startswith("/") else "."), "/".join(parts[fixed:])


def _matcher(pattern: str, where: str) -> Callable[[str], bool]:
    from fsspec.utils import glob_translate

    try:
        matches = re.compile(glob_translate(portable(pattern))).match
    except (ValueError, re.error) as error:
        raise UserError(f"This is no pattern: {error}.", where, "** stands for folders and must stand alone") from None
    return lambda name: matches(name) is not None


def _parents(name: str) -> Iterable[str]:
    parts = name.split("/")
    return ("/".join(parts[:length]) for length in range(1, len(parts)))


def _missing(path: str, where: str) -> UserError:
    """Names what stands beside the first missing part of the path, when it looks like a slip."""
    folder, name = os.path.split(path)
    while folder and not os.path.lexists(folder):
        folder, name = os.path.split(folder)
    siblings = sorted(os.listdir(folder)) if os.path.isdir(folder) and os.access(folder, os.R_OK | os.X_OK) else []
    close = difflib.get_close_matches(name, siblings, n=1)
    mend = f"did you mean {close[0]!r}?" if close else "correct the path; it is relative to the recipe's folder"
    return UserError("There is no such file or folder.", f"{portable(path)}, from {where}", mend)


def _nothing(root: str, suffixes: tuple[str, ...], others: Counter[str], where: str, what: str) -> UserError:
    held = ", ".join(f"{count:,} {suffix}" for suffix, count in sorted(others.items(), key=lambda it: (-it[1], it[0])))
    return UserError(
        f"There is nothing to read: {what}.",
        f"{portable(root)}, from {where}",
        f"this kind of source reads {', '.join(suffixes)} (also with .gz); what is there: {held or 'nothing'}",
    )


def _remote(path: str, suffixes: tuple[str, ...], where: str, passed: Counter[str]) -> list[InputFile]:
    """Files of a store that fsspec knows, with the tag the store keeps of each content as identity."""
    from fsspec.core import url_to_fs

    try:
        fs, root = url_to_fs(path)
        if _MAGIC.search(root):
            listed, root = fs.glob(root, detail=True), _split(root)[0]
            bare = path.endswith("*")
        else:
            info = fs.info(root)
            bare = info["type"] == "directory"
            listed, root = (fs.find(root, detail=True), root) if bare else ({root: info}, root.rpartition("/")[0])
    except ImportError as error:
        raise UserError(f"Reading this url needs a package that is not installed: {error}.", where) from None
    except Exception as error:  # each store has its own exceptions, and they are all the user's to mend
        mend = "check the spelling, the network and the credentials of this store"
        raise UserError(f"The store does not answer: {type(error).__name__}: {error}", where, mend) from None
    files = [info | {"name": name} for name, info in listed.items() if info["type"] == "file"]
    kept, others = _choose(files, root, suffixes if bare else (), path.startswith("hf://"))
    if not kept:
        raise _nothing(path, suffixes, others, where, "no file of this kind is listed there")
    passed.update(others)
    return [
        InputFile(fs.unstrip_protocol(info["name"]), name, info.get("size") or 0, _tag(info)) for name, info in kept
    ]


def _choose(
    files: list[dict[str, Any]], root: str, suffixes: tuple[str, ...], hub: bool
) -> tuple[list[tuple[str, dict[str, Any]]], Counter[str]]:
    """The listed files with the suffixes (all, if there are none), by name; and a count of the other suffixes."""
    kept, others = [], Counter[str]()
    for info in files:
        name = portable(info["name"].removeprefix(root).lstrip("/"))
        if any(map(leftover, name.split("/"))) or (hub and name in _HUB_FILES):
            others["hidden or left over"] += 1
            continue
        if suffixes and not offered(name, suffixes):
            others[os.path.splitext(name)[1].lower() or "no suffix"] += 1
        else:
            kept.append((name, info))
    return kept, others


def _tag(info: dict[str, Any]) -> str:
    """The store's own tag of the content ("ETag:..."), or "" when it keeps none and the content must be hashed."""
    for key in _TAGS:
        value = info.get(key)
        if key == "lfs" and value:
            value = value["sha256"] if isinstance(value, dict) else getattr(value, "sha256", "")
        if value:
            text = value.hex() if isinstance(value, bytes | bytearray) else str(value).strip('"')
            return f"{key}:{text}"
    return ""
