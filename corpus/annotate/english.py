"""Quality signals of English text: the measures behind Gopher's, C4's and FineWeb's rules, and some for medicine.

Reads text and `language.tag`; goes to the rules of the recipe. Documents in other languages have nulls here. What a
token is and what a word is: `corpus/text/words.py`. Sources of the rules: Gopher (Rae et al. 2021, arXiv:2112.11446,
section A1.1), C4 (Raffel et al. 2020, JMLR 21:140), FineWeb (Penedo et al. 2024, arXiv:2406.17557), each as applied
in datatrove 0.10.

C4 does not only judge a page, it first strikes lines, and FineWeb's rules see the page without them. The facts named
`kept_*` are those of the lines that C4 keeps: at least 3 words, none longer than 1,000 characters, no "javascript" and
no cookie or privacy notice, with bracketed citation numbers taken out. The text itself is never changed.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from corpus.annotate.fact import Fact
from corpus.annotate.measure import measured
from corpus.text import classes, codepoints, lines, phrases, words
from corpus.text.codepoints import CodePoints, Hashes, Ints, Lexicon, Mask, Spans, counts, share, sums, tally
from corpus.text.sentences import sentences, terminals

NEEDS = ("language",)
LIBRARIES = ("numpy",)

GOPHER_STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
POLICY = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
CITATION = r"\[[0-9]*\]|\[edit\]|\[citation needed\]"
SELLING = (
    "add to cart", "free shipping", "buy now", "order now", "shop now", "click here", "sign up", "sign in", "subscribe",
    "newsletter", "all rights reserved", "best price", "discount code", "coupon", "casino", "gift card",
    "check out our", "contact us", "follow us", "read more", "learn more", "view cart",
)  # fmt: skip
GARBLED = "[\ufffd\ue000-\uf8ff\x80-\x9f\x00-\x08]|â€|Ã[\xa0-\xbf]|Â[\xa0-\xbf]"
# The closed classes of English: articles, pronouns, prepositions, conjunctions, auxiliaries.
FUNCTION_WORDS = (
    "the a an and or but nor if then than that which who whom whose this these those there it its he she they we you i "
    "his her their our your my him them us me of in on at by for from with to into onto upon over under between among "
    "during after before since until within without through across against about as because while whereas although "
    "though when where how what why be is are was were been being am do does did done have has had having will would "
    "shall should can could may might must not no all any both each more most other some such only either neither "
    "so very also however therefore thus per via"
).split()
_STRIKING = ("javascript", "lorem ipsum", *POLICY)
_ADDRESS = r"://|www\."
_LONGEST_C4_WORD = 1000
_SHORT_LINE = 30

_KEPT = "of the lines that C4 keeps"
FACTS = (
    Fact("english.characters", "UInt32", "characters", "0..", "Code points of the text."),
    Fact("english.tokens", "UInt32", "tokens", "0..", "Words, numbers and punctuation marks, each on its own."),
    Fact("english.words", "UInt32", "words", "0..", "Tokens that are not punctuation or symbols only (Gopher)."),
    Fact("english.mean_word_length", "Float64", "characters", "0..", "Mean length of words (Gopher)."),
    Fact("english.longest_word", "UInt32", "characters", "0..", "Longest piece between white space."),
    Fact("english.hashes_per_token", "Float64", "per token", "0..", "Signs # per token (Gopher)."),
    Fact("english.ellipses_per_token", "Float64", "per token", "0..", "Ellipses (... or …) per token (Gopher)."),
    Fact("english.bullet_lines", "Float64", "share of lines", "0..1", "Lines that begin with • or - (Gopher)."),
    Fact("english.ellipsis_lines", "Float64", "share of lines", "0..1", "Lines that end in an ellipsis (Gopher)."),
    Fact("english.alphabetic_tokens", "Float64", "share of tokens", "0..1",
         "Tokens with a letter (Gopher); punctuation and numbers have none."),
    Fact("english.stop_words", "UInt8", "words", "0..8",
         "How many of the, be, to, of, and, that, have, with occur, in lower case (Gopher)."),
    Fact("english.function_words", "Float64", "share of words", "0..1",
         "Words that are articles, pronouns, prepositions and the like: 0.3 to 0.5 in prose, near 0 in lists."),
    Fact("english.distinct_words", "Float64", "share of words", "0..1",
         "Different tokens, letter case told apart, of all tokens."),
    Fact("english.token_entropy", "Float64", "nats", "0..", "Entropy of the text's tokens."),
    Fact("english.lines", "UInt32", "lines", "0..", "Lines that are not blank."),
    Fact("english.mean_line_length", "Float64", "characters", "0..", "Mean length of those lines."),
    Fact("english.digits", "Float64", "share of characters", "0..1",
         "Digits 0 to 9, of the characters that are not white space."),
    Fact("english.capitals", "Float64", "share of letters", "0..1", "Capital letters of all letters."),
    Fact("english.punctuation", "Float64", "share of characters", "0..1",
         "Punctuation and symbols, of the characters that are not white space."),
    Fact("english.parentheses", "Float64", "share of characters", "0..1",
         "Round brackets, of the characters that are not white space."),
    Fact("english.addresses", "UInt32", "addresses", "0..", "Web addresses (://, www.)."),
    Fact("english.garbled", "UInt32", "places", "0..",
         "Replacement, private-use and control characters, and pairs such as â€: traces of a wrong decoding."),
    Fact("english.selling_phrases", "UInt32", "phrases", "0..",
         "Phrases of shops and sign-up pages (add to cart, click here, subscribe, ...)."),
    Fact("english.javascript_lines", "UInt32", "lines", "0..",
         "Lines of 3 words or more that mention javascript (C4)."),
    Fact("english.policy_lines", "UInt32", "lines", "0..",
         "Lines of 3 words or more with a cookie, privacy or terms notice (C4)."),
    Fact("english.lorem_ipsum_lines", "UInt32", "lines", "0..", "Lines of 3 words or more with lorem ipsum (C4)."),
    Fact("english.curly_bracket_lines", "UInt32", "lines", "0..",
         "Lines of 3 words or more, without javascript, with an opening curly bracket (C4)."),
    Fact("english.kept_characters", "Float64", "share of characters", "0..1",
         f"Characters {_KEPT}, of all characters in lines."),
    Fact("english.kept_sentences", "UInt32", "sentences", "0..", f"Sentences {_KEPT} (C4)."),
    Fact("english.kept_punctuated_lines", "Float64", "share of lines", "0..1",
         f"Lines ending in a mark that ends sentences, {_KEPT} (FineWeb)."),
    Fact("english.kept_short_lines", "Float64", "share of lines", "0..1",
         f"Lines of at most 30 characters, {_KEPT} (FineWeb)."),
    Fact("english.kept_duplicate_line_characters", "Float64", "share of characters", "0..1",
         f"Characters in lines that stood earlier, {_KEPT} (FineWeb)."),
    Fact("english.kept_newlines_per_token", "Float64", "per token", "0..", f"Newlines per token {_KEPT} (FineWeb)."),
)  # fmt: skip
_LINE_FACTS = tuple(fact for fact in FACTS if "kept_" in fact.name or fact.doc.endswith("(C4)."))

_COUNTED = ("english.addresses", "english.selling_phrases", "english.garbled")  # by Polars; all others by `_measure`
_MEASURED = tuple(fact for fact in FACTS if fact.name not in _COUNTED)

Columns = dict[str, NDArray[Any]]


def resources(settings: object = None) -> dict[str, str]:
    """Python's Unicode tables say which characters are letters; their version is part of the facts' identity."""
    return {"unicode": unicodedata.unidata_version}


def annotate(batch: pl.DataFrame, settings: object = None) -> pl.DataFrame:
    """The facts of `FACTS`, null where the language is not English."""
    is_english = batch["language.tag"].fill_null("").str.split("-").list.first() == "en"
    text = batch.select(pl.when(is_english).then("text").fill_null("")).to_series()  # others need no searching
    folded = text.str.to_lowercase()
    # Texts that hold what C4 strikes have their lines read apart, without citations.
    struck = is_english & (text.str.contains(CITATION) | folded.str.contains("|".join(_STRIKING)))
    plain, apart = (is_english & ~struck).to_numpy(), struck.to_numpy()
    facts = measured(text.to_list(), [(plain, _measure), (apart, _measure_without_kept_lines)], _MEASURED)
    if struck.any():
        without = text.filter(struck).str.replace_all(CITATION, "").to_list()
        again = measured(without, [(np.ones(len(without), np.bool_), _struck_lines)], _LINE_FACTS)
        facts = facts.with_columns(facts[name].scatter(struck.arg_true(), again[name]) for name in again.columns)
    counted = {
        "english.addresses": folded.str.count_matches(_ADDRESS),
        "english.selling_phrases": folded.str.count_matches(rf"(?-u:\b)(?:{'|'.join(SELLING)})(?-u:\b)"),
        "english.garbled": text.str.count_matches(GARBLED),
    }
    found = pl.DataFrame(counted).select(pl.when(is_english).then(pl.col(name)).alias(name) for name in counted)
    return facts.hstack(found).select(fact.name for fact in FACTS)


def _measure(text: CodePoints) -> Columns:
    reading, kinds, running = _read(text)
    return _whole(text, reading, kinds, running) | _kept_lines(text, reading, kinds, running, ())


def _measure_without_kept_lines(text: CodePoints) -> Columns:
    zeros = {fact.name.removeprefix("english."): np.zeros(text.size) for fact in _LINE_FACTS}
    return _whole(text, *_read(text)) | zeros


def _read(text: CodePoints) -> tuple[words.Reading, NDArray[np.uint16], Hashes]:
    """Tokens, the classes of each token's characters, and the sums that hashes are read from."""
    reading = words.read(text)
    return reading, words.any_of(reading.flags, reading.tokens), codepoints.prefix_sums(text.codes)


