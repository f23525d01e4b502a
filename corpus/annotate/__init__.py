"""Facts about one document, as columns beside it: one module per annotator, all with the same names.

    FACTS: tuple[Fact, ...]     the columns it adds, documented with unit and range (`corpus/annotate/fact.py`)
    NEEDS: tuple[str, ...]      annotators whose facts it reads (they come earlier in ANNOTATORS)
    LIBRARIES: tuple[str, ...]  distributions whose version can change the facts (part of the identity)
    annotate(batch: polars.DataFrame, settings) -> polars.DataFrame

`batch` holds the DOCUMENTS columns plus the fact columns of NEEDS. The result has exactly the FACTS columns, one
row per input row in the same order, and does not depend on where batches were cut. An annotator never edits or
removes a document and never reads an id. It computes on the whole batch (Polars expressions, NumPy on code
points), not document by document. `settings` is its table in `corpus/annotate/settings.py`, or None.
Facts go to `corpus/decide.py`, cached by the content of the documents (`corpus/annotate/stage.py`).
"""

from __future__ import annotations

# In order: a later one may need an earlier one. Explicit, so that this page lists every annotator there is.
ANNOTATORS: dict[str, str] = {
    "language": "corpus.annotate.language",
    "repetition": "corpus.annotate.repetition",
    "english": "corpus.annotate.english",
    "chinese": "corpus.annotate.chinese",
    "evidence": "corpus.annotate.evidence",
    "licence": "corpus.annotate.licence",
    "identifiers": "corpus.annotate.identifiers",
    "sketch": "corpus.annotate.sketch",
    "exam_overlap": "corpus.annotate.exam_overlap",
    "learned": "corpus.annotate.learned",
}
# Annotators that can only run when documents are related to each other: their models are learned from groups.
AFTER_RELATE = ("learned",)
# Annotators that are told the items of the recipe's exams.
OF_EXAMS = ("exam_overlap",)
