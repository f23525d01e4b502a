"""PubMedQA: is the answer to a paper's question yes, no or maybe, by its abstract (Jin et al. 2019, arXiv 1909.06146)?

Form `pubmedqa`. The authors' files (github.com/pubmedqa/pubmedqa, ori_pqal.json and its splits) are one JSON object
that maps the PMID to an entry; the hub release qiaojin/PubMedQA (Parquet) has other names for the same:

    {"10808977": {"QUESTION": "...?", "CONTEXTS": ["...", "..."], "LABELS": ["METHODS", "RESULTS"], "MESHES": [],
                  "LONG_ANSWER": "...", "final_decision": "yes"}}
    pubid, question, context {contexts, labels, meshes}, long_answer, final_decision

The context is the paragraphs of the abstract without its conclusion, one a line; the conclusion is the explanation;
the options are yes, no and maybe. Entries without a decision (PQA-U) are counted and give no item.

ori_pqal.json and the hub's release hold all 1,000 questions, test or not, whatever their names say: which of them are
the test is known by their PMIDs (`corpus/exams/pqal.py`). The others are `train`, or `validation` if that is asked for.
"""

from __future__ import annotations

from corpus.exams.entry import Entry
from corpus.exams.item import ExamItem
from corpus.exams.pqal import OTHERS, TEST
from corpus.exams.splits import meant

OPTIONS = ("yes", "no", "maybe")


def split_of(row: dict[str, object], told: str) -> str:
    """The split of an entry of PQA-L, and "" of any other. `told`: by the file's name or the user."""
    pmid = str(row.get("pubid") or row.get("key") or "")
    if pmid in TEST:
        return "test"
    if pmid not in OTHERS:
        return ""
    return "validation" if meant(told, dev_is_validation=True) == "validation" else "train"


def item(entry: Entry) -> ExamItem | None:
    """The item of one entry, None when it has no decision. Raises `UserError`."""
    hub = "pubid" in entry.row
    question = entry.text("question" if hub else "QUESTION", required=True)
    pmid = entry.text("pubid" if hub else "key", required=True)
    context = _context(entry, "context" if hub else "CONTEXTS")
    decision = entry.text("final_decision")
    if not decision:
        return None
    if decision not in OPTIONS:
        entry.fail(f"The decision is {decision!r} and should be yes, no or maybe.", "final_decision")
    return entry.item("pubmedqa", "en", question, OPTIONS, (OPTIONS.index(decision),), key=pmid, source_id=pmid,
                      context=context, explanation=entry.text("long_answer" if hub else "LONG_ANSWER"))  # fmt: skip


def _context(entry: Entry, field: str) -> str:
    value = entry.row.get(field)
    paragraphs = value.get("contexts") if isinstance(value, dict) else value
    if not isinstance(paragraphs, list) or not all(isinstance(one, str) for one in paragraphs):
        entry.fail("The paragraphs of the abstract are expected here, as a list of texts.", field)
    return "\n".join(one.strip() for one in paragraphs if one.strip())
