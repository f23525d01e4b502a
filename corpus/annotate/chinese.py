"""Quality signals of Chinese text, modern and classical, on characters: no word segmenter.

Reads text and `language.tag`; goes to the rules of the recipe. Documents that are not Chinese (`zh`, `zh-Hans`,
`zh-Hant`, `lzh`) have nulls here. Sources of the rules: FineWeb-2's configuration for Mandarin (Penedo et al. 2025,
arXiv:2506.20920, `configs/cmn_Hani.yml`), ChineseWebText (Chen et al. 2023, arXiv:2311.01149), and MAP-CC (Du et al.
2024, arXiv:2404.04167).

FineWeb-2 counts words that jieba has cut. Here words are estimated (`PER_HAN`): from the Han characters, the grammar
words among them, and the runs they stand in; a run of Latin letters and digits is one word, every other character
stands alone. The estimate is within 10 % of jieba's count for nine documents of ten, and shares of tokens differ by
less. Counting is some thirty times faster: benchmarks/signals-2026-11.md has both.
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
from corpus.text import codepoints, lines
from corpus.text.codepoints import CodePoints, Ints, Mask, Spans, counts, share, sums, tally
from corpus.text.sentences import terminals
from corpus.text.words import chunks_of

NEEDS = ("language",)
LIBRARIES = ("numpy",)

LANGUAGES = ("zh", "lzh", "cmn", "yue", "wuu")
# Words of Han characters = 0.43 per character + 0.5 per grammar word + 0.3 per run: least squares on jieba's words in
# 1,100 drug monographs, consultations, classical chapters, web pages and reviews; mean error 4 %, by set -3 to +4 %.
PER_HAN, PER_FUNCTION, PER_RUN = 0.43, 0.5, 0.3

# The 22 of FineWeb-2 (configs/cmn_Hani.yml), in both scripts.
STOP_CHARACTERS = "的年在月是和日了於·為有被人中为他與後也而由"
# Grammar words of one character, modern and classical. Running text is full of them, lists of names and goods are not.
FUNCTION_CHARACTERS = (
    "的了是在和与及或也就都很不没被把给对从到为以于而又并其之者所乃则即若"
    "如矣焉曰皆故夫於與為對從給沒等我你会去将但亦做吗让有"
)
MORE = r"(?m)(?:展开|展開|更多|全文|(?i:read ?more)|\.\.\.more)[\s>»】\]\)）]*$"
# Eleven-digit mobile numbers, service numbers, landlines; QQ and WeChat ids.
CONTACT = (
    r"(?:^|[^0-9])(?:1[3-9][0-9]{9}|400[- ]?[0-9]{3}[- ]?[0-9]{4}|0[0-9]{2,3}-[0-9]{7,8})(?:[^0-9]|$)"
    r"|[Qq]{2}(?:号|群|咨询)?[:：]? ?[0-9]{5,}|微信号?[:：]|加微信?|微信公众号|扫一扫|扫码|二维码|客服"
)
SELLING = (
    r"包邮|优惠|特价|折扣|促销|秒杀|限时|抢购|热卖|批发|厂家|招商|加盟|代理|价格表|报价|询价|库存|下单|购物车|淘宝|天猫|"
    r"点击(?:查看|下载|进入|这里)|免费(?:咨询|领取|下载|试用|预约|热线)|在线(?:咨询|预约|客服)|预约挂号|专家在线|立即(?:咨询|预约|购买|下载)"
)
SPAM = (
    r"博彩|赌场|赌博|百家乐|时时彩|六合彩|娱乐城|娱乐平台|娱乐场|现金网|威尼斯人|太阳城|葡京|真人荷官|投注|棋牌|老虎机|体育平台|体育app|官方app|"
    r"成人(?:电影|视频|网站|小说)|激情(?:视频|小说)|裸聊|约炮|迷药|代孕|办证|发票"
)

# What wrong decodings leave in Chinese text: replacement characters taken for GBK, and memory that was never written.
MOJIBAKE = r"锟斤拷|烫烫烫|屯屯屯"
MOJIBAKE_CHARACTERS = 3  # in each of them

FACTS = (
    Fact("chinese.characters", "UInt32", "characters", "0..", "Code points of the text."),
    Fact("chinese.han", "Float64", "share of characters", "0..1",
         "Han characters, of the characters that are not white space (ChineseWebText)."),
    Fact("chinese.tokens", "Float64", "tokens", "0..", "Estimated tokens: words, numbers and punctuation marks."),
    Fact("chinese.words", "Float64", "words", "0..",
         "Estimated words: tokens that are not punctuation or symbols (FineWeb-2)."),
    Fact("chinese.mean_word_length", "Float64", "characters", "0..", "Estimated mean length of words (FineWeb-2)."),
    Fact("chinese.alphabetic_tokens", "Float64", "share of tokens", "0..1",
         "Estimated share of tokens with a letter or Han character; punctuation and numbers have none (FineWeb-2)."),
    Fact("chinese.stop_characters", "UInt8", "characters", "0..22",
         "How many of FineWeb-2's 22 stop words occur as characters."),
    Fact("chinese.function_characters", "Float64", "share of Han characters", "0..1",
         "Grammar words of one character: 0.08 to 0.2 in prose, near 0 in lists."),
    Fact("chinese.hashes_per_token", "Float64", "per token", "0..", "Signs # per estimated token."),
    Fact("chinese.ellipses_per_token", "Float64", "per token", "0..", "Ellipses (... or …) per estimated token."),
    Fact("chinese.brackets_per_token", "Float64", "per token", "0..",
         "Brackets 【 and 】 per estimated token (MAP-CC)."),
    Fact("chinese.digits", "Float64", "share of characters", "0..1",
         "Digits 0 to 9, of the characters that are neither white space nor punctuation (MAP-CC)."),
    Fact("chinese.latin", "Float64", "share of characters", "0..1",
         "Letters A to Z, of the characters that are not white space."),
    Fact("chinese.punctuation", "Float64", "share of characters", "0..1",
         "Punctuation and symbols, of the characters that are not white space."),
    Fact("chinese.garbled", "UInt32", "characters", "0..",
         "Replacement, private-use and control characters, and 锟斤拷 and its kin: traces of a wrong decoding."),
    Fact("chinese.longest_run", "UInt32", "characters", "0..", "Longest run of one and the same character."),
    Fact("chinese.distinct_characters", "Float64", "share of characters", "0..1",
         "Different characters of all that are not white space (MAP-CC)."),
    Fact("chinese.character_entropy", "Float64", "nats", "0..",
         "Entropy of the characters that are not white space (MAP-CC)."),
    Fact("chinese.sentences", "UInt32", "sentences", "0..",
         "Pieces with a word between marks such as 。！？!? or line ends (MAP-CC)."),
    Fact("chinese.lines", "UInt32", "lines", "0..", "Lines that are not blank."),
    Fact("chinese.mean_line_length", "Float64", "characters", "0..", "Mean length of those lines (ChineseWebText)."),
    Fact("chinese.punctuated_lines", "Float64", "share of lines", "0..1",
         "Lines ending in a mark that ends sentences (FineWeb-2)."),
    Fact("chinese.short_lines", "Float64", "share of lines", "0..1",
         "Lines of at most 10 characters (a third of FineWeb's 30, a Han character saying about three letters)."),
    Fact("chinese.bullet_lines", "Float64", "share of lines", "0..1", "Lines that begin with • or - (Gopher)."),
    Fact("chinese.ellipsis_lines", "Float64", "share of lines", "0..1", "Lines that end in an ellipsis (Gopher)."),
    Fact("chinese.more_lines", "Float64", "share of lines", "0..1", "Lines ending in 展开, 更多, more (MAP-CC)."),
    Fact("chinese.duplicate_line_characters", "Float64", "share of characters", "0..1",
         "Characters in lines that stood earlier, newlines not counted (FineWeb-2)."),
    Fact("chinese.newlines_per_token", "Float64", "per token", "0..", "Newlines per estimated token (FineWeb-2)."),
    Fact("chinese.contacts", "UInt32", "phrases", "0..",
         "Telephone numbers, QQ and WeChat ids, QR codes, customer service."),
    Fact("chinese.selling_phrases", "UInt32", "phrases", "0..", "Phrases of shops and of clinics that advertise."),
    Fact("chinese.spam_phrases", "UInt32", "phrases", "0..", "Phrases of gambling, pornography and forgery."),
)  # fmt: skip
_COUNTED = ("chinese.contacts", "chinese.selling_phrases", "chinese.spam_phrases", "chinese.more_lines")
_MEASURED = tuple(fact for fact in FACTS if fact.name not in _COUNTED)
_SHORT_LINE = 10

Columns = dict[str, NDArray[Any]]

SPACE, HAN, LATIN, DIGIT, LETTER, SIGN, GARBLED = (1 << bit for bit in range(7))
_RANGES = (
    ("一", "鿕", HAN), ("㐀", "䶿", HAN), ("𠀀", "𳎯", HAN), ("〇", "〇", HAN),
    ("a", "z", LATIN), ("A", "Z", LATIN), ("0", "9", DIGIT),
)  # fmt: skip


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    known = codepoints.properties()
    table = np.where(known.is_alphabetic, np.uint8(LETTER), np.uint8(0))
    for first, last, kind in _RANGES:
        table[ord(first) : ord(last) + 1] = kind
    table[known.major(b"PS")] = SIGN
    table[known.category == b"Cc"] = GARBLED
    table[ord("�")] = GARBLED
    table[known.is_space] = SPACE
    table[0xE000:0xF900] = GARBLED
    table[0xF0000:] = GARBLED
    return table


@lru_cache(maxsize=1)
def _stop_numbers() -> NDArray[np.uint8]:
    table = np.zeros(codepoints.UNICODE_SIZE, np.uint8)
    table[[ord(character) for character in STOP_CHARACTERS]] = np.arange(1, len(STOP_CHARACTERS) + 1)
    return table


@lru_cache(maxsize=1)
def _function_table() -> Mask:
    return codepoints.characters(FUNCTION_CHARACTERS)


def resources(settings: object = None) -> dict[str, str]:
    """Python's Unicode tables say which characters are letters; their version is part of the facts' identity."""
    return {"unicode": unicodedata.unidata_version}


def annotate(batch: pl.DataFrame, settings: object = None) -> pl.DataFrame:
    """The facts of `FACTS`, null where the language is not Chinese."""
    is_chinese = batch["language.tag"].fill_null("").str.split("-").list.first().is_in(LANGUAGES)
    text = batch.select(pl.when(is_chinese).then("text").fill_null("")).to_series()  # others need no searching
    facts = measured(text.to_list(), [(is_chinese.to_numpy(), _measure)], _MEASURED)
    counted = {
        "chinese.contacts": text.str.count_matches(CONTACT),
        "chinese.selling_phrases": text.str.count_matches(SELLING),
        "chinese.spam_phrases": text.str.count_matches(SPAM),
        "chinese.more_lines": text.str.count_matches(MORE) / facts["chinese.lines"].clip(1),
    }
    twice = MOJIBAKE_CHARACTERS * text.str.count_matches(MOJIBAKE)
    facts = facts.with_columns((pl.col("chinese.garbled") + twice).cast(pl.UInt32))
    found = pl.DataFrame(counted).select(pl.when(is_chinese).then(pl.col(name)).alias(name) for name in counted)
    return facts.hstack(found).select(fact.name for fact in FACTS)


def _measure(text: CodePoints) -> Columns:
    kinds = _kinds().take(text.codes)
    chunks = chunks_of(text, kinds & SPACE != 0)
    words = _words(text, kinds)
    found = {**words, **_characters(text, kinds), **_diversity(text, kinds)}
    return found | _lines(text, chunks, words["tokens"])


def _number(mask: Mask, text: CodePoints) -> Ints:
    return counts(np.flatnonzero(mask), text)


def _words(text: CodePoints, kinds: NDArray[np.uint8]) -> Columns:
    """Estimated words and tokens. `0.5%` is one token, as for jieba."""
    codes = text.codes
    run = kinds & (LATIN | DIGIT) != 0
    edges = np.flatnonzero(run[1:] != run[:-1]) + 1
    starts, ends = edges[0::2], edges[1::2]
    owners = text.owner(starts)
    letters = np.bitwise_or.reduceat(kinds, edges)[0::2] & LATIN != 0 if len(edges) else starts.astype(np.bool_)
    beyond = np.minimum(ends + 1, len(codes) - 1)
    point = (codes[ends] == ord(".")) & (kinds[ends - 1] == DIGIT) & (kinds[beyond] == DIGIT)
    percent = (codes[ends] == ord("%")) & (kinds[ends - 1] == DIGIT)
    joined = tally(owners[point], text.size)
    han, single = _number(kinds == HAN, text), _number(kinds == LETTER, text)
    han_words = _han_words(text, kinds, han)
    signs = _number(kinds & (SIGN | GARBLED) != 0, text) - joined - tally(owners[percent], text.size)
    runs = tally(owners, text.size) - joined
    words = han_words + runs + single
    characters = han + single + sums(ends - starts, owners, text.size)
    alphabetic = han_words + tally(owners[letters], text.size) + single
    tokens = words + signs
    return {
        "tokens": tokens,
        "words": words,
        "mean_word_length": share(characters, words),
        "alphabetic_tokens": share(alphabetic, tokens),
        "hashes_per_token": share(_number(codes == ord("#"), text), tokens),
        "ellipses_per_token": share(lines.ellipses(text), tokens),
        "brackets_per_token": share(_number((codes == ord("【")) | (codes == ord("】")), text), tokens),
    }


def _han_words(text: CodePoints, kinds: NDArray[np.uint8], han: Ints) -> NDArray[np.float64]:
    is_han = kinds == HAN
    runs = counts(np.flatnonzero(is_han[1:] & ~is_han[:-1]) + 1, text)
    grammar = _number(_function_table().take(text.codes), text)
    words: NDArray[np.float64] = PER_HAN * han + PER_FUNCTION * grammar + PER_RUN * runs
    return words


def _characters(text: CodePoints, kinds: NDArray[np.uint8]) -> Columns:
    solid = text.lengths - _number(kinds == SPACE, text)
    han, digits, signs = (_number(kinds == kind, text) for kind in (HAN, DIGIT, SIGN))
    numbers = _stop_numbers().take(text.codes)
    places = np.flatnonzero(numbers)
    found = np.zeros((text.size, len(STOP_CHARACTERS) + 1), np.bool_)
    found[text.owner(places), numbers[places]] = True
    return {
        "characters": text.lengths,
        "han": share(han, solid),
        "digits": share(digits, solid - signs),
        "latin": share(_number(kinds == LATIN, text), solid),
        "punctuation": share(signs, solid),
        "garbled": _number(kinds == GARBLED, text),
        "stop_characters": found[:, 1:].sum(axis=1),
        "function_characters": share(_number(_function_table().take(text.codes), text), han),
        "longest_run": _longest_run(text),
    }


def _longest_run(text: CodePoints) -> Ints:
    """Length of the longest run of one character that is no newline; 0 for an empty text."""
    codes = text.codes
    again = np.flatnonzero((codes[1:] == codes[:-1]) & (codes[1:] != codepoints.NEWLINE)) + 1  # as the one before
    heads = np.flatnonzero(np.diff(again, prepend=-2) != 1)
    longest = lines.largest(np.diff(heads, append=len(again)), text.owner(again[heads]), text.size)
    return longest + (text.lengths > _number(codes == codepoints.NEWLINE, text))


def _diversity(text: CodePoints, kinds: NDArray[np.uint8]) -> Columns:
    places = np.flatnonzero(kinds != SPACE)
    owners = text.owner(places)
    total = tally(owners, text.size)
    distinct, entropy = codepoints.character_diversity(text.codes[places], owners, total)
    words_or_ends = np.flatnonzero((kinds & (HAN | LATIN | DIGIT | LETTER) != 0) | _ends().take(text.codes))
    ends = _ends()[text.codes[words_or_ends]]
    opening = words_or_ends[1:][ends[:-1] & ~ends[1:]]
    return {
        "distinct_characters": share(distinct, total),
        "character_entropy": entropy,
        "sentences": counts(opening, text),
    }


@lru_cache(maxsize=1)
def _ends() -> Mask:
    """What ends a Chinese sentence: newlines and every terminal mark but the full stops that are decimal points too."""
    table = terminals().copy()
    table[[ord("."), ord("．")]] = False
    table[codepoints.NEWLINE] = True
    return table


def _lines(text: CodePoints, chunks: Spans, tokens: NDArray[np.float64]) -> Columns:
    count = text.size
    spans = lines.newline_lines(text)
    number, stripped = lines.words_of(spans, chunks)
    written, stripped = spans.only(number > 0), stripped.only(number > 0)
    owners, total = written.owners, tally(written.owners, count)
    newlines = tally(spans.owners, count) - 1
    again = codepoints.first_equal(codepoints.hashes(codepoints.prefix_sums(text.codes), written), owners)
    again = again != np.arange(len(owners))
    bullet, ellipsis = lines.bullets(text, stripped), lines.trailing_off(text, stripped)
    whole = tally(lines.lines(text).owners, count)
    return {
        "lines": total,
        "mean_line_length": share(sums(stripped.lengths, owners, count), total),
        "punctuated_lines": share(tally(owners[terminals()[text.codes[written.ends - 1]]], count), total),
        "short_lines": share(tally(owners[stripped.lengths <= _SHORT_LINE], count), total),
        "bullet_lines": share(tally(owners[bullet], count), whole),
        "ellipsis_lines": share(tally(owners[ellipsis], count), whole),
        "duplicate_line_characters": share(sums(written.lengths[again], owners[again], count), text.lengths - newlines),
        "newlines_per_token": share(newlines, tokens),
    }
