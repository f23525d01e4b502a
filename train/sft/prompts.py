"""Prompts: an exam item as a question put to a model and the parts of what it is to say.

Comes from `corpus/exams/item.py`; goes to `train/sft/conversation.py`, and through `eval/generate/prompts.py` to a
model that is to answer. The question is worded the same whether the answer is to be explained or not, so that the two
arms of that comparison differ in what is learned and in nothing else.

Templates: `zh` and `en` are this project's; `cmexam` is the wording with which CMExam's authors fine-tuned
(williamliujl/CMExam, src/preprocess/prompt_templates.py, numbers 1, 2 and 4), for comparison with their scores.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from corpus.errors import UserError
from corpus.exams.item import LETTERS, ExamItem
from train.sft.conversation import Conversation, Message, Part

TemplateName = Literal["auto", "zh", "en", "cmexam"]
AnswerForm = Literal["letters", "letters-and-texts"]
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


class Template(NamedTuple):
    """The wording. `context` is left out where an item has none; `joined` stands between answer and explanation."""

    context: str
    question: str
    option: str
    answer: str
    reasoning: str
    joined: str


TEMPLATES: dict[str, Template] = {
    "zh": Template("资料：{context}\n", "问题：{question}\n选项：\n{options}", "{letter}. {text}", "答案：{answer}",
                   "解释：{explanation}", "\n"),
    "en": Template("Context: {context}\n", "Question: {question}\nOptions:\n{options}", "{letter}. {text}",
                   "Answer: {answer}", "Explanation: {explanation}", "\n"),
    "cmexam": Template("{context}\n", "问题: {question}, \n 选项: {options}", "{letter} {text}", "答案: {answer}",
                       "解释:{explanation}", ". \n "),
}  # fmt: skip


def template_of(item: ExamItem, name: TemplateName) -> Template:
    """The template of that name; `auto`: by the item's language, and by its script where that is not known."""
    if name != "auto":
        if name not in TEMPLATES:
            raise UserError(f"There is no template {name!r}.", mend=f"name one of auto, {', '.join(TEMPLATES)}")
        return TEMPLATES[name]
    chinese = item.language.startswith("zh") or (item.language == "und" and bool(_HAN.search(item.question)))
    return TEMPLATES["zh" if chinese else "en"]


def question(item: ExamItem, name: TemplateName = "auto") -> str:
    """What the model is asked."""
    template = template_of(item, name)
    lettered = zip(LETTERS, item.options, strict=False)
    options = "\n".join(template.option.format(letter=letter, text=text) for letter, text in lettered)
    context = template.context.format(context=item.context) if item.context else ""
    return context + template.question.format(question=item.question, options=options)


def answer(item: ExamItem, name: TemplateName = "auto", form: AnswerForm = "letters") -> str:
    """What it is to answer: the letters of the right options, or these and their texts."""
    texts = [item.options[place] for place in item.answers]
    given = item.letters if form == "letters" else f"{item.letters} {'; '.join(texts)}"
    return template_of(item, name).answer.format(answer=given)


def conversation(item: ExamItem, name: TemplateName = "auto", form: AnswerForm = "letters") -> Conversation:
    """The item as a question and an answer, with its explanation as a part of its own where it has one: both arms are
    made of this (`train/sft/conversation.py`: `arm`)."""
    template = template_of(item, name)
    parts = [Part("answer", answer(item, name, form))]
    if item.explanation:
        parts.append(Part("reasoning", template.reasoning.format(explanation=item.explanation)))
    said = Message("assistant", tuple(parts))
    return Conversation(item.id, (asked(item, name), said), template.joined, explainable=True)


def asked(item: ExamItem, name: TemplateName = "auto") -> Message:
    """The message that puts the question, the same in every arm."""
    return Message("user", (Part("text", question(item, name)),))
