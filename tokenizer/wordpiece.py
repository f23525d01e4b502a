"""WordPiece that can learn Chinese words: greedy longest match over pieces that say where a space stood.

BERT's WordPiece cannot: its pre-tokenizer makes every Han character a word (google-research/bert, tokenization.py,
`_tokenize_chinese_chars`), and its `##` mark would want every Chinese word twice, at the start of a run and inside it.
Here a piece that follows a space begins with U+2581, as sentencepiece's do, and no piece has `##`: a Chinese word is
one piece wherever it stands. Merges come from `tokenizer/merges.py`; the tokenizer goes to `tokenizer/fit.py`.

The first word of a text has the mark too, unless it is Chinese, so that it is the same piece as inside, and so has each
word of a text that comes cut into words; a word behind `[MASK]` has it when a space stands there, as in training, where
ids are masked.

The normal form, which decoding gives back (`normal_form`): control characters gone; every run of white space (and
U+2581) one space, and none at the start; lower case where the recipe says so; Unicode NFC; and each character that has
no id written as `[UNK]`. An unknown character costs itself and not the word around it.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from tokenizer.merges import learn_merges
from tokenizer.pretokenize import Pattern
from tokenizer.sentencepiece_file import SPACE
from tokenizer.trained import Need, Seen

UNKNOWN = "[UNK]"
FIRST_WORD = r"^(?=[\p{L}\p{N}&&[^\p{Han}]])"  # of a script that writes words apart
LONGEST_WORD = 64  # characters: greedy match tries every end of every start, which is quadratic


def normalizer(lowercase: bool) -> normalizers.Normalizer:
    """What is done to every text before it is cut."""
    steps: list[normalizers.Normalizer] = [
        normalizers.Replace(Regex(r"[\p{Cc}&&\S]"), ""),
        normalizers.Replace(Regex(rf"[\s{SPACE}]+"), " "),
    ]
    if lowercase:
        steps.append(normalizers.Lowercase())
    steps.append(normalizers.NFC())  # behind the steps that can bring an accent to its letter
    return normalizers.Sequence([*steps, normalizers.Replace(Regex(FIRST_WORD), " ")])


def fit_wordpiece(words: pl.DataFrame, cut: Pattern, special: Sequence[str], need: Need, seen: Seen) -> Tokenizer:
    """A WordPiece whose vocabulary has exactly `need.vocabulary` ids, the special tokens first, from words counted in
    normalized text. Raises `UserError` when the words give fewer."""
    room = need.vocabulary - len(special)
    learned = learn_merges(words, max(room, 0), need.minimum, seen, special)
    characters = covering(learned.characters, learned.counts, need.coverage)
    written = set(characters)
    longer = list(dict.fromkeys(left + right for left, right in learned.pairs if written.issuperset(left + right)))
    if len(characters) > room:
        raise need.cramped(len(special) + len(characters))
    if len(characters) + len(longer) < room:
        raise need.missing(len(special) + len(characters) + len(longer))
    pieces = [piece.replace(" ", SPACE) for piece in (*characters, *longer[: room - len(characters)])]
    vocabulary = {piece: number for number, piece in enumerate((*special, *pieces))}
    backend = Tokenizer(models.WordPiece(vocabulary, unk_token=UNKNOWN, max_input_chars_per_word=2 * LONGEST_WORD))
    backend.model.continuing_subword_prefix = ""
    backend.pre_tokenizer = _pre_tokenizer(cut, [piece for piece in vocabulary if len(piece) == 1])
    backend.decoder = decoders.Metaspace(prepend_scheme="first", split=False)
    return backend


def covering(characters: Sequence[str], counts: Sequence[int], share: float) -> list[str]:
    """The most frequent characters that make up that share of the text; a space is always among them."""
    total, reached, kept = sum(counts), 0, []
    for one, count in zip(characters, counts, strict=True):
        if reached >= share * total:
            break
        kept.append(one)
        reached += count
    return kept if " " in kept else [" ", *kept]


def _pre_tokenizer(cut: Pattern, characters: Sequence[str]) -> pre_tokenizers.PreTokenizer:
    """The cut, spaces written as `SPACE`, unknown characters alone, and no word longer than `LONGEST_WORD`."""
    known = "".join(f"\\x{{{ord(one):X}}}" for one in sorted(characters))
    return pre_tokenizers.Sequence([
        cut.pre_tokenizer(), pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="never", split=False),
        pre_tokenizers.Split(Regex(f"[^{known}]"), "isolated"),
        pre_tokenizers.Split(Regex(rf".{{1,{LONGEST_WORD}}}"), "isolated"),
    ])  # fmt: skip


def normal_form(backend: Tokenizer, text: str) -> str:
    """What decoding the ids of a text gives back."""
    normal = str(backend.normalizer.normalize_str(text)).removeprefix(" ")
    unknown = [one for one in sorted(set(normal)) if backend.token_to_id(one.replace(" ", SPACE)) is None]
    return normal.translate({ord(one): UNKNOWN for one in unknown})
