"""The dashboard in words: both languages, numbers and times as each writes them."""

import re
import shutil
import string
import subprocess

import pytest
from dashboard_documents import STATIC, complete
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.time import HOUR
from chocolate_factory.web.dashboard import figures, page
from chocolate_factory.web.dashboard.page import Look
from chocolate_factory.web.dashboard.texts import LANGUAGES, messages, texts

# The words.


def gaps_of(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name}


def test_both_languages_say_the_same_things() -> None:
    spanish, english = (texts(language).messages for language in ("es", "en"))
    assert spanish.keys() == english.keys()
    assert [
        key for key in spanish if key.split(".")[0] != "date" and gaps_of(spanish[key]) != gaps_of(english[key])
    ] == []


def test_every_text_that_the_code_names_exists() -> None:
    sources = [path for kind in ("js/*.js", "../**/*.py", "../templates/*.html") for path in STATIC.glob(kind)]
    named = {key for path in sources for key in re.findall(r'\bsay\(\s*"([\w.]+)"[,)]', path.read_text("utf-8"))}
    assert len(named) > 40
    assert named <= texts("es").messages.keys()


def test_every_text_that_the_scripts_name_is_handed_to_them() -> None:
    scripts = "".join(path.read_text("utf-8") for path in STATIC.glob("js/*.js"))
    groups = {key.partition(".")[0] for key in re.findall(r'\bt\.(?:say|has|name)\([`"]([\w.]+)', scripts)}
    assert len(groups) > 8
    assert groups <= {*page.SPOKEN, "act"}


def test_an_unknown_language_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="lang: 'fr' is not allowed; one of es, en"):
        page.render(complete(), Look("fr", external=False))


# The figures.


@pytest.mark.parametrize(
    ("value", "digits", "spanish", "english"),
    [
        (0.1234, 3, "0,123", "0.123"),
        (0.0615, 3, "0,062", "0.062"),
        (-0.0051, 3, "−0,005", "−0.005"),
        (-0.0004, 3, "0,000", "0.000"),
        (4321, 0, "4321", "4,321"),
        (27384.4, 0, "27.384", "27,384"),
        (1234567.25, 1, "1.234.567,3", "1,234,567.3"),
        (-5, 1, "−5,0", "−5.0"),
    ],
)
def test_numbers_as_each_language_writes_them(value: float, digits: int, spanish: str, english: str) -> None:
    assert figures.number(value, digits, texts("es")) == spanish
    assert figures.number(value, digits, texts("en")) == english


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_a_number_can_be_read_back(value: float, digits: int) -> None:
    written = figures.number(value, digits, texts("es")).replace(".", "").replace(",", ".").replace("−", "-")
    assert float(written) == pytest.approx(value, abs=0.5 * 10**-digits + 1e-9)


@pytest.mark.parametrize(
    ("seconds", "spoken"),
    [
        (0, "hace menos de 1 min"),
        (59.9, "hace menos de 1 min"),
        (900, "hace 15 min"),
        (3600, "hace 1 h"),
        (6120, "hace 1 h 42 min"),
        (2 * 86400 - 1, "hace 47 h 59 min"),
        (3 * 86400, "hace 3 d"),
        (-600, "dentro de 10 min"),
    ],
)
def test_ages(seconds: float, spoken: str) -> None:
    assert figures.age(seconds, texts("es")) == spoken


def test_times_are_madrids_and_carry_a_date_unless_it_is_today() -> None:
    present = figures.moment("2026-11-24T09:42:00+00:00")
    assert figures.clock(present) == "10:42"
    words = texts("es"), texts("en")
    assert [figures.date_and_clock(present - 11 * HOUR, present, t) for t in words] == ["23/11 23:42", "23 Nov, 23:42"]
    assert figures.date(present.replace(year=2024), present, words[0]) == "24/11/2024"


def test_the_two_hours_of_october_are_an_hour_apart() -> None:
    first, second = (figures.moment(f"2026-10-25T02:00:00+0{offset}:00") for offset in (2, 1))
    assert second - first == HOUR
    assert first < second


# The catalogues.


@pytest.mark.skipif(shutil.which("msgfmt") is None, reason="gettext is not installed")
@pytest.mark.parametrize("language", LANGUAGES)
def test_gettext_understands_the_catalogue(language: str) -> None:
    catalogue = STATIC.parent / "texts" / f"{language}.po"
    done = subprocess.run(["msgfmt", "--check-format", "-o", "/dev/null", catalogue], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_catalogue_is_read_as_gettext_reads_it() -> None:
    catalogue = (
        'msgid ""\nmsgstr ""\n"Language: es\\n"\n\n# a comment\nmsgid "a.b"\nmsgstr "uno \\"dos\\" "\n"y \\\\ tres"\n'
    )
    empty = '\nmsgid "nothing"\nmsgstr ""\n'
    assert dict(messages(catalogue + empty)) == {"a.b": 'uno "dos" y \\ tres'}
