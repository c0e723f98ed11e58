"""What a shell sees: exit codes, the two outputs kept apart, pipes that close, disks that are full, terminals."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.conftest import LINEWATCH, Linewatch

YEAR = ("sla", "--year", "2022", "--service", "leased-line")


def shell(line: str) -> tuple[int, str, str]:
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, timeout=60, env={**os.environ, "LW": LINEWATCH})
    return done.returncode, done.stdout, done.stderr


def on_a_terminal(*arguments: str, program: str = LINEWATCH) -> tuple[int, str]:
    """What a command draws on a terminal of 160 columns."""
    ours, its = pty.openpty()
    environ = {**os.environ, "COLUMNS": "160", "TERM": "xterm"}
    with subprocess.Popen([program, *arguments], stdin=its, stdout=its, stderr=its, env=environ) as process:
        os.close(its)
        drawn = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # Linux says so when the other side has closed
                break
            if not part:
                break
            drawn += part
        code = process.wait(30)
    os.close(ours)
    return code, drawn.decode("utf-8")


def test_the_exit_codes_are_those_of_the_interface(year: Path, process: Linewatch) -> None:
    assert process(*YEAR).code == 0
    assert process(*YEAR, "--fail-under").code == 1
    assert process("sla").code == 2
    assert process("sla", "--bogus").code == 2
    (year / "linewatch.db").unlink()
    assert process(*YEAR).code == 3


def test_results_go_to_standard_output_and_refusals_to_standard_error(year: Path, process: Linewatch) -> None:
    told = process(*YEAR)
    assert ("99.98" in told.out, told.err) == (True, "")
    refused = process("sla", "--year", "9000")
    assert refused.out == ""
    assert refused.err.startswith("linewatch: the period 9000 has not begun")


def test_the_program_says_who_it_is_and_what_it_can(process: Linewatch) -> None:
    assert process("--version").out.startswith("linewatch 0.")
    for arguments in ((), ("--help",), ("-h",)):
        told = process(*arguments)
        assert (told.code, told.err) == (0, "")
        assert all(f"\n  {command} " in told.out for command in ("init", "check", "run", "status", "sla", "outages", "import", "export", "db"))


@pytest.mark.parametrize(
    "command", ["sla --year 2022", "sla --year 2022 --format json", "export -s leased-line -k states", "outages --year 2022", "--help"]
)
def test_a_pipe_that_closes_early_is_no_mistake(year: Path, command: str) -> None:
    code, out, err = shell(f'"$LW" {command} | head -c 1')
    assert (code, len(out.encode()) >= 1, err) == (0, True, "")


@pytest.mark.parametrize("command", ["sla --year 2022", "sla --year 2022 --format json", "export -s leased-line -k states"])
def test_a_full_disk_behind_standard_output_is_one_line(year: Path, command: str) -> None:
    assert shell(f'"$LW" {command} > /dev/full') == (2, "", "linewatch: cannot write the output: No space left on device\n")


@pytest.mark.parametrize("command", ["sla --year 2022", "status", "export -s leased-line -k states", "outages --year 2022"])
def test_a_closed_standard_output_is_no_traceback(year: Path, command: str) -> None:
    assert shell(f'"$LW" {command} >&-') == (0, "", "")


def test_a_terminal_that_knows_no_chinese_shows_question_marks(year: Path) -> None:
    command = 'PYTHONIOENCODING=iso-8859-1 "$LW" sla --year 2022 --lang zh | iconv -f iso-8859-1 -t utf-8'
    code, out, err = shell(command)
    assert (code, err) == (0, "")
    assert out.startswith("?" * 14)
    assert "99.98" in out


@pytest.mark.parametrize("command", ["sla --year 2022", "outages --year 2022"])
def test_a_csv_is_utf_8_whatever_the_terminal_speaks(year: Path, command: str) -> None:
    code, out, err = shell(f'PYTHONIOENCODING=iso-8859-1 "$LW" {command} --format csv')
    assert (code, out[0], err) == (0, "\ufeff", "")


@pytest.mark.parametrize(
    ("language", "words"), [("en", ("SLA report", "Availability %", "Served", "not met")), ("zh", ("可用性报告", "畅通率 %", "已服务", "未达标"))]
)
def test_the_report_in_both_languages_as_plain_text_in_a_pipe(year: Path, linewatch: Linewatch, language: str, words: tuple[str, ...]) -> None:
    out = linewatch("sla", "--year", "2022", "--lang", language).out
    assert [word for word in words if word not in out] == []
    assert "\x1b" not in out
    assert not any(line != line.rstrip() for line in out.splitlines())


@pytest.mark.parametrize(("language", "words"), [("en", ("SLA report", "99.98", "not met")), ("zh", ("可用性报告", "99.98", "未达标"))])
def test_the_report_drawn_on_a_terminal(year: Path, language: str, words: tuple[str, ...]) -> None:
    code, drawn = on_a_terminal(*YEAR, "--lang", language)
    assert code == 0
    assert [word for word in words if word not in drawn] == []
    assert "─" in drawn
    assert [month for month in range(1, 13) if f"2022-{month:02d}" not in drawn] == []


def test_text_from_the_configuration_is_never_taken_for_markup(year: Path) -> None:
    text = (year / "linewatch.toml").read_text("utf-8").replace("专线", "[bold]专线[/nonsense]")
    (year / "linewatch.toml").write_text(text, "utf-8")
    code, drawn = on_a_terminal("status")
    assert code == 0
    assert "[/nonsense]" in drawn.replace("\r\n", "")


def test_columns_line_up_where_characters_are_wide(year: Path, linewatch: Linewatch) -> None:
    rows = [
        line for line in linewatch("sla", "--year", "2022", "--lang", "en").out.splitlines() if line.startswith(("Service  ", "专线  ", "site  "))
    ]
    header, line, site = rows[:3]
    end = header.index("Availability %") + len("Availability %")
    assert site[:end].endswith("—")
    assert line[: end - 2].endswith("99.98")  # two characters that are two columns wide each


LONG_WORK = (
    (("import", "[bold].csv", "-s", "leased-line", "-k", "samples", "--interval", "60s"), ("[bold].csv: read", "rounds stored", "minutes made")),
    (("export", "-s", "leased-line", "-k", "samples", "-o", "out.csv"), ("rounds",)),
    (("db", "backup", "copy.db"), ("copied", "checked")),
    (("db", "recover", "new.db"), ("copied aside", "samples", "judged anew")),
    (("db", "restore", "copy.db"), ("checked", "put back")),
)


def test_long_work_shows_how_far_it_is_on_a_terminal_and_nothing_in_a_pipe(folder: Path, linewatch: Linewatch) -> None:
    (folder / "[bold].csv").write_text("at,ok,rtt_ms\n" + "".join(f"{1_640_966_400 + 60 * n},1,{20 + n % 9}\n" for n in range(2_000)), "utf-8")
    for arguments, words in LONG_WORK:
        code, drawn = on_a_terminal(*arguments)
        assert code == 0, drawn
        assert [word for word in words if word not in drawn] == []
        assert "━" not in drawn[drawn.rindex("\x1b[2K") :]  # the lines of the bars are wiped
    for made in ("linewatch.db", "linewatch.db.before-restore", "copy.db", "new.db"):
        (folder / made).unlink()
    assert [linewatch(*arguments).err for arguments, _ in LONG_WORK] == ["", "wrote 2000 rows to out.csv\n", "", "", ""]


@pytest.mark.parametrize(("into", "is_seen"), [("> out.csv", True), ("| cat > out.csv", False)])
def test_rows_that_go_into_a_pipe_are_seen_at_its_end_and_need_no_bar(year: Path, linewatch: Linewatch, into: str, is_seen: bool) -> None:
    (year / "other.csv").write_text("at,ok\n1640966400,1\n", "utf-8")
    assert linewatch("import", "other.csv", "-s", "leased-line", "-k", "samples").code == 0
    code, drawn = on_a_terminal("-c", f'"$0" export -s leased-line -k samples {into}', LINEWATCH, program="bash")
    assert (code, "rounds" in drawn) == (0, is_seen)
    assert (year / "out.csv").read_text("utf-8").splitlines()[1:] == ["2021-12-31T16:00:00Z,1,,"]


def test_the_live_view_is_drawn_anew_until_ctrl_c(year: Path) -> None:
    ours, its = pty.openpty()
    environ = {**os.environ, "COLUMNS": "160", "TERM": "xterm"}
    with subprocess.Popen([LINEWATCH, "status", "--watch"], stdin=its, stdout=its, stderr=its, env=environ) as process:
        os.close(its)
        drawn = b""
        while drawn.count("专线".encode()) < 2:
            drawn += os.read(ours, 65536)
        process.send_signal(signal.SIGINT)
        with suppress(OSError):  # Linux says so when the other side has closed
            while os.read(ours, 65536):
                pass
        assert process.wait(30) == 0
    os.close(ours)
    assert b"Ctrl-C" in drawn
    assert b"+08:00" not in drawn, "short times, so that a service has one line"
    assert b"Traceback" not in drawn
