"""Scores that others have published, with how they were measured: reference points, which nobody ran here.

Read by `eval/compare/sizes.py` for the picture of accuracy against parameters (after Kerner 2024, arXiv 2407.14076). A
table and nothing else. Every row says where it stands. Parameters are those of the model's name or of the same table; a
model whose size its source does not tell has none, and is drawn as a level. What differs between rows besides size
(prompt, examples, version of the exam, scorer) is why they are reference points and not comparisons.

    fine-tuned    on the exam's own training part, or by a choice head; the likeliest answer
    few-shot      prompted with examples
    zero-shot     prompted without
    prompted      not fine-tuned on the exam; how many examples is not told where the figure stands
    not told      neither
"""

from __future__ import annotations

from typing import NamedTuple

MEDQA, MEDMCQA, PUBMEDQA, MMLU, CMEXAM = "medqa-us", "medmcqa", "pubmedqa", "mmlu-medical", "cmexam"
# By the names of `corpus/exams/read.py`, but for MMLU, of which the medical subjects are meant.
EXAMS = {MEDQA: "MedQA, US", MEDMCQA: "MedMCQA", PUBMEDQA: "PubMedQA", MMLU: "MMLU, medical subjects",
         CMEXAM: "CMExam"}  # fmt: skip
FINE_TUNED, FEW_SHOT, ZERO_SHOT, PROMPTED, NOT_TOLD = "fine-tuned", "few-shot", "zero-shot", "prompted", "not told"
MEASURED = (FINE_TUNED, FEW_SHOT, ZERO_SHOT, PROMPTED, NOT_TOLD)

B = 1e9
KERNER = "arXiv 2407.14076, and the abstract of the BioMedLM paper"
CARD = "model card of BioMedLM"
MEDITRON_FEW = "Meditron paper (epfLLM/meditron, paper/), table 4: three seeds of examples"
MEDITRON_TUNED = "Meditron paper (epfLLM/meditron, paper/), table 5: top token"
APOLLO = "FreedomIntelligence/Apollo, assets/result.png, table 3"
BIOMISTRAL = "README of BioMistral: three seeds"
HARNESS = "EleutherAI/lm-evaluation-harness, pull request 1198"
CMEXAM_TABLE = "williamliujl/CMExam, docs/overall_comparison.jpg"
QILIN = "Qilin-Med, arXiv 2310.09089, abstract"


class Published(NamedTuple):
    """A score in per cent. `exam`: of EXAMS; `benchmark`: what its source calls it; `parameters`: None where they are
    not told; `spread`: what stands behind its ±, of seeds or items, None where there is none; `measured`: of
    MEASURED."""

    exam: str
    benchmark: str
    model: str
    parameters: float | None
    value: float
    spread: float | None
    measured: str
    source: str


Columns = tuple[tuple[str, str], ...]  # exam, and what the table calls it
OF_MEDITRON: Columns = ((MMLU, "MMLU-Medical"), (PUBMEDQA, "PubMedQA"), (MEDMCQA, "MedMCQA"), (MEDQA, "MedQA-4"))
OF_APOLLO: Columns = ((MEDQA, "USMLE"), (MEDMCQA, "MedMCQA"), (MMLU, "MMLU-med"))
OF_BIOMISTRAL: Columns = ((MEDQA, "MedQA"), (PUBMEDQA, "PubMedQA"), (MEDMCQA, "MedMCQA"))
Value = float | tuple[float, float]  # with its spread


def _rows(columns: Columns, measured: str, source: str, told: tuple[tuple[str, float | None, tuple[Value, ...]], ...]
          ) -> tuple[Published, ...]:  # fmt: skip
    """A table of a paper: a model, its billions of parameters, and its scores in the order of the columns."""
    return tuple(
        Published(exam, benchmark, model, None if size is None else size * B, *_spread(value), measured, source)
        for model, size, values in told
        for (exam, benchmark), value in zip(columns, values, strict=True)
    )


def _spread(value: Value) -> tuple[float, float | None]:
    return value if isinstance(value, tuple) else (value, None)


