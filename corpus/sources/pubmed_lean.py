"""What can be left out of a PubMed entry before it is parsed, and the one list that is faster read without a parser.

Called by `corpus/sources/pubmed.py` with the bytes of a plain entry (no comments, CDATA or instructions, where `<` is
always markup); the shorter bytes go to lxml. Authors, grants, keywords, references and the history of a record are
half of a file and nothing here reads them. Every rule falls back on the parser: what does not look exactly as
NLM writes it stays in, so the result is the same and only slower. Measured in `benchmarks/pubmed_parse.py`.
"""

from __future__ import annotations

import re

# In the order of the DTD, each with how far behind the one before it is looked for: a search that fails must stay
# cheaper than the parsing it would have saved.
_BEFORE_MESH = (
    (b"DateCompleted", 300), (b"DateRevised", 100), (b"AuthorList", 1 << 20), (b"GrantList", 1500),
    (b"MedlineJournalInfo", 2000), (b"ChemicalList", 200),
)  # fmt: skip
_BEHIND_MESH = ((b"KeywordList", 3000), (b"History", 1 << 20))
_MESH, _MESH_END = b"<MeshHeadingList>", b"</MeshHeadingList>"
_MESH_REACH = 4000
_DESCRIPTOR = re.compile(rb'<DescriptorName UI="([A-Z]\d{1,12})"')


def lean(data: bytes) -> tuple[bytes, list[str] | None]:
    """The entry without what is not read, and the UIs of its MeSH descriptors; None where the parser must read them."""
    kept: list[bytes] = []
    position = 0
    for name, reach in _BEFORE_MESH:
        position = _leave_out(data, name, position, reach, kept)
    mesh = None
    start = data.find(_MESH, position, position + _MESH_REACH)
    end = data.find(_MESH_END, start) if start >= 0 else -1
    if end >= 0:
        mesh = _descriptors(data[start:end])
        if mesh is not None:
            kept.append(data[position:start])
            position = end + len(_MESH_END)
    for name, reach in _BEHIND_MESH:
        position = _leave_out(data, name, position, reach, kept)
    start = data.find(b"<ReferenceList", position, position + 2000)
    end = data.rfind(b"</ReferenceList>", start) if start >= 0 else -1  # lists in lists, and the last part of an entry
    if end >= 0:
        kept.append(data[position:start])
        position = end + len(b"</ReferenceList>")
    kept.append(data[position:])
    return b"".join(kept), mesh


def _leave_out(data: bytes, name: bytes, position: int, reach: int, kept: list[bytes]) -> int:
    """Keep what stands before the next element of this name; returns where to go on, behind it."""
    start = data.find(b"<" + name, position, position + reach)
    end = data.find(b"</" + name + b">", start) if start >= 0 else -1
    if end < 0:
        return position
    kept.append(data[position:start])
    return end + len(name) + 3


def _descriptors(heading_list: bytes) -> list[str] | None:
    """The UI of every descriptor, or None when one of them is written otherwise (before 2013 they had none)."""
    found = _DESCRIPTOR.findall(heading_list)
    if len(found) != heading_list.count(b"<DescriptorName"):
        return None
    return [identifier.decode("ascii") for identifier in found]
