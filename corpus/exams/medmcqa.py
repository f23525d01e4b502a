"""MedMCQA: entrance exams of Indian medical schools (Pal et al. 2022, PMLR 174, 248-260).

    {"id": "c6f3", "question": "...", "opa": "Iron", "opb": "Zinc", "opc": "Salt", "opd": "Tin", "cop": 2, "exp": null}

`cop`, the right option, counts from 1 in the authors' files (github.com/medmcqa/medmcqa: in half of their dev.json,
2,119 entries, it is 1 to 4, and where an explanation begins with `Ans. C`, as 554 do, the letter is that of `cop`
counted so) and from 0 in the hub release openlifescienceai/medmcqa (declared as a class label a, b, c, d; -1 where
the test split hides it). Which of the two a file is, is deduced and never guessed: only a count from 0 has a 0, only a
count from 1 has a 4. Form `medmcqa` reads the whole file for that, and refuses one that has neither (a handful of
entries) or both; the forms `medmcqa-from-0` and `medmcqa-from-1` say it, and an entry that cannot be is an error.

`choice_type` "multi" does not mean several right answers: there is one `cop`. An entry without `cop`, or with -1, is
counted and gives no item. `exp` is the explanation, null where none.
"""

from __future__ import annotations

from collections.abc import Sequence

from corpus.errors import UserError
from corpus.exams.entry import Entry
from corpus.exams.item import ExamItem

FIELDS = ("opa", "opb", "opc", "opd")
HIDDEN = -1


def item_from_0(entry: Entry) -> ExamItem | None:
    """The item of one entry whose `cop` counts from 0, None when it has no answer. Raises `UserError`."""
    return _item(entry, 0)


def item_from_1(entry: Entry) -> ExamItem | None:
    """The item of one entry whose `cop` counts from 1, None when it has no answer. Raises `UserError`."""
    return _item(entry, 1)


def counted_from(entries: Sequence[Entry], where: str) -> int:
    """Whether `cop` counts from 0 or from 1 in a file. Raises `UserError` when the file does not tell, and for a `cop`
    that cannot be by either count."""
    seen = {_cop(entry) for entry in entries} - {None}
    if outside := sorted(cop for cop in seen if cop is not None and not 0 <= cop <= len(FIELDS)):
        entry = next(one for one in entries if _cop(one) == outside[0])
        entry.fail(f"The right option is {outside[0]}, which none of four can be, counted from 0 or from 1.", "cop")
    if (0 in seen) == (4 in seen) and seen:
        has = "both a 0 and a 4" if 0 in seen else "neither a 0 nor a 4"
        raise UserError(
            f"Field 'cop' has {has} in this file, so that it does not tell whether it counts from 0 or from 1.", where,
            "name the form: medmcqa-from-1 for the authors' files, medmcqa-from-0 for the hub release",
        )  # fmt: skip
    return 0 if 0 in seen else 1


def _cop(entry: Entry) -> int | None:
    value = entry.row.get("cop") if entry.has("cop") else None
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        entry.fail(f"A whole number is expected here and not {value!r}.", "cop")
    return None if value == HIDDEN else value


def _item(entry: Entry, first: int) -> ExamItem | None:
    question = entry.text("question", required=True)
    options = entry.options("+".join(FIELDS), (entry.text(field) for field in FIELDS))
    cop = _cop(entry)
    if cop is None:
        return None
    if not first <= cop < first + len(FIELDS):
        other = f"name the form medmcqa-from-{1 - first} if the file counts so, else correct the entry"
        entry.fail(f"The right option is {cop}, which cannot be where the first is {first}.", "cop", other)
    return entry.item("medmcqa", "en", question, options, (cop - first,), key=entry.text("id"),
                      explanation=entry.text("exp"), subject=entry.text("subject_name"))  # fmt: skip