def _whole(text: CodePoints, reading: words.Reading, kinds: NDArray[np.uint16], running: Hashes) -> Columns:
    found = _characters(text, reading.flags) | _tokens(text, reading, kinds, running)
    return found | _lines(text, reading.chunks)


def _struck_lines(text: CodePoints) -> Columns:
    return _kept_lines(text, *_read(text), _STRIKING)


def _characters(text: CodePoints, flags: NDArray[np.uint16]) -> Columns:
    def number(mask: Mask) -> Ints:
        return counts(np.flatnonzero(mask), text)

    # The rarer side of each question is counted: a search costs by what it finds.
    solid = text.lengths - number(flags & classes.SPACE != 0)
    marks = number(flags & (classes.WORDLIKE | classes.SPACE) == 0)
    letters = solid - number(flags & (classes.ALPHABETIC | classes.SPACE) == 0)
    brackets = number((text.codes == ord("(")) | (text.codes == ord(")")))
    return {
        "characters": text.lengths,
        "digits": share(number(flags & classes.DIGIT != 0), solid),
        "capitals": share(number(flags & (classes.UPPER | classes.LOWER) == classes.UPPER), letters),
        "punctuation": share(marks, solid),
        "parentheses": share(brackets, solid),
    }


@lru_cache(maxsize=1)
def _gopher_stop_words() -> Lexicon:
    return Lexicon(GOPHER_STOP_WORDS)


