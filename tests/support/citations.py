"""Checks the citations of a post-mortem's page: each figure and time that was not written by a person must be in an
event that is cited beside it, or follow from such events (a difference of two times, a number of elements)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

from ansible_collections.pafar.runbook.plugins.module_utils._core.text import span
from ansible_collections.pafar.runbook.plugins.module_utils._postmortem.story import seconds_at, shown

VOID = {"meta", "link", "br", "circle", "line", "path", "rect"}
# What a person wrote, rules and not figures, the incident's own name, and the citations themselves.
EXEMPT = {"title", "h1", "style", "pre", "dl", "caption", "small", "thead"}
TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
SPAN = re.compile(r"\b\d+ h \d+ min|\b\d+(?:\.\d)? (?:s|min|days)\b")
WORD = re.compile(r"[A-Za-z0-9_.:/@+-]*\d[A-Za-z0-9_.:/@+-]*")


class Page(HTMLParser):
    """The texts of a page with the numbers of the events that each cites."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, tuple[int, ...]]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.passages: dict[int, str] = {}
        self.feed(html)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag, tag

    def handle_data(self, data: str) -> None:
        names = {tag for tag, dummy in self.open}
        for dummy, attributes in reversed(self.open):
            if "data-written" in attributes:
                seq = int(attributes["data-written"] or 0)
                self.passages[seq] = self.passages.get(seq, "") + data
        if any(attributes.get("class") == "axis" for dummy, attributes in self.open):  # its origin
            return
        in_chart_title = "svg" in names and "title" in names
        if any(attributes.get("class") == "warning" for dummy, attributes in self.open):  # of the log as a whole
            return
        if names & (EXEMPT - {"title"}) or ("title" in names and not in_chart_title):
            return
        cites = next(filter(None, (cited(tag, each) for tag, each in reversed(self.open))), "")
        self.texts.append((data, tuple(map(int, cites.split()))))


def cited(tag: str, attributes: Mapping[str, str | None]) -> str:
    """The numbers that an element cites; a row of the timeline is an event itself."""
    own = (attributes.get("id") or "").removeprefix("e") if tag == "tr" else ""
    return attributes.get("data-cites") or own


def uncited(html: str, events: list[Mapping[str, Any]]) -> list[str]:
    """Each figure or time that its citations do not hold, with the text around it."""
    by_seq = {event["seq"]: event for event in events}
    return [
        f"{word!r} of {text!r} is not in {list(cites)}"
        for text, cites in Page(html).texts
        for word in wrong(text, [by_seq[seq] for seq in cites if seq in by_seq])
    ]


def wrong(text: str, events: list[Mapping[str, Any]]) -> Iterator[str]:
    values = list(itertools.chain.from_iterable(map(leaves, events)))
    times = [seconds for value in values for seconds in [seconds_at(first_line(value))] if seconds is not None]
    rest = text
    for time in TIME.findall(text):
        rest = rest.replace(time, " ")
        if time not in {shown(seconds) for seconds in times}:
            yield time
    words = {word.strip(".:,") for value in values for word in WORD.findall(str(value))}
    words |= {str(value[:12]) for value in values if isinstance(value, str)} | lengths(events)
    words |= {f"#{event['seq']}" for event in events} | {str(event["seq"]) for event in events}
    figures = [float(value) for value in values if isinstance(value, (int, float))]
    words |= {f"{figure:.10g}" for figure in figures}  # 8640.0 is the same number as 8640
    durations = {span(figure) for figure in figures if 0 <= figure < 1e9}
    durations |= {span(round(end - start, 3)) for start, end in itertools.permutations(times, 2) if end >= start}
    for duration in SPAN.findall(rest):
        if duration in durations:
            rest = rest.replace(duration, " ")
    for word in WORD.findall(rest):
        is_cut = word.endswith("...") and any(each.startswith(word.strip(".:,")) for each in words)
        if word.strip(".:,") not in words and not is_cut:
            yield word


def first_line(value: Any) -> Any:
    return value.strip().split("\n")[0] if isinstance(value, str) else value


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each)
    else:
        yield value


def lengths(value: Any) -> set[str]:
    """Of lists in it, whole and without the first that are named."""
    found: set[str] = set()
    if isinstance(value, Mapping):
        return found.union(*map(lengths, value.values()))
    if isinstance(value, list):
        found = {str(len(value)), *(str(len(value) - named) for named in (1, 2, 3) if len(value) > named)}
        return found.union(*map(lengths, value))
    return found
