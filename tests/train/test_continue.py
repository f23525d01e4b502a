"""Going on from a model: with new pieces, with replay in its share, with adapters, with weights held back."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from corpus.errors import UserError
from corpus.progress import Silent
from tests.tokenizer.extend.bases import general_lines
from tests.tokenizer.small import corpus_of
from tests.train.small import SHORT, killed, logged, losses, run
from tokenizer.extend.run import Asked, extend
from tokenizer.opened import open_tokenizer
from train.adapters import base_of
from train.convert.merge import merge_adapter
from train.embeddings import tied
from train.model_folder import load_model, need_tokenizer, open_model
from train.plan.dry_run import Report
from train.plan.of_recipe import report_of
from train.prepare import RATE, prepare
from train.recipe import load_train
from train.run import Trained
from train.setup import replay_rows, rows_of

ON = ("model.shape=llama", *SHORT, "optimizer.learning_rate=0.003")


@pytest.fixture(scope="module")
def general(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of general text."""
    lines = general_lines(900, seed=3)
    rows = [{"id": f"g{n}", "text": "\n".join(lines[n : n + 6])} for n in range(0, 900, 6)]
    return corpus_of(tmp_path_factory.mktemp("general"), rows)


@pytest.fixture(scope="module")
def base(general: Path, bpe: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A model trained on general text."""
    return run(tmp_path_factory.mktemp("base") / "base", general, bpe, *SHORT, "budget.tokens=4000")


@pytest.fixture(scope="module")
def larger(base: Trained, corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its tokenizer with pieces of the domain."""
    folder = tmp_path_factory.mktemp("larger")
    (folder / "lines.txt").write_text("\n".join(general_lines(3000, seed=5)), encoding="utf-8")
    extend(Asked(str(base.out), corpus, folder / "lines.txt", pieces=40, multiple=8), folder / "out", Silent())
    return folder / "out"


def sets(base: Trained, *more: str) -> tuple[str, ...]:
    return (*ON, f"model.base={base.out}", *more)


def test_with_its_own_tokenizer_a_model_goes_on_and_its_card_names_the_base(
    base: Trained, corpus: Path, bpe: Path, tmp_path: Path
) -> None:
    trained = run(tmp_path / "on", corpus, bpe, *sets(base))
    told = losses(trained.out)
    assert sum(told[-3:]) < sum(told[:3])
    assert trained.card.parents["base"] == base.card.identity


def test_new_pieces_get_rows_in_the_way_that_loses_least_and_every_way_is_told(
    base: Trained, larger: Path, corpus: Path, tmp_path: Path
) -> None:
    trained = run(tmp_path / "on", corpus, larger, *sets(base))
    size = open_tokenizer(larger).size
    model = load_model(open_model(trained.out))
    assert model.get_input_embeddings().weight.shape[0] == size > base.card.counts.get("vocabulary", 0)
    ways = trained.run["new_rows"]
    assert {way["text"] for way in ways} == {"small/everything"}
    assert ways[0]["input"] == "before"
    assert len(ways) > 5
    best = min(ways[1:], key=lambda way: way["bits_per_byte"])
    assert trained.run["extension"]["method"] == best["input"]
    assert losses(trained.out)[-1] < losses(trained.out)[0]


def test_a_dry_run_counts_the_rows_of_an_extended_tokenizer(
    base: Trained, larger: Path, corpus: Path, bpe: Path, tmp_path: Path
) -> None:
    def reckoned(tokenizer: Path) -> Report:
        prepared = prepare(load_train("quick-start", sets(base)), corpus, str(tokenizer), tmp_path / "store", Silent())
        return report_of(prepared, "A100-80GB", 1, "none")

    before, after = reckoned(bpe), reckoned(larger)
    size = open_tokenizer(larger).size
    assert after.body.vocabulary == size > before.body.vocabulary
    tables = (1 if before.body.tied else 2) * (size - before.body.vocabulary) * before.body.hidden
    assert after.parameters.total == before.parameters.total + tables
    assert after.flops.total > before.flops.total
    trained = run(tmp_path / "on", corpus, larger, *sets(base))
    assert trained.run["parameters"] == after.parameters.total


def test_the_card_of_a_run_on_from_a_model_tells_what_was_taken(
    base: Trained, corpus: Path, bpe: Path, tmp_path: Path
) -> None:
    told = ("budget.tokens=1200", "slice.everything.weight=1", f"model.base={base.out}", "save.every=0")
    recipe = run(tmp_path / "on", corpus, bpe, *told, "evaluate.bytes=0").card.recipe
    assert not {"size", "shape"} & set(recipe["model"])
    assert recipe["model"]["sequence"] == 128  # the base's positions
    assert recipe["optimizer"]["learning_rate"] == RATE
    assert recipe["batch"]["rows"] == 8  # the recipe's


def test_of_replay_the_loss_is_told_by_itself_and_chooses_no_way(
    base: Trained, larger: Path, general: Path, corpus: Path, tmp_path: Path
) -> None:
    trained = run(tmp_path / "on", corpus, larger, *sets(base, "replay.share=0.25", f"replay.corpus={general}"))
    table = pl.DataFrame(trained.run["new_rows"])
    assert set(table["text"]) == {"small/everything", "small/replay"}
    ways = table.filter((pl.col("text") == "small/everything") & (pl.col("input") != "before")).sort("bits_per_byte")
    assert trained.run["extension"]["method"] == ways["input"][0]
    before = table.filter(pl.col("input") == "before")["bits_per_byte"]
    assert before[0] != before[1]


def test_a_tokenizer_that_is_not_the_model_s_is_refused(
    base: Trained, wordpiece: Path, corpus: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    spec = (wordpiece / "tokenizer.json").read_text("utf-8")
    (other / "tokenizer.json").write_text(spec, encoding="utf-8")
    (other / "tokenizer_config.json").write_text('{"eos_token": "[SEP]"}', encoding="utf-8")
    with pytest.raises(UserError):
        run(tmp_path / "on", corpus, other, *sets(base))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.05, 0.25])
