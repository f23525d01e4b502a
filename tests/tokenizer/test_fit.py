"""`tokenizer fit`: the same bytes every time, a card that leads to the corpus, nothing of others' replaced, no half."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from corpus.card import read_card
from corpus.errors import UserError
from corpus.progress import Silent
from tests.killed import killed_at
from tests.tokenizer.fitted import RECIPE, fit_small
from tests.tokenizer.small import corpus_of, documents
from tokenizer.fit import Fitted, fit
from tokenizer.merges import learn_merges, named, occurrences
from tokenizer.opened import open_tokenizer
from tokenizer.pretokenize import pattern
from tokenizer.recipe import LARGEST_SAMPLE, PretokenizeSettings, load_fit
from tokenizer.trained import Seen
from tokenizer.trainer import run_trainer
from tokenizer.words import count_words


def hashes(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.iterdir()) if path.name != "run.json")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def command(*arguments: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    told = [sys.executable, "-m", "tokenizer.cli", *arguments]
    python_path = str(Path(__file__).parents[2])
    return subprocess.run(
        told, capture_output=True, text=True, check=False, cwd=cwd, env={**os.environ, "PYTHONPATH": python_path, **env}
    )


@pytest.mark.parametrize("algorithm", ["bpe", "unigram", "wordpiece"])
def test_two_fits_give_identical_files_on_any_number_of_threads(corpus: Path, tmp_path: Path, algorithm: str) -> None:
    fit_small(corpus, tmp_path / "small", f"algorithm={algorithm}")
    recipe = tmp_path / "small.toml"
    for threads in ("1", "5"):
        other = tmp_path / threads
        done = command(
            "fit", str(recipe), "--corpus", str(corpus), "--out", str(other), "--set", f"algorithm={algorithm}",
            "--quiet", cwd=tmp_path, POLARS_MAX_THREADS=threads, RAYON_NUM_THREADS=threads,
            TOKENIZERS_PARALLELISM=str(threads != "1").lower(),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert hashes(other) == hashes(tmp_path / "small")


def test_merges_do_not_depend_on_the_threads_of_the_trainer() -> None:
    words = count_words([["the heart of the hearty heartless other mother 高血压患者高血压 " * 3]],
                        pattern(PretokenizeSettings()))  # fmt: skip
    options = {"model_type": "bpe", "vocab_size": 60, "character_coverage": 1.0}
    trained = [run_trainer(named(words), {**options, "num_threads": threads}, Seen()) for threads in (1, 2, 7)]
    pieces = [[piece.piece for piece in one.model.pieces] for one in trained]
    assert pieces[0] == pieces[1] == pieces[2]
    assert len(pieces[0]) > 40


def test_merges_are_those_of_byte_pair_encoding_done_by_hand() -> None:
    words = pl.DataFrame({"word": ["abab", "abc"], "count": [3, 2]})
    learned = learn_merges(words, 3, 1, Seen())
    assert learned.pairs == [("a", "b"), ("ab", "ab"), ("ab", "c")]
    assert occurrences(words, learned.characters, learned.pairs) == [8, 3, 2]


def test_pairs_that_occur_less_often_than_the_minimum_are_not_merged() -> None:
    words = pl.DataFrame({"word": ["abab", "abc"], "count": [3, 2]})
    assert learn_merges(words, 50, 3, Seen()).pairs == [("a", "b"), ("ab", "ab")]
    assert len(learn_merges(words, 50, 1, Seen()).pairs) == 3


def test_characters_are_counted_the_most_frequent_first() -> None:
    learned = learn_merges(pl.DataFrame({"word": ["abab", "abc"], "count": [3, 2]}), 3, 1, Seen())
    assert dict(zip(learned.characters, learned.counts, strict=True)) == {"a": 8, "b": 8, "c": 2}


def test_the_card_names_the_corpus_and_lists_the_files(corpus: Path, tmp_path: Path) -> None:
    card = fit_small(corpus, tmp_path / "out").card
    written, source = read_card(tmp_path / "out"), read_card(corpus)
    assert written is not None
    assert source is not None
    assert written == card
    assert card.kind == "tokenizer"
    assert card.parents == {"corpus": source.identity}
    assert set(card.outputs) == {"tokenizer.json", "tokenizer_config.json"}
    english, chinese = card.counts["sample"]
    assert card.counts["bytes"] == english["bytes"] + chinese["bytes"]


def test_an_unchanged_recipe_is_not_fitted_again_and_a_changed_one_is(corpus: Path, tmp_path: Path) -> None:
    def again(*sets: str) -> Fitted:
        return fit_small(corpus, tmp_path / "out", *sets)

    assert again().fresh
    assert not again().fresh
    assert again("vocabulary=1100").fresh
    (tmp_path / "out" / "tokenizer.json").unlink()
    assert again("vocabulary=1100").fresh


def test_a_folder_that_holds_something_else_is_left_alone(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.doc").write_text("mine")
    with pytest.raises(UserError, match="not a tokenizer of ours"):
        fit_small(corpus, out)
    assert (out / "thesis.doc").read_text() == "mine"
    with pytest.raises(UserError, match="not a tokenizer of ours"):
        fit_small(corpus, corpus)


@pytest.mark.parametrize("moment", ["export:swapping", "export:swapped"])
def test_killed_while_writing_a_rerun_ends_with_the_same_files(corpus: Path, tmp_path: Path, moment: str) -> None:
    fit_small(corpus, tmp_path / "whole", "vocabulary=1100")
    fit_small(corpus, tmp_path / "out")
    killed_at(moment, fit_small, corpus, tmp_path / "out", "vocabulary=1100")
    fit_small(corpus, tmp_path / "out", "vocabulary=1100")
    assert hashes(tmp_path / "out") == hashes(tmp_path / "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "out.toml", "whole", "whole.toml"]


def test_control_characters_lone_accents_and_private_characters_are_no_trouble(tmp_path: Path) -> None:
    strange = "".join(map(chr, [*range(32), 0x7F, 0x85, 0xA0, 0x301, 0x2581, 0x2585, 0xF8F0, 0xFFFD, 0xFFFF, 0xF0000,
                                0x10FFFD, 0x202E]))  # fmt: skip
    rows = [
        {"id": str(n), "text": f"Patient {n} {strange} took drug{n * n} {strange[::-1]} and recovered."}
        for n in range(80)
    ]
    corpus = corpus_of(tmp_path / "corpus", rows)
    for algorithm, size in (("bpe", 360), ("unigram", 400), ("wordpiece", 80)):
        recipe = RECIPE.replace('languages = ["en"]', "").partition('[[part]]\nname = "chinese"')[0]
        fitted = fit_small(corpus, tmp_path / algorithm, f"algorithm={algorithm}", f"vocabulary={size}", recipe=recipe)
        assert fitted.card.counts["vocabulary"] == size


def test_one_endless_line_is_fitted_in_seconds(tmp_path: Path) -> None:
    rows = [{"id": "line", "text": "".join(chr(97 + n * n % 26) for n in range(300_000))},
            {"id": "han", "text": "".join(chr(0x4E00 + n * n % 997) for n in range(100_000))}]  # fmt: skip
    corpus = corpus_of(tmp_path / "corpus", rows, "decide.held_out=0")
    recipe = 'name = "line"\nvocabulary = 1000\n[[part]]\nname = "all"\nbytes = 1_000_000\n'
    assert fit_small(corpus, tmp_path / "out", recipe=recipe).card.counts["vocabulary"] == 1000


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("vocabulary=many", "vocabulary"),
        ("algorithm=bpee", '"bpe"'),
        ("pretokenize.pattern=cl200k", '"cl100k"'),
        ("pretokenize.digit=3", "did you mean 'digits'"),
        ("part.english.byte=3", "did you mean 'bytes'"),
        (f"part.english.bytes={LARGEST_SAMPLE}", "32-bit counts"),
        ('pretokenize={pattern="gpt2", han=4}', "settings of the pattern 'medical'"),
        ("wordpiece.lowercase=false", "means nothing to the algorithm 'bpe'"),
    ],
)
def test_a_recipe_that_cannot_be_used_says_what_to_write(tmp_path: Path, changed: str, said: str) -> None:
    (tmp_path / "r.toml").write_text(RECIPE)
    with pytest.raises(UserError) as caught:
        load_fit(tmp_path / "r.toml", (changed,))
    assert said in str(caught.value)


def test_special_tokens_asked_for_twice_or_made_of_space_are_refused(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="asked for twice"):
        fit_small(corpus, tmp_path / "out", 'special.more=["<|pad|>"]')
    for bad in ("a b", "the", "患者", "<0x41>", "<|\\u0000|>", "<>"):
        with pytest.raises(UserError, match="cannot be a special token"):
            fit_small(corpus, tmp_path / "out", f'special.more=["{bad}"]')


@pytest.mark.parametrize("algorithm", ["bpe", "unigram", "wordpiece"])
def test_a_special_token_that_the_text_spells_is_no_second_piece(tmp_path: Path, algorithm: str) -> None:
    rows = [{**row, "text": row["text"] + " dose<--> risk<-->" * 9} for row in documents(200)]
    corpus = corpus_of(tmp_path / "corpus", rows)
    fitted = fit_small(corpus, tmp_path / "out", f"algorithm={algorithm}", 'special.more=["<-->"]')
    assert fitted.card.counts["vocabulary"] == 1200
    opened = open_tokenizer(tmp_path / "out")
    special = opened.backend.get_vocab()["<-->"]
    assert special < 10
    assert special not in opened.encode(["a <--> b"])[0]


def test_a_file_that_was_changed_in_place_is_made_anew(corpus: Path, tmp_path: Path) -> None:
    fit_small(corpus, tmp_path / "out")
    before = hashes(tmp_path / "out")
    file = tmp_path / "out" / "tokenizer.json"
    file.write_bytes(file.read_bytes().replace(b"patients", b"patience", 1))
    assert fit_small(corpus, tmp_path / "out").fresh
    assert hashes(tmp_path / "out") == before


def test_a_place_where_nothing_can_be_written_is_told_before_the_work(corpus: Path) -> None:
    with pytest.raises(UserError, match="Nothing can be written there"):
        fit(load_fit("medical-bpe"), corpus, Path("/proc/materia"), Silent())


def test_the_quick_start_needs_no_argument_no_network_and_no_corpus(tmp_path: Path) -> None:
    done = command("fit", "--json", cwd=tmp_path, HF_HUB_OFFLINE="1")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["counts"]["vocabulary"] == 2048
    assert (tmp_path / "materia-tokenizer" / "quick-start" / "tokenizer.json").exists()
    assert (tmp_path / "materia-corpus" / "samples" / "card.json").exists()


def test_a_recipe_without_a_corpus_and_a_folder_without_one_end_with_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(RECIPE)
    none = command("fit", "r.toml", cwd=tmp_path)
    assert (none.returncode, "give --corpus DIR" in none.stderr) == (1, True)
    wrong = command("fit", "r.toml", "--corpus", str(tmp_path), cwd=tmp_path)
    assert (wrong.returncode, "holds no corpus" in wrong.stderr) == (1, True)


def test_the_command_line_imports_nothing_heavy_for_its_help(tmp_path: Path) -> None:
    code = ("import sys; import tokenizer.cli; "
            "print([m for m in ('torch', 'transformers', 'polars', 'tokenizers', 'sentencepiece', 'datatrove') "
            "if m in sys.modules])")  # fmt: skip
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env, cwd=tmp_path
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("vocabulary", [261, 280, 320, 400])
def test_a_small_vocabulary_is_exact_though_most_merges_are_of_characters_without_a_place(
    corpus: Path, tmp_path: Path, vocabulary: int
) -> None:
    loaded = load_fit("quick-start", (f"vocabulary={vocabulary}",))
    assert fit(loaded, corpus, tmp_path / "out", Silent()).card.counts["vocabulary"] == vocabulary
