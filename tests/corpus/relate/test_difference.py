"""Which differences forbid that one text stands for another, and which do not, in English and Chinese."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.relate.alignment import LONG, changes
from corpus.relate.difference import Difference, compare, difference
from corpus.relate.terms import Terms
from corpus.relate.tokens import Numbers, Tokens
from corpus.text.fold import folded
from tests.corpus.text.texts import texts

TERMS = Terms(["metformin", "glipizide", "aspirin", "warfarin", "阿莫西林", "阿奇霉素"])


def between(one: str, other: str) -> Difference:
    """The difference of two texts, which must not depend on their order."""
    left, right = folded(one), folded(other)
    found, back = difference(left, right, TERMS), difference(right, left, TERMS)
    assert found == Difference(back.veto, back.other, back.one, back.changes)
    return found


QUANTITIES = (
    ("Take aspirin 81 mg for 7 days after meals.", "Take aspirin 325 mg for 14 days after meals."),
    ("Dose 10 mg daily.", "Dose 10 g daily."), ("Dose 10 mg daily.", "Dose 10 mg/kg daily."),
    ("Dose 10 mg daily.", "Dose 10 mg per kg daily."), ("a 10 mg dose", "a 10 mg/kg dose"),
    ("Dose 10 mg daily.", "Dose 10 mcg daily."), ("Dose 1.5 mg daily.", "Dose 1,500 mg daily."),
    ("Dose .5 mg daily.", "Dose 5 mg daily."), ("Dose 0.5 mg daily.", "Dose 5 mg daily."),
    ("Dose 5 mg daily.", "Dose 5-10 mg daily."), ("Take 1 tablet now.", "Take 1½ tablets now."),
    ("Take one tablet now.", "Take one-half tablet now."), ("A 1.5-2.5 mg dose", "A 1.5-3.5 mg dose"),
    ("Give 1000-2000 ml fluid", "Give 1000-3000 ml fluid"), ("SBP ≥140 mmHg is treated", "SBP ≥130 mmHg is treated"),
    ("BP 140/90 mmHg", "BP 140/80 mmHg"),
    ("Aspirin 81 mg, warfarin 5 mg daily.", "Aspirin 5 mg, warfarin 81 mg daily."),
    ("Group A had 10 mg of the drug and group B had 20 mg.", "Group A had 20 mg of the drug and group B had 10 mg."),
    ("Take it twice daily.", "Take it three times daily."), ("for seven days", "for fourteen days"),
    ("every 8 hours", "every 12 hours"), ("q8h", "q12h"), ("500 mg bid for", "500 mg tid for"),
    ("Methotrexate 10 mg weekly.", "Methotrexate 10 mg daily."), ("once a week", "once a day"),
    ("HbA1c 7.5 was found", "HbA1c 8.5 was found"), ("a 1:100 dilution", "a 1:200 dilution"),
    ("vitamin B12 deficiency", "vitamin B6 deficiency"), ("CYP2D6 inhibitors", "CYP2C19 inhibitors"),
    ("type 1 diabetes", "type 2 diabetes"), ("stage II disease", "stage III disease"), ("WBC 4×10⁹/L", "WBC 4×10⁸/L"),
    ("enrolled (n=120) patients", "enrolled (n=130) patients"), ("risk (HR 0.62) fell", "risk (HR 1.62) fell"),
    ("difference (P=0.03)", "difference (P=0.30)"), ("difference (P=.001)", "difference (P=.01)"),
    ("ratio [95% CI 0.4-0.9]", "ratio [95% CI 0.4-1.9]"), ("give [10 mg/kg] now", "give [20 mg/kg] now"),
    ("base excess -5 mmol/L", "base excess 5 mmol/L"), ("37 °C", "37 °F"), ("aged 65 years", "aged 75 years"),
    ("口服,一次2片,一日3次", "口服,一次3片,一日3次"), ("甘草三钱", "甘草五钱"), ("连服3日", "连服7日"),
    ("连服三日", "连服七日"), ("血压140/90mmHg", "血压150/90mmHg"), ("阿司匹林81毫克", "阿司匹林325毫克"),
    ("5mg,每日一次", "5g,每日一次"), ("每周一次口服", "每日一次口服"), ("百分之三十的患者", "百分之五十的患者"),
    ("三分之一的患者", "三分之二的患者"), ("给予5、10、20mg/kg", "给予8、10、20mg/kg"),
    ("给予1,2,4,8mg", "给予1,2,4,16mg"), ("1型糖尿病", "2型糖尿病"), ("Ⅱ期患者", "Ⅲ期患者"),
    ("approximately 2 hours later", "approximately 8 hours later"), ("augmentin 2 tablets", "augmentin 4 tablets"),
    ("telmisartan 40 mg daily", "telmisartan 80 mg daily"), ("a hotel 40 km away", "a hotel 80 km away"),
    ("novolog 10 units", "novolog 40 units"), ("septrin 2 tablets", "septrin 4 tablets"),
    ("phone after 2 hours", "phone after 8 hours"), ("phone 2 hours later", "phone 8 hours later"),
    ("tidal volume 500 ml", "tidal volume 600 ml"), ("volume 1.5 L", "volume 2.5 L"),
    ("taken every day", "taken every other day"), ("10 mg qd with food", "10 mg qod with food"),
    ("injected weekly", "injected fortnightly"), ("隔日服用", "每日服用"),
    ("当归叁钱", "当归伍钱"), ("黄芪壹两", "黄芪贰两"),
    ("大枣廿个", "大枣卅个"), ("连服三五日", "连服三十五日"), ("每服一片半", "每服一片"), ("三月龄婴儿", "六月龄婴儿"),
    ("5 % saline", "5 ‰ saline"), ("peginterferon alfa-2a is", "peginterferon alfa-2b is"),
    ("give (10) tablets", "give (20) tablets"), ("not over 12 (24) mg", "not over 12 (48) mg"),
    ("dose [10] mg/kg", "dose [20] mg/kg"), ("a no. 5 catheter", "a no. 8 catheter"),
    ("the cuff reads 120 or", "the cuff reads 180 or"), ("take 2 shares of", "take 4 shares of"),
    ("体温37.5℃", "体温38.5℃"), ("65岁以上", "75岁以上"), ("10%葡萄糖", "5%葡萄糖"), ("服药2000单位", "服药1900单位"),
)  # fmt: skip
NEGATIONS = (
    ("It is recommended in children.", "It is not recommended in children."), ("with fever", "without fever"),
    ("There was pain.", "There was no pain."), ("You should take it.", "You shouldn't take it."),
    ("hypertension care", "hypotension care"), ("The risk was increased.", "The risk was decreased."),
    ("The risk was increased.", "The risk was reduced."), ("Take it before meals.", "Take it after meals."),
    ("the left lung", "the right lung"), ("safe in pregnancy", "unsafe in pregnancy"), ("acute pain", "chronic pain"),
    ("a difference (P<0.05)", "a difference (P>0.05)"), ("SBP ≥140 mmHg", "SBP ≤140 mmHg"),
    ("at least once", "at most once"), ("continue the drug", "discontinue the drug"),
    ("shock is reversible", "shock is irreversible"),
    ("an abnormal gait", "a normal gait"), ("children included", "children excluded"), ("avoid wine", "drink wine"),
    ("he denies pain", "he reports pain"), ("all except infants", "all with infants"),
    ("resistant strains", "sensitive strains"),
    ("allowed in labour", "prohibited in labour"), ("by oral route", "by rectal route"), ("5 mg IV now", "5 mg IM now"),
    ("intrathecal vincristine", "intravenous vincristine"), ("given orally", "given intravenously"),
    ("mild disease", "severe disease"), ("in the first trimester", "in the third trimester"), ("mean ≠ 5", "mean = 5"),
    ("INR ≮ 2", "INR < 2"), ("Drug A was better than drug B in this.", "Drug B was better than drug A in this."),
    ("甲药优于乙药。", "乙药优于甲药。"), ("肌注给药", "静注给药"), ("口服此药", "静脉注射此药"),
    ("舌下含服", "以水吞服"),
    ("否认药物过敏", "诉药物过敏"), ("继续服用", "停止服用"), ("早期胃癌", "晚期胃癌"),
    ("benign lesion", "malignant lesion"), ("孕妇可用", "孕妇禁用"), ("可以服用", "不可以服用"),
    ("血压升高时", "血压降低时"), ("饭前服用", "饭后服用"), ("妊娠期", "哺乳期"), ("有皮疹", "无皮疹"),
    ("左侧肢体", "右侧肢体"), ("检查阳性", "检查阴性"), ("大于140", "小于140"), ("急性胃炎", "慢性胃炎"),
)  # fmt: skip
NAMES = (
    ("treated with metformin daily", "treated with glipizide daily"), ("服用阿莫西林胶囊", "服用阿奇霉素胶囊"),
    ("metformin after aspirin", "metformin after warfarin"),
)  # fmt: skip
HARMLESS = (
    ("浏览次数:1,203 高血压应限盐", "浏览次数:4,511 高血压应限盐"), ("阅读(123) 高血压", "阅读(4567) 高血压"),
    ("1203次浏览", "1次浏览"), ("1,234 views and text", "1,240 views and text"),
    ("1.2k views of it", "3.4k views of it"), ("评论(3) 高血压", "评论(12) 高血压"),
    ("2021年3月5日 高血压", "2023年11月8日 高血压"), ("2021.03.05 高血压", "2022.11.16 高血压"),
    ("2021-3-5 text", "2022-11-16 text"), ("Posted on May 3, 2021. Rest.", "Posted on June 13, 2023. Rest."),
    ("on 05/03/2021 we", "on 16/11/2022 we"), ("2021-03-04 10:22 text", "2022-05-06 11:35 text"),
    ("in 2019 we saw", "in 2021 we saw"), ("at 08:30 we", "at 09:45 we"), ("Page 3 of 10", "Page 4 of 11"),
    ("第3页 高血压", "第4页 高血压"), ("Table 3 shows", "Table 4 shows"), ("图3所示", "图4所示"),
    ("as shown [12] before", "as shown [13] before"), ("as shown [3-5] before", "as shown [4-6] before"),
    ("in volume 12, and", "in volume 13, and"), ("Vol. 3 is out", "Vol. 4 is out"),
    ("on 3 September 2021 we", "on 7 Sept 2022 we"), ("in January 2021 we", "in Feb. 2022 we"),
    ("Tel: +1 (555) 123-4567", "Tel: +1 (555) 765-4321"), ("phone 555-1234", "phone 555-4321"),
    ("fax (010) 1234 5678 now", "fax (010) 8765 4321 now"), ("doi 10.1000/182", "doi 10.1000/183"),
    ("Posted 3 days ago by", "Posted 5 days ago by"), ("downloaded 5 times", "downloaded 9 times"),
    ("rated 4.5 by 123 users", "rated 4.6 by 140 users"),
    ("5 people found this helpful", "9 people found this helpful"),
    ("更新于 03-05", "更新于 11-12"), ("发布于3天前", "发布于5天前"), ("likes: 12", "likes: 13"),
    ("price $12.50 each", "price $14.00 each"), ("价格30元", "价格35元"), ("NCT01234567 trial", "NCT07654321 trial"),
    ("PMID: 31452104", "PMID: 31452105"), ("电话:010-12345678", "电话:021-87654321"), ("1、头痛 2、发热", "头痛 发热"),
    ("(1) rest (2) water", "(a) rest (b) water"), ("after 10 min rest", "after ten minutes rest"),
    ("5 mL saline", "5 cc saline"), ("within 2 to 4 % of", "within 2-4% of"), ("1,5 mg daily", "1.5 mg daily"),
    ("0.5 mg daily", ".5 mg daily"), ("阿司匹林81毫克", "阿司匹林81mg"), ("一日三次", "每日三次"),
    ("一日3次", "一日三次"), ("RBC 4×10¹²/L", "RBC 4×10^12/L"),
    ("Rest well. Drink water.", "Rest well. Do not reprint. Drink water."),
    ("好好休息。多喝水。", "好好休息。请勿转载。多喝水。"), ("Rest well.", "Rest well. It costs 5 mg of iron."),
    ("Take 81 mg of aspirin.", "Take 81 mg of aspirin orally."), ("非常好的药", "很好的药"),
    ("病情不断加重", "病情持续加重"), ("The colour is fine.", "The color is fine."),
    ("treated with metformin", "treated with metformin hydrochloride"), ("aspirin is old", "it is old"),
)  # fmt: skip


@pytest.mark.parametrize(("one", "other"), QUANTITIES)
def test_a_substituted_quantity_forbids(one, other):
    assert between(one, other).veto == "quantity"


@pytest.mark.parametrize(("one", "other"), NEGATIONS)
def test_a_negation_or_an_opposite_forbids(one, other):
    assert between(one, other).veto == "negation"


@pytest.mark.parametrize(("one", "other"), NAMES)
def test_a_substituted_term_forbids_only_where_a_list_is_given(one, other):
    assert between(one, other).veto == "term"
    assert difference(folded(one), folded(other)).veto == ""


@pytest.mark.parametrize(("one", "other"), HARMLESS)
def test_what_says_nothing_for_the_patient_forbids_nothing(one, other):
    found = between(one, other)
    assert found.veto == ""
    assert found.changes or folded(one) == folded(other)


SECTIONS = (
    "Adults take 10 mg once daily in the morning with a glass of water and should then rest for half an hour at home.",
    "Children below twelve years take 5 mg once daily under the eyes of their parents and only after a light meal.",
    "Store the package in a dry place at room temperature and return what is left over to the pharmacy at the corner.",
)  # fmt: skip


def test_sections_in_another_order_forbid_nothing():
    for order in ((1, 0, 2), (2, 0, 1), (2, 1, 0), (0, 2, 1)):
        assert between("\n".join(SECTIONS), "\n".join(SECTIONS[place] for place in order)).veto == "", order


LABELS = (
    "For the first medicine of the two, which has been in use since the nineteenth century and is sold without a "
    "prescription in nearly every country of the world, this holds today:",
    "And for the second medicine of the two, which was found in spoiled clover and is only handed out to whoever has "
    "his blood examined every few weeks, this holds today:",
)
TAKES = tuple(
    f"The usual dose is {dose} mg once daily, taken {when} with a full glass of water and never together with {drink}, "
    f"which {does} what the body takes up of it. Whoever has forgotten it once {then}, and asks the doctor {where}."
    for dose, when, drink, does, then, where in (
        (81, "at breakfast", "milk", "lowers", "takes it when it comes to mind again", "at the next visit"),
        (5, "at night", "grapefruit juice", "raises", "leaves it until the evening of the next day", "by telephone"),
    )
)
LONG_SECTION = SECTIONS[2].replace("at the corner", "at the corner, which pays for it and burns it") + (
    " What has changed its colour is no longer good, even if the date on the package lies in the future, and should be "
    "brought there at once by somebody who is not a child."
)


def test_long_passages_in_another_order_forbid_nothing_though_their_doses_differ():
    three = [*TAKES, LONG_SECTION]
    for order in ((1, 0, 2), (2, 0, 1), (2, 1, 0)):
        assert between("\n".join(three), "\n".join(three[place] for place in order)).veto == "", order


def test_long_passages_that_were_swapped_under_their_labels_forbid():
    one = [LABELS[0], TAKES[0], LABELS[1], TAKES[1]]
    other = [LABELS[0], TAKES[1], LABELS[1], TAKES[0]]
    assert between("\n".join(one), "\n".join(other)).veto == "quantity"
    assert between("\n".join([SECTIONS[2], *one]), "\n".join([*other, SECTIONS[2]])).veto == "quantity"


def test_a_dose_changed_beside_passages_in_another_order_forbids():
    other = [LONG_SECTION, TAKES[1], TAKES[0].replace("81 mg", "325 mg")]
    assert between("\n".join([*TAKES, LONG_SECTION]), "\n".join(other)).veto == "quantity"


CUT = "The patients took 81 mg of aspirin daily and 5 mg of warfarin weekly. {} They were not seen again after 30 days."


@pytest.mark.parametrize("length", [12, 24, 38, 60, 90])
def test_a_text_that_was_cut_off_anywhere_may_stand_for_no_other_and_forbids_nothing(length):
    whole = CUT.format(" ".join(SECTIONS[2:]))
    assert between(whole, whole[:-length]).veto == ""
    assert between(whole, whole[length:]).veto == ""


@pytest.mark.parametrize(
    ("end", "other"),
    [
        ("daily take 10 mg", "daily take 20 mg"),
        ("daily take 10 mg", "daily take 10 g"),
        ("a hazard ratio (HR 1", "a hazard ratio (HR 12 was found in all of them"),
        ("it is not safe", "it is safe"),
        ("for 10 mg", "for 1000 mg of the same medicine"),
    ],
)
def test_a_change_at_the_end_or_beginning_is_no_cut(end, other):
    assert between(f"{SECTIONS[2]} {end}", f"{SECTIONS[2]} {other}").veto
    if not other.startswith("a hazard"):
        assert between(f"{end}. {SECTIONS[2]}", f"{other}. {SECTIONS[2]}").veto


ANSWER = (
    "That is best looked at by a doctor. Until then drink enough, sleep enough, and take nothing that nobody has told "
    "you to take. Should there be fever or pain, go to a hospital at once, whatever the time of day may be."
)
QUESTIONS = (
    "My knee has been swollen since I fell from a ladder; what is it?",
    "Can a child with an egg allergy have this vaccine?",
)
ZH_ANSWER = "您好,建议您到正规医院就诊,完善相关检查后再做处理,平时注意休息,饮食清淡,不要自行用药,祝您早日康复。" * 2
ZH_QUESTIONS = ("怀孕六个月羊水过少怎么办?", "晚上眼睛痛胸口闷该吃些什么?")


@pytest.mark.parametrize(("questions", "answer"), [(QUESTIONS, ANSWER), (ZH_QUESTIONS, ZH_ANSWER)])
def test_another_question_with_the_same_answer_is_another_text(questions, answer):
    found = between(*(f"{question}\n{answer}" for question in questions))
    assert (found.veto, {found.one, found.other}) == (
        "opening",
        {folded(question).rstrip("?")[:60] for question in questions},
    )
    for opening in ("Question: ", "问:"):
        assert between(*(f"{opening}{question}\n{answer}" for question in questions)).veto == "opening"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Colds", "The common cold"),  # a title
        ("Published on 3 March 2021 by the editors", "Last changed on 9 May 2023, 1,024 views"),
        ("", QUESTIONS[0]),  # only one has it
        ("What is good for a cold in a child of three?", "What helps against a cold in a child of three?"),
    ],
)
def test_a_short_one_sided_or_similar_beginning_forbids_nothing(one, other):
    assert between(f"{one}\n{ANSWER}", f"{other}\n{ANSWER}").veto == ""


def test_another_end_forbids_nothing():
    assert between(*(f"{ANSWER}\n{question}" for question in QUESTIONS)).veto == ""


def test_a_section_more_or_less_forbids_nothing():
    assert between("\n".join(SECTIONS), "\n".join(SECTIONS[:2])).veto == ""
    assert between("\n".join(SECTIONS), "\n".join(SECTIONS[1:])).veto == ""


def test_doses_that_two_sections_swap_forbid_although_both_texts_hold_the_same_numbers():
    swapped = [SECTIONS[0].replace("10 mg", "5 mg"), SECTIONS[1].replace("5 mg", "10 mg"), SECTIONS[2]]
    assert between("\n".join(SECTIONS), "\n".join(swapped)).veto == "quantity"


def test_the_evidence_names_both_sides_and_without_a_veto_the_first_change():
    found = difference(folded("Aspirin 81 mg for 7 days."), folded("Aspirin 325 mg for 14 days."))
    assert found == Difference("quantity", "81 mg", "325 mg", 2)
    assert found.evidence == "81 mg → 325 mg"
    found = difference("a not b", "a b")
    assert (found, found.evidence) == (Difference("negation", "not", "", 1), "not → ∅")
    assert difference("rest at home now", "rest in bed now") == Difference("", "at home", "in bed", 1)
    assert difference("same", "same") == difference("", "") == Difference("", "", "", 0)
    assert difference("same", "same").evidence == ""


def test_a_negation_in_a_long_change_says_nothing_about_the_rest():
    long = "here stands quite another passage of not less than a dozen words in all of them together"
    assert between(f"first {long} last", "first word last").veto == ""


def page(length: int, seed: int, han: bool = False) -> list[str]:
    """Words of an invented text without numbers, or characters of a Chinese one."""
    drawn = random.Random(seed)
    if han:
        return [chr(drawn.randrange(0x4E00, 0x5000)) for _ in range(length)]
    words = ["".join(drawn.choices("bcdfgaeiou", k=drawn.randrange(3, 9))) for _ in range(2000)]
    return drawn.choices(words, k=length)


@pytest.mark.parametrize("han", [False, True])
@pytest.mark.parametrize("length", [LONG - 10, LONG + 10, 6 * LONG])
def test_one_changed_dose_in_the_middle_of_a_long_text_is_seen(length, han):
    words, glue = page(length, 1, han), "" if han else " "
    middle = length // 2
    one, other = ([*words[:middle], f" {dose} mg ", *words[middle:]] for dose in (81, 325))
    other[100:100] = "齉龘麤鱻" * 10  # and something added before it
    found = between(glue.join(one), glue.join(other))
    assert (found.veto, found.changes) == ("quantity", 2)


LARGE = 200_000


def giants(kind: str) -> tuple[str, str]:
    """Two texts of about LARGE characters that have few or no anchors in common."""
    if kind == "words":
        return " ".join(page(LARGE // 6, 1)), " ".join(page(LARGE // 6, 2))
    if kind == "characters":
        return "".join(page(LARGE, 1, True)), "".join(page(LARGE, 2, True))
    if kind == "repeats":
        return "ab cd " * (LARGE // 6), "cd ab " * (LARGE // 6)
    drawn = random.Random(3)
    if kind == "terms":
        names = [drawn.choices(pair, k=LARGE // 8) for pair in (("aspirin", "warfarin"), ("metformin", "warfarin"))]
        return " ".join(names[0]), " ".join(names[1])
    least, most = (1, 10) if kind == "few doses" else (1, 10_000)
    doses = [[drawn.randrange(least + more, most + more) for _ in range(LARGE // 7)] for more in (0, 5)]
    return " ".join(f"{dose} mg" for dose in doses[0]), " ".join(f"{dose} mg" for dose in doses[1])


@pytest.mark.parametrize("kind", ["words", "characters", "repeats", "few doses", "many doses", "terms"])
def test_two_texts_of_two_hundred_thousand_characters_take_seconds(kind):
    one, other = giants(kind)
    start = time.process_time()
    difference(one, other, TERMS)
    assert time.process_time() - start < 5


sequences = st.lists(st.integers(0, 5), max_size=30)


def rebuilt(one: list[int], other: list[int]) -> list[int]:
    """`one` with every change replaced by what stands in `other`."""
    result, at = [], 0
    for i1, i2, j1, j2 in changes(np.array(one, np.int64), np.array(other, np.int64)):
        assert at <= i1 <= i2
        assert i1 < i2 or j1 < j2
        result += one[at:i1] + other[j1:j2]
        at = i2
    return result + one[at:]


@given(sequences, sequences)
def test_replacing_every_change_turns_one_sequence_into_the_other(one, other):
    assert rebuilt(one, other) == other


@given(sequences, sequences, st.integers(1, 9))
def test_the_same_holds_for_long_texts_cut_at_anchors(one, other, limit):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("corpus.relate.alignment.LONG", limit)
        patch.setattr("corpus.relate.alignment.ANCHOR", 2)
        assert rebuilt(one, other) == other


@given(sequences)
def test_identical_sequences_have_no_changes(one):
    assert list(changes(np.array(one, np.int64), np.array(one, np.int64))) == []


@given(texts, texts)
def test_neither_the_veto_nor_the_number_of_changes_depends_on_the_order(one, other):
    between(one, other)


WORDS = "take 5 mg 10 mg 81 mg daily not no high low , . ; of aspirin warfarin without fever for 7 days".split()


@given(st.lists(st.sampled_from(WORDS), max_size=14), st.lists(st.sampled_from(WORDS), max_size=14), st.booleans())
def test_nor_in_texts_full_of_doses_and_negations(one, other, han):
    glue = "" if han else " "
    between(glue.join(one), glue.join(other))


@given(texts)
def test_tokens_are_all_that_is_no_space_in_order(text):
    view = folded(text)
    cut = Tokens(view, Numbers())
    size = len(cut.ids)
    assert "".join(cut.words(at, at + 1) for at in range(size)) == "".join(view.split())
    assert cut.words(0, size) == view.strip()


def test_a_token_is_a_word_a_number_a_chinese_character_or_a_mark():
    view = "don't take 1,500.5 mg/kg 阿司匹林。"
    cut = Tokens(view, Numbers())
    assert [cut.words(at, at + 1) for at in range(len(cut.ids))] == [
        "don't", "take", "1,500.5", "mg", "/", "kg", "阿", "司", "匹", "林", "。",
    ]  # fmt: skip


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join), min_size=2, max_size=5))
def test_what_was_read_in_one_comparison_changes_no_other(many):
    numbers = Numbers()
    cut = [Tokens(folded(text), numbers) for text in many]
    for one in cut:
        for other in cut:
            assert compare(one, other) == difference(one.text, other.text)
