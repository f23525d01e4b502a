"""Texts for the tests of signals: fragments that hypothesis joins into texts, and written ones from medicine."""

from __future__ import annotations

from hypothesis import strategies as st

FRAGMENTS = (
    "a", "b", "ab", "the", "The", "be", "to", "of", "and", "dose", "cannot", "don't", "patient's", "e.g.", "vs.", "Dr.",
    "10", "10mg", "5%", "0.05", "10^9/L", "P<0.001", "IL-2", "mg/dL", "and/or", "http://a.b/c-d", "www.x-y.org", "+5",
    " ", " ", " ", "  ", "\t", "\n", "\n", "\n\n", "\r\n", "\r", "\u2028", "\x0b", "\u3000", "\xa0",
    ".", ".", "..", "...", "…", ",", ";", "!", "?", "(", ")", "[", "]", "{", "}", "#", "*", "-", "--", "–", "'", '"',
    "•", "•", "[12]", "[edit]", "javascript", "JavaScript", "lorem ipsum", "privacy policy", "use cookies",
    "中", "文", "患者", "的", "是", "。", "，", "、", "！", "【", "】", "展开", "更多", "１", "：",
    "e\u0301", "µ", "±", "≥", "😀", "👩‍⚕️", "é", "ß", "Ω", "ж", "�", "\ue000",
)  # fmt: skip
texts = st.lists(st.sampled_from(FRAGMENTS), max_size=60).map("".join) | st.text(max_size=40).filter(
    lambda text: not any("\ud800" <= character <= "\udfff" for character in text)
)

ENGLISH = (
    "",
    "\n\n\n",
    "   \t ",
    "Dose.",
    "Aspirin 81 mg daily (n=120) reduced events (HR 0.62 [95% CI 0.4-0.9]; P<0.001). WBC was 4.5 x 10^9/L.",
    "BACKGROUND: The effect of ACE inhibitors, e.g. enalapril, vs. placebo is unclear. METHODS: We enrolled 1,200 "
    "patients (mean age 64.2 +/- 9.1 years). RESULTS: Mortality was 12.5% vs. 15.1%; p=0.03. CONCLUSIONS: It works.",
    "Drug\tDose\tUnit\nWarfarin\t5\tmg\nWarfarin\t5\tmg\nWarfarin\t5\tmg\n",
    "• one\n• two\n- three\nRead more...\nRead more...\nAnd then…",
    "The same line stands here twice.\nThe same line stands here twice.\nThis one [1] does not.[2] {x}",
    "We use cookies on this site\nEnable JavaScript to go on please\nno policy\nA privacy policy applies to all of it.",
    "to be or not to be that is the question " * 12,
    "Crohn's disease doesn't cause it. Mg2+ and Ca2+... H2O?! \"Quoted.\" (Bracketed.) café naïve résumé 😀 done.",
    "x" * 1200 + " is a long word on a line\nand this is a short line",
    "first paragraph here\n\nfirst paragraph here\n\nsecond\n\n\n\nfirst paragraph here",
)
CHINESE = (
    "",
    "\n\n",
    "　",
    "患者，男，45岁，血压160/95mmHg，白细胞4.5×10^9/L。给予阿司匹林100mg，每日1次，疗效不明显（P>0.05）。",
    "药品名称:鲨肝醇\n剂型:片剂：20mg，50mg。\n禁忌证:尚不明确。\n用法用量:口服，每次25mg，每天2次；0.5%溶液。",
    "黄帝问曰：上古之人，春秋皆度百岁，而动作不衰；今时之人，年半百而动作皆衰者，时世异耶？人将失之耶？",
    "點擊這裡查看更多>>\n展开\n【活动】【特价】限时优惠！加微信：abc123，电话13800138000。",
    "你好你好你好你好。你好你好你好你好。\n你好你好你好你好。\n\n\n哈哈哈哈哈哈哈……",
    "澳门威尼斯人现金网 真人荷官 投注\nQQ：12345678",
    "糖尿病足😀患者e\u0301的护理�\ue000？！\r\n第二行\r第三行。",
)