@lru_cache(maxsize=1)
def _function_words() -> Lexicon:
    return Lexicon([*FUNCTION_WORDS, *(word.capitalize() for word in FUNCTION_WORDS)])


def _tokens(text: CodePoints, reading: words.Reading, kinds: NDArray[np.uint16], running: Hashes) -> Columns:
    tokens, count = reading.tokens, text.size
    edges = np.searchsorted(tokens.owners, np.arange(count + 1))

    def number(mask: Mask) -> Ints:
        return np.diff(np.searchsorted(np.flatnonzero(mask), edges))

    total, is_word = np.diff(edges), kinds & classes.WORDLIKE != 0
    spoken, keys = number(is_word), codepoints.hashes(running, tokens)
    stops = _gopher_stop_words().find(keys)
    places = np.flatnonzero(stops >= 0)
    found = np.zeros((count, len(GOPHER_STOP_WORDS)), np.bool_)
    found[tokens.owners[places], stops[places]] = True
    distinct, entropy = codepoints.token_diversity(keys, tokens.owners, total)
    return {
        "tokens": total,
        "words": spoken,
        "mean_word_length": share(sums(tokens.lengths * is_word, tokens.owners, count), spoken),
        "longest_word": lines.largest(reading.chunks.lengths, reading.chunks.owners, count),
        "hashes_per_token": share(counts(np.flatnonzero(text.codes == ord("#")), text), total),
        "ellipses_per_token": share(lines.ellipses(text), total),
        "alphabetic_tokens": share(number(kinds & classes.ALPHABETIC != 0), total),
        "stop_words": found.sum(axis=1),
        "function_words": share(number(_function_words().find(keys) >= 0), spoken),
        "distinct_words": share(distinct, total),
        "token_entropy": entropy,
    }


