# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a dump in SQL holds: tables, rows, databases and roles, counted while it is read in pieces. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .._core.text import counted

_STATEMENT = re.compile(rb"(?:[A-Z]{3,}\b|\\connect|\\restrict|\\unrestrict|/\*!)")
_NAME = rb'((?:"(?:[^"]|"")+"|`[^`]+`|[^\s(."`]+)(?:\.(?:"(?:[^"]|"")+"|[^\s(."]+))?)'
_TABLE = re.compile(rb"CREATE (?:UNLOGGED |FOREIGN |GLOBAL |LOCAL )?TABLE (?:IF NOT EXISTS )?" + _NAME, re.I)
_COPY = re.compile(rb"COPY " + _NAME + rb" .*FROM stdin", re.I)
_INSERT = re.compile(rb"(?:INSERT {1,2}(?:IGNORE )?|REPLACE )INTO (?:" + _NAME + rb")?", re.I)
_CONNECT = re.compile(rb"\\connect (?:-reuse-previous=\w+ )?(.+)")
_OF_DATABASE = re.compile(rb"-- Name: (\S+); Type: DATABASE;")
_WHERE = re.compile(rb"-- WHERE: {1,2}(.{1,200})")  # mysqldump --where
_ROLE = re.compile(rb"CREATE ROLE ", re.I)
_MOST_NAMES = 20_000
_LONG = 2**22  # bytes of a line of which no more is kept
_DBNAME = re.compile(rb"dbname='?([^'\s]+)")


@dataclass(frozen=True)
class Contents:
    """``names``: of tables that it makes or fills, as far as they are kept; ``databases``: those that it names, if any.

    ``condition``: which rows of its tables it holds, where it says so; empty for all of them.
    ``statements``: how many lines begin a statement; ``other``: how many lines stand outside of any and are no SQL;
    ``unended``: it ends among the rows of a table, without the line that ends them.
    """

    tables: int = 0
    rows: int = 0
    names: frozenset[str] = frozenset()
    databases: tuple[str, ...] = ()
    roles: int = 0
    statements: int = 0
    other: int = 0
    condition: str = ""
    unended: bool = False

    @property
    def understood(self) -> bool:
        """Whether it is SQL at all; of anything else nothing is known."""
        return self.statements > self.other or self.tables > 0 or self.rows > 0

    @property
    def globals_only(self) -> bool:
        """The roles of a cluster without any database (pg_dumpall --globals-only)."""
        return self.roles > 0 and not self.tables and not self.rows

    @property
    def tables_in_it(self) -> int:
        """Also of a dump of the data alone, which makes none."""
        return self.tables or len(self.names)

    def summary(self) -> str:
        """``12 tables, 3,456 rows``; empty where it was not understood."""
        if not self.understood:
            return ""
        if self.globals_only:
            return f"{counted(self.roles, 'role')} and no table"
        of = f" of {', '.join(self.databases[:3])}" if self.databases else ""
        return f"{counted(self.tables_in_it, 'table')}{of}, {counted(self.rows, 'row')}"


@dataclass
class ContentsReader:
    """Reads a dump piece by piece; a line may be cut by the end of a piece."""

    _rest: bytes = b""
    _copying: bool = False
    _inside: bool = False  # of a line of which the beginning was dropped
    _tables: int = 0
    _rows: int = 0
    _names: set[str] = field(default_factory=set)
    _last_name: bytes = b""
    _databases: dict[str, None] = field(default_factory=dict)
    _roles: int = 0
    _statements: int = 0
    _other: int = 0
    _condition: str = ""

    def feed(self, piece: bytes) -> None:
        data = self._rest + (piece.replace(b"\r\n", b"\n") if b"\r\n" in piece else piece)
        at = 0
        if self._inside:
            end = data.find(b"\n")
            if end < 0:
                self._rest = b""
                return
            self._inside, at = False, end + 1
            self._rows += self._copying
        while at < len(data):
            end = self._copied(data, at) if self._copying else self._line(data, at)
            if end == at:
                break
            at = end
        self._rest = data[at:]
        if len(self._rest) > _LONG:
            self._rest, self._inside = b"", True

    def result(self) -> Contents:
        """What was there so far; the last line counts also without its end."""
        if self._rest and not self._copying and not self._inside:
            self._line(self._rest + b"\n", 0)
            self._rest = b""
        return Contents(
            self._tables,
            self._rows,
            frozenset(self._names),
            tuple(self._databases),
            self._roles,
            self._statements,
            self._other,
            self._condition,
            self._copying,
        )

    def _copied(self, data: bytes, at: int) -> int:
        """Rows of COPY up to its last line, or as many whole ones as are there; where to continue."""
        if data.startswith(b"\\.\n", at):
            self._copying = False
            return at + 3
        last = data.find(b"\n\\.\n", at)
        end = last + 1 if last >= 0 else data.rfind(b"\n", at) + 1
        if end <= at:
            return at
        self._rows += data.count(b"\n", at, end)
        return end

    def _line(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at)
        if end < 0:
            return at
        line = data[at:end]
        if line.startswith(b"--"):
            match = _OF_DATABASE.match(line)
            if match:
                self._database(match.group(1))
            where = None if self._condition else _WHERE.match(line)
            if where:
                self._condition = where.group(1).decode("utf-8", "replace").strip()
        elif _STATEMENT.match(line):
            self._statements += 1
            self._statement(line)
        elif line and line[:1] not in b" \t)(;$*":
            self._other += 1
        return end + 1

    def _statement(self, line: bytes) -> None:
        insert = _INSERT.match(line)
        if insert:
            self._rows += 1
            self._name(insert.group(1) or b"")
            return
        copy, table, connect = _COPY.match(line), _TABLE.match(line), _CONNECT.match(line)
        if copy:
            self._copying = True
            self._name(copy.group(1))
        if table:
            self._tables += 1
            self._name(table.group(1))
        elif connect:
            named = _DBNAME.search(connect.group(1))
            self._database(named.group(1) if named else connect.group(1).strip())
        elif _ROLE.match(line):
            self._roles += 1

    def _name(self, name: bytes) -> None:
        """Of a table: a dump of the data alone names it where it fills it, often in a line for each row."""
        if name and name != self._last_name and len(self._names) < _MOST_NAMES:
            self._last_name = name
            self._names.add(_text(name))

    def _database(self, name: bytes) -> None:
        text = _text(name)
        if text not in ("template1", "postgres", "template0") and len(self._databases) < _MOST_NAMES:
            self._databases[text] = None


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace").replace('"', "").replace("`", "")
