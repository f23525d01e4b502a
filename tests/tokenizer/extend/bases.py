"""Small base tokenizers of every family, fitted to invented general text by the trainers that made the real ones."""

from __future__ import annotations

import io
import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from tokenizer.pretokenize import CL100K
from tokenizer.sentencepiece_file import as_tokenizer

WORDS = "the train came late and people waited near a market where bread milk tea were sold every morning rain".split()
CHINESE = "今天 天气 很好 我们 一起 去 市场 买 面包 牛奶 火车 晚点 大家 都在 等 早上 下雨 房间 干净 服务 热情".split()

BERT_SIZE = 148  # letters and the common words, of the names met once hardly one


def general_lines(count: int, seed: int = 0) -> list[str]:
    """Lines of general text, English and Chinese in turn."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        words = rng.choices(WORDS if number % 2 else CHINESE, k=rng.randrange(6, 14))
        if rng.random() < 0.1:  # a name that nobody has met
            words.append("".join(rng.choices("abcdefghijklmnoprstuvwxyz", k=5)))
        made.append(" ".join(words).capitalize() + "." if number % 2 else "".join(words) + "。")
    return made


def byte_level(lines: list[str], **options: Any) -> Tokenizer:
    """GPT-2's kind."""
    backend = Tokenizer(models.BPE(**options))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    _train(backend, lines)
    backend.add_special_tokens([AddedToken("<|endoftext|>", special=True, normalized=False)])
    return backend


def added_in_the_middle(lines: list[str]) -> Tokenizer:
    """A byte-level BPE with an added token among the ids of its vocabulary, and a gap."""
    spec = json.loads(byte_level(lines).to_str())
    place, token = 300, "<|middle|>"
    moved = {name: number + 2 * (number >= place) for name, number in spec["model"]["vocab"].items()}
    spec["model"]["vocab"] = moved
    for one in spec["added_tokens"]:
        one["id"] = moved.get(one["content"], one["id"] + 2)
        moved[one["content"]] = one["id"]
    moved[token] = place  # and place + 1 is nobody's
    spec["added_tokens"].insert(0, {**spec["added_tokens"][0], "id": place, "content": token})
    return Tokenizer.from_str(json.dumps(spec))


def llama_3(lines: list[str]) -> Tokenizer:
    """Whole words first (`ignore_merges`), special tokens behind the vocabulary and not in it."""
    backend = Tokenizer(models.BPE(ignore_merges=True))
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(CL100K), "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]
    )
    backend.decoder = decoders.ByteLevel()
    _train(backend, lines)
    backend.add_special_tokens([AddedToken(f"<|reserved_{number}|>", special=True) for number in range(5)])
    return backend


def _train(backend: Tokenizer, lines: list[str]) -> None:
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=500, initial_alphabet=alphabet, show_progress=False)
    backend.train_from_iterator(lines, trainer)


def bert(lines: list[str]) -> Tokenizer:
    """BERT's WordPiece, every Han character alone. The vocabulary is counted here: that of the library's own trainer is
    another one at each call, because its ties fall as its hash table lies."""
    prepared = Tokenizer(models.WordPiece({"[UNK]": 0}, unk_token="[UNK]"))
    prepared.normalizer = normalizers.BertNormalizer(lowercase=True)
    prepared.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    counted = Counter(
        word
        for line in lines
        for word, _ in prepared.pre_tokenizer.pre_tokenize_str(prepared.normalizer.normalize_str(line))
    )
    letters = sorted({letter for word in counted for letter in word})
    words = sorted((word for word in counted if len(word) > 1), key=lambda word: (-counted[word], word))
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    inside = [f"##{letter}" for letter in letters if letter.isascii() and letter.isalpha()]
    pieces = [*special, *letters, *inside, *words][:BERT_SIZE]
    backend = Tokenizer(models.WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]"))
    backend.normalizer, backend.pre_tokenizer = prepared.normalizer, prepared.pre_tokenizer
    backend.decoder = decoders.WordPiece()
    backend.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    return backend


def sentencepiece_model(lines: list[str], kind: str, **options: Any) -> bytes:
    """Llama's kind, or that without byte fallback, or Unigram."""
    written = io.BytesIO()
    told = {"byte_fallback": True, "add_dummy_prefix": True, "remove_extra_whitespaces": False, **options}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=written, model_type=kind, character_coverage=1.0, minloglevel=2,
        normalization_rule_name="identity", split_digits=True, hard_vocab_limit=False, vocab_size=450, **told,
    )  # fmt: skip
    return written.getvalue()


def write_bases(folder: Path) -> dict[str, Path]:
    """Every base in a folder of its own, by name."""
    lines = general_lines(600)
    backends: dict[str, Callable[[list[str]], Tokenizer]] = {
        "gpt-2": byte_level, "middle": added_in_the_middle, "llama-3": llama_3, "bert": bert,
    }  # fmt: skip
    for name, make in backends.items():
        (folder / name).mkdir(parents=True)
        make(lines).save(str(folder / name / "tokenizer.json"))
    models = {"llama-2": ("bpe", {}), "no-bytes": ("bpe", {"byte_fallback": False}), "unigram": ("unigram", {}),
              "llama-2-json": ("bpe", {})}  # fmt: skip
    for name, (kind, options) in models.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "tokenizer.model").write_bytes(sentencepiece_model(lines, kind, **options))
    from tokenizer.sentencepiece_file import read_model

    both = folder / "llama-2-json"
    backend = as_tokenizer(read_model(both / "tokenizer.model"))
    backend.add_special_tokens([AddedToken("<pad>", special=True, normalized=False)])  # behind the model
    backend.save(str(both / "tokenizer.json"))
    config = {"tokenizer_class": "GPT2Tokenizer", "eos_token": "<|endoftext|>", "auto_map": {"AutoTokenizer": "x.Y"},
              "chat_template": "{{ messages }}"}  # fmt: skip
    (folder / "gpt-2" / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "gpt-2" / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    return {name: folder / name for name in (*backends, *models)}
