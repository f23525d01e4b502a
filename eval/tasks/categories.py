"""To which field of knowledge a subject of MMLU or CMMLU belongs: by these what was forgotten is told.

MMLU's fields are those of the harness's task files (lm_eval 0.4.13, the tag of each subject); CMMLU's those of its
authors (haonan-li/CMMLU, src/categories.py), where a subject may be of China besides. Read by `eval/compare/pairs.py`.
"""

from __future__ import annotations

import functools
import re
from importlib.resources import files

TAG = re.compile(r'^"?tag"?:\s*"?mmlu_(\w+?)_tasks', re.MULTILINE)
NAMES = {"stem": "STEM", "humanities": "humanities", "social_sciences": "social sciences", "other": "other"}
# Subjects of CMMLU by field; what is not here is "other".
STEM = ("anatomy astronomy college_actuarial_science college_engineering_hydrology college_mathematics "
        "college_medical_statistics conceptual_physics electrical_engineering elementary_mathematics genetics "
        "high_school_biology high_school_chemistry computer_science high_school_mathematics high_school_physics "
        "machine_learning virology")  # fmt: skip
HUMANITIES = ("arts chinese_history chinese_literature college_law global_facts international_law jurisprudence "
              "logical marxist_theory philosophy professional_law world_history world_religions")  # fmt: skip
SOCIAL = ("ancient_chinese business_ethics chinese_civil_service_exam chinese_food_culture chinese_foreign_policy "
          "chinese_teacher_qualification college_education economics education elementary_chinese ethnology "
          "high_school_geography high_school_politics journalism management marketing modern_chinese "
          "professional_accounting professional_psychology public_relations security_study sociology")  # fmt: skip
CHINA = ("ancient_chinese chinese_civil_service_exam chinese_driving_rule chinese_food_culture chinese_foreign_policy "
         "chinese_history chinese_literature chinese_teacher_qualification construction_project_management "
         "elementary_chinese elementary_commonsense ethnology high_school_politics modern_chinese "
         "traditional_chinese_medicine")  # fmt: skip
FIELDS = {subject: field for field, some in (("STEM", STEM), ("humanities", HUMANITIES), ("social sciences", SOCIAL))
          for subject in some.split()}  # fmt: skip


@functools.cache
def fields(exam: str, subject: str) -> tuple[str, ...]:
    """The fields of a subject, none for another exam."""
    if exam == "cmmlu" and subject:
        return (FIELDS.get(subject, "other"), *(("China specific",) if subject in CHINA.split() else ()))
    if exam != "mmlu" or not subject:
        return ()
    file = files("lm_eval") / "tasks" / "mmlu" / "default" / f"mmlu_{subject}.yaml"
    found = TAG.search(file.read_text(encoding="utf-8")) if file.is_file() else None
    return (NAMES[found[1]],) if found else ()