def test_the_batches_hold_replay_in_its_share(
    base: Trained, general: Path, corpus: Path, bpe: Path, tmp_path: Path, share: float
) -> None:
    """Counted in the rows: tokens of the documents that, written out, stand in the general corpus. A row goes on with
    the document of the row before, unless that ended there."""
    told = sets(base, f"replay.share={share}", f"replay.corpus={general}", "budget.tokens=200000")
    prepared = prepare(load_train("quick-start", told), corpus, str(bpe), tmp_path / "store", Silent())
    texts = pl.concat([pl.read_parquet(file, columns=["text"]) for file in (general / "data").glob("*-train-*")])
    known = "\n".join(texts["text"])
    rows, end = rows_of(prepared), prepared.special.end
    documents: list[list[int]] = []
    for row in range(len(rows)):
        filled = int(prepared.packed.length[prepared.packed.rows[row] : prepared.packed.rows[row + 1]].sum())
        ids, starts = rows[row]["input_ids"][:filled], np.flatnonzero(rows[row]["position_ids"][:filled] == 0)
        for place, piece in enumerate(np.split(ids, starts[1:])):
            if place == 0 and documents and (documents[-1][-1] != end or len(documents[-1]) == 1):
                documents[-1].extend(piece.tolist())
            else:
                documents.append(piece.tolist())
    texts_read = [prepared.opened.decode([one for one in ids if one != end]) for ids in documents]
    replayed = sum(len(ids) for ids, text in zip(documents, texts_read, strict=True) if text.strip("\ufffd") in known)
    assert sum(map(len, documents)) == pytest.approx(200_000, abs=1)
    assert replayed == pytest.approx(200_000 * share, abs=1)


def test_adapters_are_put_into_the_weights_and_a_killed_run_ends_the_same(
    base: Trained, corpus: Path, bpe: Path, tmp_path: Path
) -> None:
    asked = sets(base, "lora.rank=4", "save.at=[384]")
    straight = run(tmp_path / "straight", corpus, bpe, *asked)
    killed("checkpoint: renamed", tmp_path / "killed", corpus, bpe, *asked)
    again = run(tmp_path / "killed", corpus, bpe, *asked)
    assert losses(again.out) == losses(straight.out)
    models = [load_model(open_model(one.out)).state_dict() for one in (straight, again)]
    assert models[0].keys() == load_model(open_model(base.out)).state_dict().keys()
    assert all(torch.equal(models[0][name], models[1][name]) for name in models[0])


