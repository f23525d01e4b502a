"""Licence statements as publishers write them become SPDX ids, and nothing else does."""

from __future__ import annotations

import pytest

from corpus.licences import spdx_from_text, spdx_from_url, strictest

URLS = [
    ("https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"),
    ("http://creativecommons.org/licenses/by/2.0", "CC-BY-2.0"),
    ("http://creativecommons.org/licenses/by/3/", "CC-BY-3.0"),
    ("http://creativecommons.org/licenses/by-nc/2.0/uk/", "CC-BY-NC-2.0"),
    ("http://creativecommons.org/Licenses/BY-NC/4.0/", "CC-BY-NC-4.0"),
    ("http://creativecommons.org/licenses/CC BY-NC/4.0", "CC-BY-NC-4.0"),
    ("http://creativecommons.org/licenses/by-nd-nc/1.0/", "CC-BY-NC-ND-1.0"),
    ("https://creativecommons.org/licenses/by-nc-sa/2.5/legalcode", "CC-BY-NC-SA-2.5"),
    ("//creativecommons.org/licenses/by-nd/4.0", "CC-BY-ND-4.0"),
    ("http://creativecommons.org/licenses/by-nc/", "LicenseRef-CC-BY-NC"),
    ("http://creativecommons.org/licenses/by/9.7/", "LicenseRef-CC-BY"),
    ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
    ("https://creativecommons.org/publicdomain/mark/1.0/", "LicenseRef-PublicDomain"),
    ("https://creativecommons.org/", "unknown"),
    ("http://www.frontiersin.org/licenseagreement", "unknown"),
    ("", "unknown"),
]

TEXTS = [
    (
        "under the Creative Commons Attribution License (http://creativecommons.org/licenses/by/2.0), which",
        "CC-BY-2.0",
    ),
    ("under the terms of the Creative Commons Attribution 4.0 International License", "CC-BY-4.0"),
    ("Creative Commons Attribution-Noncommercial-Share Alike 3.0 Unported, which permits", "CC-BY-NC-SA-3.0"),
    ("Creative Commons Attribution – Non Commercial (unported, v3.0) License", "CC-BY-NC-3.0"),
    ("Creative Commons Attribution Non Commercial (CC BY-NC 4.0) license, which permits others", "CC-BY-NC-4.0"),
    ("the Creative Commons Attribution License (CC BY). The use, distribution", "LicenseRef-CC-BY"),
    ("Creative Commons Attribution‐NonCommercial‐NoDerivs License, which permits use", "LicenseRef-CC-BY-NC-ND"),
    ("Creative Commons Attribution License 3.0 (CC BY 3.0), which permits", "CC-BY-3.0"),
    ("本作品采用知识共享署名-非商业性使用-禁止演绎 4.0 国际许可协议进行许可。", "CC-BY-NC-ND-4.0"),
    ("published under CC0", "CC0-1.0"),
    ("under the terms of the Creative Commons Public Domain declaration, which stipulates", "LicenseRef-PublicDomain"),
    ("This article is a US Government work and is in the public domain in the USA.", "LicenseRef-PublicDomain"),
    ("All rights reserved. No commercial use.", "unknown"),
    ("Patients attended by 4.0 staff per cc by the hour", "unknown"),
    ("", "unknown"),
]


@pytest.mark.parametrize(("url", "expected"), URLS)
def test_a_licence_url_gives_its_spdx_id(url: str, expected: str) -> None:
    assert spdx_from_url(url) == expected


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_a_licence_statement_gives_its_spdx_id(text: str, expected: str) -> None:
    assert spdx_from_text(text) == expected


def test_a_waiver_for_the_data_does_not_free_the_article() -> None:
    statement = (
        "distributed under the terms of the Creative Commons Attribution 4.0 International License "
        "(http://creativecommons.org/licenses/by/4.0/). The Creative Commons Public Domain Dedication waiver "
        "(http://creativecommons.org/publicdomain/zero/1.0/) applies to the data made available in this article."
    )
    assert spdx_from_text(statement) == "CC-BY-4.0"


def test_a_version_named_later_completes_the_same_licence() -> None:
    statement = "Creative Commons License (CC BY 4.0), see http://creativecommons.org/licenses/by-nc/4.0"
    assert spdx_from_text("Creative Commons Attribution License, that is CC BY 4.0") == "CC-BY-4.0"
    assert spdx_from_text(statement) == "CC-BY-NC-4.0"  # a url is surer than a name


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        (["CC-BY-4.0", "unknown"], "CC-BY-4.0"),
        (["LicenseRef-CC-BY", "CC-BY-2.0"], "CC-BY-2.0"),
        (["CC-BY-3.0", "CC-BY-NC-3.0"], "CC-BY-NC-3.0"),
        (["CC-BY-4.0", "LicenseRef-CC-BY-NC"], "LicenseRef-CC-BY-NC"),
        (["CC-BY-SA-4.0", "CC-BY-NC-4.0"], "LicenseRef-CC-BY-NC-SA"),
        (["CC0-1.0", "LicenseRef-PublicDomain"], "CC0-1.0"),
        (["CC0-1.0", "CC-BY-4.0"], "CC-BY-4.0"),
        ([], "unknown"),
    ],
)
def test_conditions_of_several_statements_add_up(statements: list[str], expected: str) -> None:
    assert strictest(statements) == expected
