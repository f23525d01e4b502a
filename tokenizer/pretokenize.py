"""Pre-tokenization: the patterns by which text is cut into words before pieces are learned and before text is encoded.

A word is what no piece may reach across. `tokenizer/words.py` counts words with a pattern, and the pattern goes into
`tokenizer.json` for the same cut at encoding time. Two engines read it: Oniguruma inside `tokenizers` when text is
encoded, and Rust's `regex` inside Polars when words are counted, which is much faster and knows no look-ahead.
`Pattern.counted` is the same cut for it; a property test holds the two together. What each pattern costs is in
docs/tokenizers.md.
"""

from __future__ import annotations

from typing import NamedTuple

from tokenizers import Regex, pre_tokenizers

from tokenizer.recipe import PretokenizeSettings

# The last white space before a word belongs to the word. Where there is more of it, the cut is in front of that last
# one: `\s+(?!\S)` says so to Oniguruma, and a mark put there beforehand says so to Rust.
LAST_SPACE = r"|\s+(?!\S)|\s+"
MARK = "\U000ffffd"  # private use; taken out again, and a text that holds one loses it in the counts alone


class Pattern(NamedTuple):
    """A cut. `encoding`: the expression in `tokenizer.json`. `joins`: what white space is cut off from more. `bound`:
    Han characters of one word at most, 0 where runs have no bound. `source`: where the expression is published."""

    name: str
    encoding: str
    joins: str
    bound: int
    source: str

    @property
    def counted(self) -> str:
        """The expression for Rust: without possessive repeats, which change nothing here, look-ahead, and the bound."""
        plain = self.encoding.replace("?+", "?").replace("++", "+").replace(LAST_SPACE, r"|\s+")
        return plain.replace(rf"\p{{Han}}{{1,{self.bound}}}", r"\p{Han}+")

    @property
    def before_word(self) -> str:
        """Two characters of white space, of which the second begins a word: where the mark goes, for Rust."""
        return rf"(\s)({self.joins})(\S)"

    def pre_tokenizer(self) -> pre_tokenizers.PreTokenizer:
        """The cut for the library `tokenizers`."""
        return pre_tokenizers.Split(Regex(self.encoding), "isolated")


# OpenAI, gpt-2/src/encoder.py (`pat`).
GPT2 = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+" + LAST_SPACE

# OpenAI, tiktoken_ext/openai_public.py (cl100k_base). `\p{L}` holds Han: a clause without spaces is one word.
_CONTRACTIONS = r"'(?i:[sdmt]|ll|ve|re)"
_REST = r"| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]" + LAST_SPACE
CL100K = _CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}" + _REST

# The same file (o200k_base): a word ends where capitals begin again; a contraction belongs to its word.
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_TAIL = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
O200K = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_TAIL}|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_TAIL}"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+" + LAST_SPACE
)

# Qwen/Qwen2 tokenizer.json: cl100k with every digit alone.
QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+" + LAST_SPACE

_INLINE = r"[^\S\r\n]"  # white space other than line breaks


def pattern(settings: PretokenizeSettings) -> Pattern:
    """The pattern that a recipe names."""
    tiktoken = "openai/tiktoken, tiktoken_ext/openai_public.py"
    named = {
        "gpt2": Pattern("gpt2", GPT2, r"\s", 0, "openai/gpt-2, src/encoder.py"),
        "cl100k": Pattern("cl100k", CL100K, _INLINE, 0, f"{tiktoken}, cl100k_base"),
        "o200k": Pattern("o200k", O200K, _INLINE, 0, f"{tiktoken}, o200k_base"),
        "qwen2": Pattern("qwen2", QWEN2, _INLINE, 0, "Qwen/Qwen2-7B, tokenizer.json"),
        "medical": Pattern("medical", medical(settings.digits, settings.han), _INLINE, settings.han, "this project"),
    }
    return named[settings.pattern]


# A unit with what it is divided by (mg/kg/day, mmol/L), and a name of letters with its number (IL-6, HbA1c, CYP3A4,
# COVID-19): each is one word, where cl100k makes three. What it gains is in docs/tokenizers.md.
_UNIT = (
    r"(?:mg|µg|μg|ug|mcg|ng|pg|kg|g|mL|ml|dL|dl|µL|μL|L|l|mmol|µmol|μmol|umol|nmol|pmol|mol|mEq|mIU|IU|U|mm|cm|kcal|kJ|ms"
    r"|cells|copies|beats|breaths|events|times)(?:/\p{L}+[23]?)+"
)
_NAME = r"[A-Z][A-Za-z]{0,5}-?[0-9]{1,3}(?:[A-Za-z][0-9]{0,2})?"
_BEFORE = r"[^\r\n\p{L}\p{N}]?+"


def medical(digits: int, han: int) -> str:
    """Ours: cl100k's cut, in which units and names with a number stay whole, Han characters are words of their own of
    at most `han` characters, so that the cost of a text without spaces is bounded, and numbers are cut into `digits` at
    most."""
    words = (_UNIT, _NAME, r"[\p{L}&&[^\p{Han}]]+", rf"\p{{Han}}{{1,{han}}}")
    number = r"|\p{N}{1,3}" if digits == 3 else r"|\p{N}"
    return _CONTRACTIONS + "".join(f"|{_BEFORE}{word}" for word in words) + number + _REST