PUBLISHED: tuple[Published, ...] = (
    Published(MEDMCQA, "MedMCQA, dev", "BioMedLM", 2.7 * B, 57.3, None, FINE_TUNED, KERNER),
    Published(PUBMEDQA, "PubMedQA", "BioMedLM", 2.7 * B, 74.4, None, FINE_TUNED, "arXiv 2407.14076"),
    Published(MEDQA, "MedQA", "BioMedLM", 2.7 * B, 50.3, None, FINE_TUNED, CARD),
    Published(MEDMCQA, "medmcqa", "Llama-2-7B", 7 * B, 34.38, 0.73, ZERO_SHOT, HARNESS),
    Published(MEDQA, "medqa_4options", "Llama-2-7B", 7 * B, 31.97, 1.31, ZERO_SHOT, HARNESS),
    *_rows(OF_MEDITRON, FEW_SHOT, MEDITRON_FEW, (
        ("Llama-2-7B", 7, ((41.4, 0.24), (49.1, 51.1), (37.9, 1.16), (35.4, 4.27))),
        ("PMC-Llama-7B", 7, (26.2, (57.0, 20.6), (27.4, 5.9), 27.8)),
        ("Meditron-7B", 7, ((42.3, 2.4), (69.3, 15.1), (36.3, 1.4), (37.4, 3.3))),
        ("Llama-2-70B", 70, (71.3, (72.8, 7.3), 52.4, 58.4)),
        ("Meditron-70B", 70, (71.5, 79.8, 53.3, 59.8)),
    )),
    *_rows(OF_MEDITRON, FINE_TUNED, MEDITRON_TUNED, (
        ("PMC-Llama-7B", 7, (59.7, 59.2, 57.6, 49.2)),
        ("Llama-2-7B", 7, (56.3, 61.8, 54.4, 49.6)),
        ("Meditron-7B", 7, (55.6, 74.4, 59.2, 52.0)),
        ("Llama-2-70B", 70, (74.7, 78.0, 62.7, 61.3)),
        ("Meditron-70B", 70, (73.6, 80.0, 65.1, 65.4)),
    )),
    *_rows(OF_APOLLO, NOT_TOLD, APOLLO, (
        ("GPT-4", None, (79.10, 70.40, 86.00)),
        ("GPT-3.5", None, (61.98, 56.51, 72.94)),
        ("Qwen-7B", 7, (32.36, 39.52, 53.22)),
        ("Llama-2-7B", 7, (32.13, 36.58, 40.14)),
        ("Meditron-7B", 7, (33.78, 34.54, 36.18)),
        ("PMC-Llama-7B", 7, (20.11, 23.12, 19.72)),
        ("BioMistral-7B", 7, (41.79, 42.05, 54.46)),
        ("Huatuo2-7B", 7, (37.86, 36.58, 42.49)),
        ("Apollo-0.5B", 0.5, (32.99, 37.82, 45.87)),
        ("Apollo-1.8B", 1.8, (42.18, 44.99, 49.12)),
        ("Apollo-2B", 2, (38.33, 42.00, 52.89)),
        ("Apollo-6B", 6, (56.25, 57.53, 68.65)),
        ("Apollo-7B", 7, (56.00, 58.21, 71.86)),
        ("Apollo-34B", 34, (71.96, 69.97, 82.64)),
        ("Apollo-72B", 72, (72.35, 68.18, 82.10)),
    )),
    *_rows(OF_BIOMISTRAL, FINE_TUNED, BIOMISTRAL, (
        ("BioMistral-7B", 7, (50.6, 77.5, 48.1)),
        ("BioMistral-7B-DARE", 7, (51.1, 77.7, 48.7)),
    )),
    *_rows(((CMEXAM, "CMExam"),), PROMPTED, CMEXAM_TABLE, (
        ("GPT-3.5-turbo", 175, ((46.4, 0.6),)),
        ("GPT-4", None, ((61.6, 0.1),)),
        ("ChatGLM-6B", 6, (26.3,)),
        ("LLaMA-7B", 7, (0.4,)),
        ("Vicuna-7B", 7, (5.0,)),
        ("Alpaca-7B", 7, (8.5,)),
        ("Huatuo-7B", 7, (12.9,)),
        ("MedAlpaca-7B", 7, (20.0,)),
    )),
    *_rows(((CMEXAM, "CMExam"),), FINE_TUNED, CMEXAM_TABLE, (
        ("BERT-CMExam", 0.1, ((31.8, 0.2),)),
        ("RoBERTa-CMExam", 0.3, ((37.1, 0.2),)),
        ("MedAlpaca-CMExam", 7, ((30.5, 0.1),)),
        ("Huatuo-CMExam", 7, ((28.6, 0.5),)),
        ("ChatGLM-CMExam", 6, ((45.3, 1.4),)),
        ("LLaMA-CMExam", 7, ((18.3, 0.5),)),
        ("Alpaca-CMExam", 7, ((21.1, 0.6),)),
        ("Vicuna-CMExam", 7, ((27.3, 0.5),)),
    )),
    Published(CMEXAM, "CMExam", "people", None, 71.6, None, NOT_TOLD, CMEXAM_TABLE),
    *_rows(((CMEXAM, "CMExam"),), NOT_TOLD, QILIN, (
        ("Baichuan-7B", 7, (33.5,)),
        ("Qilin-Med-7B, pretrained on", 7, (38.4,)),
        ("Qilin-Med-7B, then fine-tuned", 7, (40.0,)),
    )),
)  # fmt: skip


def of_exam(exam: str) -> list[Published]:
    """The published scores on an exam, the largest models first."""
    found = [one for one in PUBLISHED if one.exam == exam]
    return sorted(found, key=lambda one: (-(one.parameters or 0), -one.value))
