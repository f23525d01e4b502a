"""The medical presets keep what a physician needs and drop what is no text: documents by hand, and the real ones.

The documents here are written for the tests. They pass through the annotators and `corpus/decide.py` as in a build.
"""

from __future__ import annotations

import importlib
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from benchmarks.survival import half
from corpus.annotate import ANNOTATORS
from corpus.annotate.settings import AnnotateSettings
from corpus.document import Record
from corpus.judge import verdict
from corpus.listing import list_files
from corpus.recipe import Recipe
from corpus.recipe_file import load_recipe
from corpus.sources import SOURCES

REPOSITORY = Path(__file__).parents[2]
DECLARED = {"en": "en", "zh": "zh", "lzh": "lzh", "": "und"}


@pytest.fixture(scope="module")
def medical(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    """The three medical presets as one recipe, as a user's recipe extends them."""
    file = tmp_path_factory.mktemp("recipe") / "medical.toml"
    file.write_text('name = "all"\nextends = ["medical-en", "medical-zh", "medical-tiers"]\n', encoding="utf-8")
    return load_recipe(file).recipe


def annotated(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Every fact of the documents `rows` (`id, text, language, genre`, perhaps `meta`)."""
    batch = pl.DataFrame(
        {
            "id": [row["id"] for row in rows], "text": [row["text"] for row in rows],
            "language": [row["language"] for row in rows], "meta": [row.get("meta", "{}") for row in rows],
            "licence": ["unknown"] * len(rows), "document.genre": [row["genre"] for row in rows],
        }
    )  # fmt: skip
    for name, module in ANNOTATORS.items():
        settings = getattr(AnnotateSettings(), name, None)
        batch = batch.hstack(importlib.import_module(module).annotate(batch, settings))
    return batch


def broken_by(medical: Recipe, text: str, language: str = "en", genre: str = "reference") -> set[str]:
    """The names of the rules that a text breaks; an empty set is a text that is kept."""
    row = {"id": "one", "text": text, "language": DECLARED[language], "genre": genre}
    answer = verdict(annotated([row]), medical)
    return {entry["rule"] for entry in answer["broken"][0]}


DOSING_TABLE = """Amoxicillin by mouth, suspension of 50 mg/mL

Age | Dose | Interval | Duration
under 3 months | 15 mg/kg | every 12 h | 10 days
3 to 12 months | 125 mg (2.5 mL) | every 8 h | 7 days
1 to 5 years | 250 mg (5 mL) | every 8 h | 7 days
5 to 12 years | 500 mg (10 mL) | every 8 h | 5 to 7 days
over 12 years | 500 mg to 1 g | every 8 h | 5 to 7 days"""

PAGE = f"""When the child has an infection of the middle ear, amoxicillin is the first choice if there is no allergy.

{DOSING_TABLE}

Shake the bottle before each dose and keep it in the refrigerator after it has been opened."""

LABORATORY = """Laboratory values on admission and at discharge.

Na 128 -> 139 mmol/L (135-145); K 5.9 -> 4.3 mmol/L (3.5-5.1); creatinine 412 -> 118 umol/L (62-106); CRP 287 -> 12 mg/L
(<5); leucocytes 23.4 -> 8.1 x 10^9/L (4.0-10.0); platelets 61 -> 188 x 10^9/L; lactate 6.2 -> 1.1 mmol/L (<2.0);
pH 7.21 -> 7.40; pCO2 3.1 -> 5.2 kPa. The patient was discharged to the ward on day 9 with a creatinine of 118."""

NUMBERS = """Low-dose colchicine after percutaneous intervention: a randomised trial.
RESULTS: Of 1,204 patients (mean age 63.4 years, SD 9.8), 602 received 0.5 mg daily. Death occurred in 11 (1.8%) vs 19
(3.2%) (HR 0.57, 95% CI 0.27-1.21, P=0.14); infarction in 24 (4.0%) vs 41 (6.8%) (HR 0.58, 95% CI 0.35-0.96, P=0.03);
revascularisation in 33 (5.5%) vs 52 (8.6%) (HR 0.62, 95% CI 0.40-0.97, P=0.04). hs-CRP fell from 3.1 to 1.4 mg/L
(-1.7, 95% CI -2.2 to -1.2). Diarrhoea: 58 (9.6%) vs 37 (6.1%) (RR 1.57, 95% CI 1.05-2.33)."""

MONOGRAPH = """药品名称:盐酸示例片
成份:本品每片含盐酸示例0.25g。辅料为淀粉、硬脂酸镁。
适应症:用于2型糖尿病(T2DM)的辅助治疗。
规格:0.25g×48片/盒
用法用量:口服,一次1片,一日3次,餐中服用;肾功能不全(eGFR<45ml/min)者减量。
不良反应:腹泻(≥10%)、恶心(1%~10%)、乳酸性酸中毒(<0.01%)。
贮藏:遮光,密封保存。
批准文号:国药准字H00000000"""

CHINESE_TABLE = """阿莫西林颗粒儿童用量
年龄　剂量　次数　疗程
<3月　15mg/kg　一日2次　10日
3~12月　125mg　一日3次　7日
1~5岁　250mg　一日3次　7日
>12岁　0.5~1g　一日3次　5~7日"""

CONSULTATION = """孩子三岁，发烧38.5℃两天了，要不要吃退烧药？
体温超过38.5℃可以按体重服用布洛芬，每次5到10mg/kg，间隔六小时以上。"""

PRESCRIPTION = "治久咳方\n\n属性：杏仁（三钱，去皮尖） 桔梗（二钱） 甘草（一钱，炙）上三味，水煎，食远服。"


@pytest.mark.parametrize(
    ("text", "language", "genre"),
    [
        (DOSING_TABLE, "en", "reference"),
        (PAGE, "en", "web"),
        (LABORATORY, "en", "article"),
        (NUMBERS, "en", "abstract"),
        (MONOGRAPH, "zh", "reference"),
        (CHINESE_TABLE, "zh", "reference"),
        (CONSULTATION, "zh", "consultation"),
        (PRESCRIPTION, "lzh", "classical"),
    ],
    ids=[
        "dosing table", "page with a dosing table", "laboratory values", "abstract of numbers", "drug monograph",
        "Chinese dosing table", "consultation", "classical prescription",
    ],
)  # fmt: skip
def test_medicine_is_kept(medical: Recipe, text: str, language: str, genre: str) -> None:
    assert broken_by(medical, text, language, genre) == set()


def test_the_web_presets_drop_what_the_medical_ones_keep(medical: Recipe) -> None:
    """The reason for these presets, in one place: an abstract and a monograph under the published rules."""
    rows = [{"id": "en", "text": NUMBERS, "language": "en", "genre": "abstract"},
            {"id": "zh", "text": MONOGRAPH, "language": "zh", "genre": "reference"}]  # fmt: skip
    facts = annotated(rows)
    assert verdict(facts, medical)["fate"].to_list() == ["kept", "kept"]
    assert verdict(facts, load_recipe("fineweb").recipe)["fate"][0] == "dropped"
    assert verdict(facts, load_recipe("fineweb2-zh").recipe)["fate"][1] == "dropped"


SENTENCE = "The heart pumps the blood through the body and the lungs bring the oxygen to it. "
MENU = (
    2
    * """Home
About us
Our services
Find a doctor
Careers
News
Events
Contact
Patients
Visitors
Research
Donate
"""
)
SHOP = SENTENCE + (
    "Add to cart and enjoy free shipping today. Buy now and get the best price with a discount on your order. Use the "
    "coupon at the checkout. Subscribe to the newsletter and check out our gift card for the people you love."
)
TERMS = ", ".join(
    "Hypertension Diabetes Asthma Cholesterol Insulin Kidney Liver Heart Stroke Cancer Vaccine Antibody Antigen Plasma "
    "Serum Biopsy Catheter Stent Pacemaker Dialysis Transplant Radiology Oncology Cardiology Neurology Nephrology "
    "Urology Surgery Anesthesia Pediatrics Geriatrics Psychiatry Dermatology Ophthalmology Pathology Hematology".split()
)
NAMES = "高血压、糖尿病、冠心病、脑梗死、肺结核、肝硬化、胃溃疡、肾结石、甲亢、痛风、哮喘、湿疹、荨麻疹"
STIRRED = (
    "Teh ytaoiprn fo ngidkaclnow sbwteeen ehtse vnortsuip wsa rgelra tahn cxpeetdeh rofm htat uylbeicsdn wkor adn "
    "tspnaiet ohsw vdereecih teh orolctn nmttreaet dsweho on eitcffe ta lal nihtiw xsi tmnohs otfre"
)
REPEATED = "本院治疗白癜风效果好，患者满意，欢迎来院咨询。"


# Text, language, genre, and the rule that it breaks.
JUNK = [
    ("Surgery of the gallbladder in the elderly.", "en", "abstract", "en-words-min"),
    (MENU, "en", "web", "en-web-line-ends"),
    (TERMS.replace(", ", "\n"), "en", "web", "en-web-function-words"),
    (MENU, "en", "web", "en-repeated-lines"),
    (SHOP, "en", "web", "en-web-selling"),
    (TERMS, "en", "other", "en-function-words"),
    (STIRRED, "en", "other", "en-language-confidence"),
    (NUMBERS.replace("(", "\ufffd"), "en", "abstract", "en-garbled"),
    (SENTENCE * 12, "en", "other", "en-repeated-phrases"),
    ("Die Leber ist das zentrale Organ des Stoffwechsels und liegt im rechten Oberbauch. " * 3, "", "web",
     "judged-language"),
    ("0x1f 9a 33 00 7c 81 ee 04 55 12 98 aa 00 00 13 37", "", "other", "judged-language"),
    ("糖尿病患者冬季护理六大要点", "zh", "web", "zh-characters-min"),
    (NAMES * 3, "zh", "web", "zh-sentences-min"),
    (NAMES.replace("、", "\n"), "zh", "web", "zh-web-short-lines"),
    (NAMES.replace("、", "\n"), "zh", "web", "zh-web-function-characters"),
    (MONOGRAPH.replace("。", "\ufffd"), "zh", "reference", "zh-garbled"),
    (MONOGRAPH.encode().decode("gb18030", errors="replace"), "zh", "reference", "zh-garbled"),
    (MONOGRAPH.encode("gb18030").decode("latin-1"), "zh", "reference", "judged-language"),
    (3 * "★★★祖传秘方，三天见效！★★★\n加微信领券。\n", "zh", "reference", "zh-repeated-lines"),
    (REPEATED * 10 + "\n" + REPEATED, "zh", "other", "zh-repeated-phrases"),
    (CONSULTATION + "\n本院优惠特价，包邮到家，在线咨询，立即预约，免费热线。", "zh", "web", "zh-web-selling"),
    (CONSULTATION + "\n时时彩投注平台，太阳城娱乐城真人荷官。", "zh", "consultation", "zh-spam"),
    ("卷第七\n\n属性：（凡八类）", "lzh", "classical", "lzh-characters-min"),
    ("五脏之图\n\n属性：" + "心之图\\p03-b8a1.bmp 肝之图\\p03-b8a2.bmp 脾之图\\p03-b8a3.bmp 者，以观五脏之所在也。",
     "lzh", "classical", "lzh-han"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "language", "genre", "rule"), JUNK)
def test_what_is_no_text_is_dropped_for_its_reason(
    medical: Recipe, text: str, language: str, genre: str, rule: str
) -> None:
    assert rule in broken_by(medical, text, language, genre)


def test_rules_for_the_web_bind_web_pages_only(medical: Recipe) -> None:
    recipe = NAMES.replace("、", "\n") + "\n以上各味研末，水煎服。"
    assert broken_by(medical, recipe, "zh", "reference") == set()
    assert broken_by(medical, recipe, "zh", "web") >= {"zh-web-short-lines"}


def test_a_whole_book_is_not_lost_for_a_few_rare_characters(medical: Recipe) -> None:
    book = CONSULTATION + "\n某药又名" + "\ue0c6、" * 9
    assert broken_by(medical, book, "zh", "classical") == set()
    assert broken_by(medical, book, "zh", "consultation") == {"zh-garbled"}


def test_every_rule_has_a_document_here_that_breaks_it(medical: Recipe) -> None:
    """A rule that nothing can break is no rule; a new one comes with its document."""
    assert {rule for *_, rule in JUNK} == {rule.name for rule in medical.rule}


@pytest.mark.parametrize(
    ("meta", "genre", "tier"),
    [
        ('{"publication_types":["D016449"]}', "abstract", "high"),
        ('{"publication_types":["D016449","D000076942"]}', "abstract", "medium"),
        ('{"publication_types":["D016428"]}', "abstract", "medium"),
        ('{"publication_types":["D016420"]}', "abstract", "basic"),
        ("{}", "reference", "high"),
        ("{}", "consultation", "basic"),
        ("{}", "classical", "classical"),
    ],
    ids=["trial", "preprint of a trial", "journal article", "comment", "handbook", "consultation", "old book"],
)
def test_tiers_follow_evidence_and_then_the_kind_of_source(medical: Recipe, meta: str, genre: str, tier: str) -> None:
    row = {"id": "one", "text": NUMBERS, "language": "en", "genre": genre, "meta": meta}
    assert verdict(annotated([row]), medical)["tier"].to_list() == [tier]


def real_documents(name: str, most: int) -> list[dict[str, Any]]:
    """Documents of one set of `benchmarks/real-sources.toml`, report half, texts beyond their title, evenly drawn."""
    loaded = load_recipe(REPOSITORY / "benchmarks" / "real-sources.toml")
    source = next(source for source in loaded.recipe.source if source.name == name)
    module = importlib.import_module(SOURCES[source.kind])
    rows = []
    for file in list_files(source, str(loaded.base), module.SUFFIXES):
        for item in module.read(file, source):
            for document in item.documents if isinstance(item, Record) else ():
                beyond_title = len(document.text) > len(document.title) + 2
                if half(document.id) == "report" and beyond_title and document.language in ("en", "zh", "und"):
                    rows.append(document._asdict() | {"genre": source.genre})
    return list(islice(rows, 0, None, max(1, len(rows) // most)))


@pytest.mark.parametrize(
    ("name", "share"),
    [("pubmed", 0.97), ("abstracts-cohen", 0.97), ("abstracts-hoc", 0.97), ("abstracts-ohsumed", 0.97),
     ("zh-drugs", 0.95)],
)  # fmt: skip
def test_real_medicine_of_the_half_never_calibrated_on_is_kept(
    real_data: Path, medical: Recipe, name: str, share: float
) -> None:
    rows = real_documents(name, 500)
    answer = verdict(annotated(rows), medical)
    dropped = answer.filter(pl.col("fate") == "dropped").group_by("rule").len().rows()
    assert len(rows) >= 300
    assert 1 - sum(count for _, count in dropped) / len(rows) >= share, dropped