@pytest.mark.parametrize("tables", ["lora.tables=true", "lora.tables=false"])
def test_a_checkpoint_of_adapters_with_new_pieces_is_a_whole_model(
    base: Trained, larger: Path, corpus: Path, tmp_path: Path, tables: str
) -> None:
    shutil.copytree(base.out, tmp_path / "base")
    on = (*ON, f"model.base={tmp_path / 'base'}")
    trained = run(tmp_path / "on", corpus, larger, *on, "lora.rank=4", "save.at=[1190]", tables)
    shutil.move(tmp_path / "on", tmp_path / "elsewhere")
    shutil.move(tmp_path / "elsewhere", tmp_path / "on")
    (checkpoint,) = (tmp_path / "on" / "checkpoints").iterdir()
    whole = load_model(open_model(trained.out)).state_dict()
    opened = open_model(checkpoint, adapters=True)
    assert opened.rows == open_tokenizer(larger).size == need_tokenizer(opened).size
    assert (checkpoint / "new_pieces.parquet").is_file()
    merged = merge_adapter(tmp_path / "base", checkpoint, tmp_path / "merged")
    for made in (load_model(opened), load_model(open_model(merged.out))):
        assert made.state_dict().keys() == whole.keys()
        assert all(torch.equal(value, whole[name]) for name, value in made.state_dict().items())
    assert need_tokenizer(open_model(merged.out)).identity == need_tokenizer(opened).identity
    again = run(tmp_path / "again", corpus, checkpoint, *ON, f"model.base={checkpoint}", "lora.rank=2", "save.at=[128]")
    (second,) = (again.out / "checkpoints").iterdir()
    assert base_of(second) == checkpoint
    with pytest.raises(UserError, match="holds adapters") as caught:
        open_model(checkpoint)
    assert f"train merge {tmp_path / 'base'} --adapter {checkpoint}" in caught.value.mend
    (tmp_path / "base").rename(tmp_path / "gone")
    with pytest.raises(UserError, match="is not where they name it"):
        open_model(checkpoint, adapters=True)


def test_input_and_output_of_a_checkpoint_of_adapters_stay_one_matrix(
    corpus: Path, wordpiece: Path, tmp_path: Path
) -> None:
    shape = (*SHORT, "model.shape=bert", "budget.tokens=400")
    first = run(tmp_path / "first", corpus, wordpiece, *shape)
    on = (f"model.base={first.out}", "optimizer.learning_rate=0.01", "lora.rank=2", "save.at=[390]")
    trained = run(tmp_path / "on", corpus, wordpiece, *shape, *on)
    (checkpoint,) = (trained.out / "checkpoints").iterdir()
    opened, whole = load_model(open_model(checkpoint, adapters=True)), load_model(open_model(trained.out))
    assert tied(opened)
    assert not torch.equal(opened.cls.predictions.bias, load_model(open_model(first.out)).cls.predictions.bias)
    there = whole.state_dict()
    assert all(torch.equal(value, there[name]) for name, value in opened.state_dict().items())


def test_in_a_first_phase_only_embeddings_and_head_move(base: Trained, corpus: Path, bpe: Path, tmp_path: Path) -> None:
    trained = run(tmp_path / "on", corpus, bpe, *sets(base, "first.tables=1000000"))
    before, after = (load_model(open_model(one.out)).state_dict() for one in (base, trained))
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved == {"model.embed_tokens.weight", "lm_head.weight"}


def test_consolidation_holds_weights_near_where_they_were(
    base: Trained, general: Path, corpus: Path, bpe: Path, tmp_path: Path
) -> None:
    distances, logs = [], []
    for strength in (0.0, 1e6):
        told = sets(base, "replay.share=0.05", f"replay.corpus={general}", f"consolidation.strength={strength}")
        trained = run(tmp_path / f"on{strength}", corpus, bpe, *told)
        before, after = (load_model(open_model(one.out)).state_dict() for one in (base, trained))
        distances.append(sum(float(((before[name] - after[name]) ** 2).sum()) for name in before))
        logs.append([line for line in logged(trained.out) if "loss" in line])
    assert distances[1] < 0.6 * distances[0]
    free, held = logs
    assert held[0]["loss"] == free[0]["loss"]
    assert all("penalty" not in line for line in free)
    assert held[0]["penalty"] == 0.0  # nothing has moved
    assert max(line["penalty"] for line in held) > 0.001
    for line in held:  # bits per byte are those of the text: the loss by the same factor at every step
        assert line["bits_per_byte"] / line["loss"] == pytest.approx(free[0]["bits_per_byte"] / free[0]["loss"])
    # With the penalty in it the loss would lie far above: what is held near a base stays near its loss.
    assert max(line["loss"] for line in held) < max(line["loss"] for line in free) + 0.5
    prepared = prepare(load_train("quick-start", told), corpus, str(bpe), tmp_path / "store", Silent())
    assert len(replay_rows(prepared)) > 0


def test_settings_that_need_a_base_or_replay_are_refused_without(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"set model\.base"):
        load_train("quick-start", ("lora.rank=4",))
    with pytest.raises(UserError, match=r"replay\.share is 0"):
        load_train("quick-start", ("consolidation.strength=1",))
