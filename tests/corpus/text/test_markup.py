"""Inline markup of PubMed and JATS becomes text in which no number has changed and no words are glued."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from corpus.text.markup import inline_text


def read(inner: str) -> str:
    return inline_text(etree.fromstring(f"<t>{inner}</t>"))


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("10<sup>9</sup>/L", "10^9/L"),
        ("cm<sup>2</sup>", "cm^2"),
        ("kg/m<sup>2</sup>)", "kg/m^2)"),
        ("10<sup>-3</sup> mol", "10^-3 mol"),
        ("10<sup> 6 </sup>cells", "10^6 cells"),
        ("10 <sup>9</sup>/L", "10 ^9/L"),
        ("10 <sup>9</sup>L", "10 ^9L"),
        ("2<sup>10</sup>5", "2^(10)5"),
        ("e<sup>-x/2</sup>", "e^(-x/2)"),
        ("Ca<sup>2+</sup>", "Ca^2+"),
        ("R<sup>2</sup>=0.9", "R^2=0.9"),
        ("H-2K<sup>b</sup>mice", "H-2K^(b)mice"),
        ("study.<sup>12</sup>In", "study.^12In"),
    ],
)
def test_a_superscript_stays_visible(markup: str, text: str) -> None:
    assert read(markup) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("the 1<sup>st</sup> and the n<sup>th</sup>", "the 1st and the nth"),
        ("CD4<sup>+</sup> T", "CD4+ T"),
        ("Apoe<sup>-/-</sup> mice", "Apoe-/- mice"),
        ("Brand<sup>®</sup>", "Brand®"),
        ("37<sup>°</sup>C", "37°C"),
        ("[<sup>18</sup>F]FDG", "[18F]FDG"),
        ("<sup>99m</sup>Tc-MIBI", "99mTc-MIBI"),
    ],
)
def test_ordinals_bare_signs_and_mass_numbers_are_written_plainly(markup: str, text: str) -> None:
    assert read(markup) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("H<sub>2</sub>O", "H2O"),
        ("CO<sub>2</sub>H", "CO2H"),
        ("HbA<sub>1c</sub>", "HbA1c"),
        ("VO<sub>2</sub><sub>max</sub>", "VO2max"),
        ("SO<sub>4</sub><sup>2-</sup>", "SO4^2-"),
        ("log<sub>10</sub> CFU", "log10 CFU"),
        ("AUC<sub>0-24</sub>", "AUC0-24"),
        ("10<sub>2</sub>", "10_2"),
        ("C<sub>max</sub>", "C_max"),
        ("x<sub>1</sub>2", "x_(1)2"),
        ("<sub>L</sub>-arginine", "L-arginine"),
        ("1.5 <sub>2</sub>", "1.5 2"),
    ],
)
def test_a_subscript_never_makes_a_new_number_or_word(markup: str, text: str) -> None:
    assert read(markup) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("in <i>E. coli</i> cells", "in E. coli cells"),
        ("<b>A</b> <u>b</u>", "A b"),
        ("un<i>glue</i>d", "unglued"),
        ("P&lt;0.001 and aged &gt;65", "P<0.001 and aged >65"),
        ("a\n   b\t<i>\nc </i> d\u00a0e", "a b c d e"),
        ("see <xref ref-type='bibr' rid='r1'>1</xref>, <ext-link>site</ext-link>", "see 1, site"),
        ("one<break/>two", "one two"),
        ("<p>one</p><p>two</p>", "one two"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_words_keep_their_spaces(markup: str, text: str) -> None:
    assert read(markup) == text


def test_comments_and_instructions_give_nothing_but_their_tails_stay() -> None:
    assert read("a<!-- no -->b<?no?>c <i><!-- no -->d</i>") == "abc d"


def test_namespaced_markup_reads_like_plain_markup() -> None:
    assert read("<x:i xmlns:x='u'>10<x:sup>9</x:sup></x:i>/L") == "10^9/L"


@pytest.mark.parametrize(
    ("mathml", "text"),
    [
        ("<mi>p</mi><mo>&lt;</mo><mn>0.05</mn>", "p < 0.05"),
        ("<mfrac><mn>1</mn><mn>2</mn></mfrac>", "1/2"),
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac>", "(a + b)/2"),
        ("<mfrac><mi>a</mi><mfrac><mi>b</mi><mi>c</mi></mfrac></mfrac>", "a/(b/c)"),
        ("<msup><mn>10</mn><mn>9</mn></msup>", "10^9"),
        ("<msup><mn>10</mn><mrow><mo>-</mo><mn>3</mn></mrow></msup>", "10^-3"),
        ("<msup><mrow><mo>(</mo><mi>a</mi><mo>+</mo><mn>1</mn><mo>)</mo></mrow><mn>2</mn></msup>", "(a + 1)^2"),
        ("<msub><mi>x</mi><mi>i</mi></msub>", "x_i"),
        ("<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>", "x_1^2"),
        ("<msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt>", "√(x + 1)"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot>", "x^(1/3)"),
        ("<mover><mi>x</mi><mo>¯</mo></mover>", "x̄"),
        ("<mi>B</mi><mi>M</mi><mi>I</mi>", "BMI"),
        ("<mn>95</mn><mo>%</mo><mtext>CI</mtext><mo>:</mo><mn>1.2</mn>", "95% CI:1.2"),
        ("<mn>2</mn><mo>\u2062</mo><mi>x</mi>", "2x"),
        ("<mn>10</mn><mn>9</mn>", "10 9"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a, b)"),
        ("<semantics><mi>a</mi><annotation>\\alpha</annotation></semantics>", "a"),
        ("<mmultiscripts><mi>C</mi><mprescripts/><none/><mn>14</mn></mmultiscripts>", "14C"),
    ],
)
def test_mathml_is_readable_on_one_line(mathml: str, text: str) -> None:
    space = "http://www.w3.org/1998/Math/MathML"
    assert read(f"<math xmlns='{space}'>{mathml}</math>") == text
    assert inline_text(etree.fromstring(f"<t><m:math xmlns:m='{space}'><m:mrow/></m:math></t>")) == ""


def test_tex_is_read_without_the_document_around_it() -> None:
    assert read(r"<tex-math>\documentclass{m}\begin{document}$$a_1$$\end{document}</tex-math>") == "a_1"


def test_a_formula_given_in_two_forms_is_read_once() -> None:
    assert read("n=<alternatives><tex-math>$n$</tex-math><math><mi>n</mi></math><graphic/></alternatives>.") == "n=n."


def test_a_known_character_entity_is_read_and_a_foreign_one_is_left_alone() -> None:
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True)
    document = "<!DOCTYPE t SYSTEM 'absent.dtd'><t>&alpha;-<i>x</i> &secret;</t>"
    assert inline_text(etree.fromstring(document, parser)) == "α-x &secret;"


def test_very_deep_nesting_does_not_exhaust_the_stack() -> None:
    deep = etree.fromstring("<i>" * 240 + "x<!-- c -->y" + "</i>" * 240)
    assert inline_text(deep) == "xy"
    formula = etree.fromstring("<t><math>" + "<mrow>" * 230 + "<mi>x</mi>" + "</mrow>" * 230 + "</math></t>")
    assert inline_text(formula) == "x"


@given(st.lists(st.tuples(st.sampled_from(["", "i", "sup", "sub"]), st.from_regex(r"[a-z0-9]{1,3}", fullmatch=True))))
def test_no_markup_loses_or_reorders_a_letter_or_digit(pieces: list[tuple[str, str]]) -> None:
    inner = "".join(f"<{tag}>{text}</{tag}>" if tag else text for tag, text in pieces)
    kept = "".join(character for character in read(inner) if character.isalnum())
    assert kept == "".join(text for _, text in pieces)


@given(
    st.from_regex(r"[0-9]{1,3}", fullmatch=True),
    st.sampled_from(["sup", "sub"]),
    st.from_regex(r"[0-9]{1,2}", fullmatch=True),
    st.from_regex(r"[0-9a-z /]{0,2}", fullmatch=True),
)
def test_digits_of_a_script_never_join_the_number_beside_it(base: str, tag: str, script: str, tail: str) -> None:
    text = read(f"{base}<{tag}>{script}</{tag}>{tail}")
    mark = "^" if tag == "sup" else "_"
    assert text.startswith((f"{base}{mark}{script}", f"{base}{mark}({script})"))
    if tail[:1].isdigit():
        assert text.startswith(f"{base}{mark}({script})")