def _lines(text: CodePoints, chunks: Spans) -> Columns:
    spans = lines.lines(text)
    number, stripped = lines.words_of(spans, chunks)
    total = tally(spans.owners, text.size)
    written = stripped.only(number > 0)
    count = tally(written.owners, text.size)
    bullet, ellipsis = lines.bullets(text, written), lines.trailing_off(text, written)
    return {
        "lines": count,
        "mean_line_length": share(sums(written.lengths, written.owners, text.size), count),
        "bullet_lines": share(tally(written.owners[bullet], text.size), total),
        "ellipsis_lines": share(tally(written.owners[ellipsis], text.size), total),
    }


def _kept_lines(
    text: CodePoints, reading: words.Reading, kinds: NDArray[np.uint16], running: Hashes, striking: tuple[str, ...]
) -> Columns:
    """C4's view. `striking` are the phrases that may occur; none need be looked for in most texts."""
    count = text.size
    spans = lines.lines(text)
    number, stripped = lines.words_of(spans, reading.chunks)
    long = reading.chunks.starts[reading.chunks.lengths > _LONGEST_C4_WORD]
    read = (number >= 3) & ~_touched(spans, long)
    low = phrases.lowered(text.codes) if striking else None

    def mentions(*wanted: str) -> Mask:
        if low is None:
            return np.zeros(len(read), np.bool_)
        return read & _touched(spans, phrases.places_of_any(low, wanted))

    javascript, lorem, policy = mentions("javascript"), mentions("lorem ipsum"), mentions(*POLICY)
    curly = read & ~javascript & _touched(spans, np.flatnonzero(text.codes == ord("{")))
    kept = stripped.only(read & ~javascript & ~policy)
    total, characters = tally(kept.owners, count), sums(kept.lengths, kept.owners, count)
    per_line = sentences(text, reading.tokens, kinds, kept)
    again = codepoints.first_equal(codepoints.hashes(running, kept), kept.owners) != np.arange(len(kept.starts))
    return {
        "javascript_lines": tally(spans.owners[javascript], count),
        "policy_lines": tally(spans.owners[policy], count),
        "lorem_ipsum_lines": tally(spans.owners[lorem], count),
        "curly_bracket_lines": tally(spans.owners[curly], count),
        "kept_characters": share(characters, sums(stripped.lengths, stripped.owners, count)),
        "kept_sentences": sums(per_line, kept.owners, count),
        "kept_punctuated_lines": share(tally(kept.owners[terminals()[text.codes[kept.ends - 1]]], count), total),
        "kept_short_lines": share(tally(kept.owners[kept.lengths <= _SHORT_LINE], count), total),
        "kept_duplicate_line_characters": share(sums(kept.lengths[again], kept.owners[again], count), characters),
        "kept_newlines_per_token": share(np.maximum(total - 1, 0), _tokens_inside(reading.tokens, kept, count)),
    }


def _touched(spans: Spans, places: Ints) -> Mask:
    """Which of the sorted, separate `spans` hold at least one of the sorted `places`."""
    return np.searchsorted(places, spans.ends) > np.searchsorted(places, spans.starts)


def _tokens_inside(tokens: Spans, spans: Spans, count: int) -> NDArray[np.float64]:
    """Tokens of each text that lie in its `spans`."""
    inside = np.searchsorted(tokens.starts, spans.ends) - np.searchsorted(tokens.starts, spans.starts)
    return sums(inside, spans.owners, count)
