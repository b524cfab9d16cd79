# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How grave a line of a log says to be, in words, letters, numbers and marks. Pure.

Levels: syslog(3), Python's logging, log4j, PostgreSQL, Redis' marks, glog's letters, zerolog's and Serilog's three
letters, pino and bunyan, Monolog, OpenTelemetry's numbers; an access log's line by its status.
"""

from __future__ import annotations

import re
from bisect import bisect
from typing import Any

from .._core.lazy import lazy
from .access_line import failed_status, status_in, status_of_pairs
from .exceptions.end_of_program import reports_end
from .exceptions.redis_words import level_of_redis
from .exceptions.spoken_of import NEAR, level_by_sentence
from .wrapping import without_colours

LEVELS = ("debug", "info", "notice", "warning", "error", "critical")
_FAILED = LEVELS[4:]
_WORDS = {
    "debug": "debug debug1 debug2 debug3 debug4 debug5 trace"
    " trc verbose vrb silly fine finer finest dbug dbg debu debg trce",
    "info": "info inf information informational log note system config http success",
    "notice": "notice ntc deprecated hinweis",
    "warning": "warn warning wrn warnung attention avertissement advertencia avvertenza",
    "error": "err error severe fail eror erro fehler erreur schwerwiegend grave",
    "critical": "crit critical fatal panic alert emerg emergency ftl pnc dpanic fata",
}
# PostgreSQL's severities in the languages of its catalogs (lc_messages), with what begins the lines that add to one.
_TRANSLATED = {
    "info": "LOGG ინფორმაცია ჟურნალი 로그 정보 СООБЩЕНИЕ ИНФОРМАЦИЯ ЗАПИСУВАННЯ ІНФОРМАЦІЯ 日志 信息",
    "notice": "HINWEIS NOTIFICA NOTIS 알림 ЗАМЕЧАНИЕ ПОВІДОМЛЕННЯ 注意",
    "warning": "WARNUNG ATTENTION ATTENZIONE VARNING გაფრთხილება 경고 ПРЕДУПРЕЖДЕНИЕ ПОПЕРЕДЖЕННЯ 警告",
    "error": "FEHLER ERREUR ERRORE FEL შეცდომა 오류 ОШИБКА ПОМИЛКА 错误",
    "critical": "PANIK FATALE PANICO FATALT ფატალური პანიკა 치명적오류 손상 ВАЖНО ПАНИКА ФАТАЛЬНО ПАНІКА 致命错误",
}
_OF_POSTGRES = {word.lower(): level for level, words in _TRANSLATED.items() for word in words.split()}
SEVERITIES = "|".join(
    ["LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG[1-5]?", *" ".join(_TRANSLATED.values()).split()]
)
DETAILS = (
    "DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LOCATION|TIPP|ANFRAGE|ZUSAMMENHANG|ANWEISUNG|ORT|DETALLE|CONSULTA|CONTEXTO"
    "|SENTENCIA|UBICACIÓN|DÉTAIL|ASTUCE ?|REQUÊTE ?|CONTEXTE ?|INSTRUCTION ?|DETTAGLI|SUGGERIMENTO|CONTESTO|ISTRUZIONE"
    "|DETALJ|TIPS|FRÅGA|KONTEXT|SATS|ПОДРОБНОСТИ|ПОДСКАЗКА|ЗАПРОС|КОНТЕКСТ|ОПЕРАТОР"  # noqa: RUF001
    "|ВІДОМОСТІ|УКАЗІВКА|ЗАПИТ|ІНСТРУКЦІЯ"  # noqa: RUF001
    "|詳細|ヒント|問い合わせ|文脈|文|상세정보|힌트|쿼리|내용|명령 구문|详细信息|提示|查询|上下文|语句"
)
GRAVE = {word: level for level, words in _WORDS.items() for word in words.split()}
_LETTERS = {"F": "critical", "C": "critical", "E": "error", "W": "warning", "N": "notice", "I": "info", "D": "debug"}
# logrus' words of four letters.
_CUT_WORDS = {"TRAC": "debug", "DEBU": "debug", "INFO": "info", "WARN": "warning", "ERRO": "error", "FATA": "critical"}
_CUT_WORDS["PANI"] = "critical"
_SYSLOG = ("critical", "critical", "critical", "error", "warning", "notice", "info", "debug")  # syslog(3), 0 to 7
# Google Cloud's LogSeverity, which its agents write under this name; Monolog writes the same numbers under "level".
_GOOGLE = {100 * (number + 1): LEVELS[min(5, number)] for number in range(8)}
_LOGBACK = {5000: "debug", 10000: "debug", 20000: "info", 30000: "warning", 40000: "error", 50000: "critical"}
# What is said of an error where there is none; what is made of errors, and is none. Behind a colon such a word may
# begin a sentence: undefined method 'pay' for nil, null value in column.
_IN_SENTENCE = r"(?!\s[a-z]+(?![\w.-]*\s?[=:]))"
_NOTHING = (
    rf"\s?=\s?(?:null|nil|undefined|false)|\s?:\s?(?:null|nil|undefined|false)\b{_IN_SENTENCE}"
    r"|\s?[:=]\s?(?:none(?!\sof\b)|<nil>|ok\b|\"\"|''|\[\]|\{\}|-(?=\s|$)|0(?![\w.]))"
    r"|\s(?:count|code)\s?[:=]?\s?0\b"
)
# With an object behind it, it is what failed: error handling webhook: timeout, error logging in user 7.
_NO_OBJECT = (
    r"(?=\s{0,3}(?:$|[.,;:)\]}|\"'=])|\s(?:is|are|was|has|have|will|can|should|enabled|disabled|active|inactive|on|off"
    r"|initiali[sz]ed|registered|loaded|configured|installed|ready|set|started|complete[ds]?|done|works?|tests?|middleware"
    r"|modules?|services?|systems?|strategy|mode|levels?|library|code|logic|utilit\w+|routes?|hooks?|filters?|functions?"
    r"|support|tools?|options?|via|through|using|with|and|or|for|by|to)\b)"
)
_OF_IT = (
    r"(?:(?:report|logg?|page|counter|handl|threshold|level|limit|budget|rate|template)(?:s|er|ers)?\b"
    rf"|(?:report|logg|pag|handl|limit|templat)ing\b{_NO_OBJECT})"
)
TRACEBACK = lazy(r"Traceback \(most|\s{0,20}\+ Exception Group Traceback \(most")
# Of an exception's type: modules, packages, classes around it (Python, Java, Ruby, PHP). One rule for all that read it.
QUALIFIED = r"(?:\w+(?:\.|::|\\|\$))*"
EXCEPTION_TYPE = rf"{QUALIFIED}\w*(?:Error|Exception)\b"
_EXCEPTION = lazy(
    rf"(?:Unhandled exception[.:] |(?:Uncaught |Unhandled )?{EXCEPTION_TYPE}"
    rf"(?![-=]|(?i:{_NOTHING})|\s(?i:{_OF_IT}))|\*\* \(\w)"
)
# The first line of what was not caught: the place, the message and the type in brackets, which may have any name.
_RUBY = lazy(
    rf"\S{{1,200}}\.r(?:b|u|ake):\d+:in (?:.{{1,300}}\({EXCEPTION_TYPE}\)"
    r"|[`'].{1,300}': .{0,300}\((?:[A-Z]\w*::)*[A-Z]\w*\)\s*$)"
)
# The time before what was not caught, of a program that puts it before each line: PM2, Puma, a Java program's own.
_TIME = r"\[?(?:\d{4}[-/]\d\d[-/]\d\d[T ])?\d\d:\d\d:\d\d[\d.,]{0,10}(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?[\]:]{0,2} "
_TIMED = lazy(_TIME)
_PANIC = lazy(
    r"(?:\[Recovery\] .{0,60}panic recovered:|thread '[^']{0,80}' (?:\(\d+\) )?panicked at |panic: |fatal error: )"
)

# --- by its place, whatever words follow ------------------------------------------------------------------------------
_PRIORITY = lazy(r"<(\d{1,3})>")
_GLOG = lazy(r"([IWEFC])(?:\d{4}|\d\d)?\d{4} \d\d:\d\d:\d\d\.\d")  # CockroachDB's year has two digits
_REDIS_LINE = lazy(
    r"(?:\d{1,8}:(?:\d{1,8}:)?[XCSM] |\[\d{1,8}\] )(?:\d{1,2} [A-Z][a-z]{2} (?:\d{4} )?\d\d:\d\d:\d\d\.\d{3}"
    r"|\d{4}-\d\d-\d\dT\S{12,24}|\d{13}) ([.*#-]) "  # Valkey's other forms of a time
)
_RUBY_LOGGER = lazy(r"([DIWEF]), \[\d{4}-")
_MONGO = lazy(r"\d{4}-\S{10,30} ([FEWID])\d? [A-Z_]{2,12} {1,8}\[")
_LOGRUS = lazy(r"(?:TRAC|DEBU|INFO|WARN|ERRO|FATA|PANI)(?=\[(?:\d{4}\]|\d{4}-\d\d-\d\dT))")
_SIGN = lazy(r" ?([⨯⚠])\ufe0f? {1,2}\S")  # noqa: RUF001 (Next.js)
# What PHP-FPM passes on has a level of PHP-FPM's own, whatever it says; PHP's own words.
_PASSED_ON = lazy(
    r"(?:\[[^\]]{10,40}\] )?(?:NOTICE: PHP message: "
    r"|WARNING: \[pool [^\]]{1,60}\] child \d{1,8} said into std(?:err|out): \"(?:NOTICE: PHP message: )?)"
)
# Node: its warnings, but for the one that becomes an exception.
_NODE_WARNING = lazy(r"\(node:\d{1,8}\) (?:\[\w{1,20}\] )?(?!UnhandledPromise)\w{0,60}Warning: ")
_PHP_NOTE = lazy(r"(?:\[[^\]]{10,60}\] )?PHP (?:Notice|Deprecated|Strict Standards):  ")
_LOG15 = lazy(r"(TRCE|TRACE|DBUG|DEBUG|INFO|WARN|EROR|ERROR|CRIT) {0,2}\[\d\d-\d\d\|")
_TORNADO = lazy(r"\[([DIWEC]) (?:\d{6}|\d{4}-\d\d-\d\d) \d\d:\d\d:\d\d[ .]")
_TELEGRAF = lazy(r"\d{4}-\d\d-\d\dT\S{8,30} ([DIWE])! ")
# Semantic Logger, Gluster: a letter between the time and what is in brackets.
_LETTERED = lazy(r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]{0,10}(?: ?[+-]\d\d:?\d\d|Z)?\]? ([TDIWEFNC]) \[")
# Gitea: behind the place in its code.
_IN_BRACKETS = lazy(r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d[\d.,]{0,10}(?: \S{1,120}\(\))? \[([TDIWEFC])\] ")
_ERLANG = lazy(r"=(CRASH|SUPERVISOR|PROGRESS) REPORT====")
_NEST = lazy(r"\[Nest\] {1,3}\d{1,8} {1,3}- .{10,60}? (LOG|ERROR|WARN|DEBUG|VERBOSE|FATAL) ")
_RABBIT = lazy(r".{19,40} \[(debg|debu|info|noti|warn|erro|crit|aler|alrt|emer|emrg)\] <\d{1,9}\.\d{1,9}\.\d{1,9}> ")
_ETCD = lazy(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} ([CEWNID]) \| ")
_POSTGRES = lazy(rf".{{0,300}}?(?<![\w./-])({SEVERITIES}):  \S")
_CSVLOG = lazy(r'\d{4}-\d\d-\d\d [\d:.]{12} [^,"]{1,8},(?:(?:"(?:[^"]|"")*"|[^",]*),){10}([^",]{2,20}),')
_KEYED = lazy(
    r"(?<![^\s,;{(|])[\"']?@?(?:level|lvl|loglevel|log[._]level|severity|severity_?text|error_severity|levelname|level_name"
    r"|priority)[\"']?\s?[=:]\s?[\"']?(\w{1,15})\b",
    re.I,
)
# Before a key stands nothing, a value of another key, a date or a sign; behind a word it is what the line speaks of.
_OPEN_TO_KEY = lazy(r"(?:^|[=:,;{(|\])}\"'>\d]|\d[A-Z]{1,4}|=\S{0,200})\s{0,4}$")
_PGBOUNCER = lazy(r"[\d-]{10} [\d:.]{8,15} \S{1,8} \[\d{1,8}\] (LOG|NOISE|DEBUG|WARNING|ERROR|FATAL) ")
_SQL_SERVER = lazy(r".{0,60}\bError: \d{1,6}, Severity: (\d{1,2}), State: \d")
# What syslog puts before the line of a program; who wrote it.
SYSLOG_HEAD = lazy(
    r"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} {1,2}\d{1,2} [\d:]{8}(?:\.\d+)?|\d{4}-\d\d-\d\dT\S{8,30}) "
    r"([\w.-]{1,80} [\w./@-]{1,60}(?:\[\d{1,8}\])?): "
)

# --- words ------------------------------------------------------------------------------------------------------------
# A warning is also what people are sent: sent a warning to bob, the warning was dismissed.
_NAMES = (
    r"(?<!\b[Aa] )(?<!\b[Tt]he )(?<!\b[Tt]his )(?<!\b[Ss]ent )(?<!\b[Ss]end )(?<!\b[Ss]ending )warn(?:ing)?"
    r"|err(?:or)?|severe"
)
# In a sentence these are of something else (a critical section, an alert's rule): a sign must close or open them.
_SIGNED = r"debug[1-5]?|trace|verbose|info(?:rmation)?|notice|crit(?:ical)?|fatal|panic|alert|emerg(?:ency)?"
# Written large a level may be joined to a word: ERROR/ForkPoolWorker-2, app.ERROR:, [worker]ERROR, INFO:root.
_LARGE = lazy(
    r"(?<![A-Za-z0-9_/-])(?!(?<=')[A-Z]{3,11}'|(?<=\")[A-Z]{3,11}\"(?![,;|]))(?:[A-Za-z]\w{0,40}\.)?(DEBUG[1-5]?|TRACE|VERBOSE|INFO(?:RMATION)?|NOTICE"
    r"|WARN(?:ING)?|ERR(?:OR)?|SEVERE|CRIT(?:ICAL)?|FATAL|D?PANIC|(?<![A-Z] )ALERT|EMERG(?:ENCY)?|SUCCESS|FAIL"
    r"|FEHLER|WARNUNG|ERREUR|SCHWERWIEGEND|GRAVE|AVERTISSEMENT|ADVERTENCIA|AVVERTENZA|DBG|INF|WRN|FTL|TRC|PNC|ERRO|DEBU|DEBG|FATA)(?![A-Za-z0-9_]|[.-]\w"
    r"|\s?[:=]\s?0(?=\s*(?:$|[,;)|/]|[A-Z]{2,12}\s?[:=])))"  # how many there were: ERROR: 0, WARN: 0
)
_SMALL = lazy(
    rf"(?<![\w./-])(?<!\b[Nn]o )(?<!\b[Nn]on )(?<!without )(?<!\bany )(?<!\b0 )(?<!\bof )"
    r"(?<!\b[Cc]all )(?<!\b[Ss]tack )(?<!\b[Cc]orrected )(?<!\b[Ll]ast )(?<!\b[Oo]n )(?<!\brecovered from )"
    r"(?!(?<=')[A-Za-z]{3,11}'|(?<=\")[A-Za-z]{3,11}\"(?![,;|]))"  # in quotes it is a value
    rf"({_NAMES}|(?<=[\[<(|\t])(?:{_SIGNED})"
    # a part of a sentence (code: 200, info: "OK"), and of two words (SERVICE ALERT: db1;PING;OK)
    r"|(?:(?<!, )|(?<=:\d\d, )|(?<=[.,]\d{3}, ))(?-i:(?<![A-Z]{2} ))"
    rf"(?:{_SIGNED})(?=\s{{0,5}}[:\])>|,;\t\"']|\s{{2}}|\s-\s)"
    r"|(?:fatal|critical|panic)(?=\s(?:error|exception|signal|failure|fault|python|serving)\b)|(?<=[\dZ]\s)info(?=\s))"
    rf"(?![\w./-]|@\w|=|{_NOTHING})(?!(?-i:(?<=[a-z]))\s{_OF_IT})",
    re.I,
)
_PLACED = lazy(r"[\s\[(|<](?<![\w,] )[A-Z]{3,9}(?:[\])|>]| [-|] )")
_PLACED_IN = 120
# .NET also behind a time; there http: is of Go's own messages.
_BEGINS = lazy(rf"(?:{_TIME})?(fail|dbug|trce|crit|warn|info): |(?:silly|http|note|system): ")
_BRACKETS = lazy(r"[\[<](note|system|deprecated|dbg|inf|wrn|ftl|vrb|trc|config|log)[\]>]", re.I)
_BETWEEN_LEVELS = lazy(r"(?<=[a-z])[+-]\d{1,3}$")  # Go's slog: ERROR+4
_MORE_IN = 4000  # of the lines that continue it, for an exception
_JAVA = lazy(r"\n(SEVERE|WARNING|INFO|CONFIG|FINE\w*): ")
_LEVEL_IN = 400  # characters of a line in which its level is


def level_of(line: str) -> str:
    """One of ``LEVELS``; an access log's line by its status; empty where the line does not say.

    >>> level_of("[2026-11-24 02:40:04,123: ERROR/ForkPoolWorker-2] Task raised"), level_of("no error was found")
    ('error', '')
    """
    first = line.partition("\n")[0] if "\n" in line[:_LEVEL_IN] else line
    head = without_colours(first[:_LEVEL_IN])
    bare = first if head == first[:_LEVEL_IN] else without_colours(first)
    end = behind_syslog(head)
    found = (_of_line(bare[end : end + _LEVEL_IN], bare[end:]) if end else "") or _of_line(head, bare)
    return found or (_by_more(line[len(first) : len(first) + _MORE_IN]) if len(first) < len(line) else "")


def behind_syslog(head: str) -> int:
    """Where the line of a program begins behind what syslog puts before it; 0 where it has no priority's number and is
    certainly syslog's: without a process a program's own line may begin with a time and two words, too."""
    if "]: " not in head[:160] and not (head[3:4] == " " and head[:1].isupper() and ": " in head[:160]):
        return 0
    match = SYSLOG_HEAD.match(head)
    if match is None or head[:1] == "<" or not (head[:1].isupper() or match.group(1)[-1] == "]"):
        return 0
    return 0 if any(word.lower() in GRAVE for word in match.group(1).split(" ")) else match.end()


def _of_line(head: str, bare: str) -> str:
    """By its first line alone. ``head``: the beginning of it; both without colours."""
    passed = _PASSED_ON.match(head) if "PHP message: " in head or " said into std" in head else None
    found = (passed and level_of(bare[passed.end() :])) or _by_place(head)
    answered = "" if found else _by_request(head, bare)
    found = found or answered or _by_word(head)
    if found:
        known = answered or found in _FAILED
        return found if known else of_request(found, failed_status(head, bare))
    return of_status(status_of_pairs(bare)) or _by_exception(head)


def of_status(code: int) -> str:
    """The level of a request that was answered with that status; empty for 0, which is none."""
    return ("error" if code >= 500 else "warning" if code >= 400 else "info") if code else ""


def of_request(said: str, code: int) -> str:
    """The level of a record of a request: whatever its writer gives it, one that the server failed is an error.

    Most programs write one line of a request at one level, however it ended.
    """
    return said if code < 500 or said in _FAILED else of_status(code)


def of_value(name: str, value: Any) -> str:
    """The level that a field says; ``name``: without signs, in small letters (``severitytext``). Empty for none.

    >>> of_value("level", 50), of_value("priority", "3"), of_value("severitynumber", 17), of_value("level", "WARN")
    ('error', 'error', 'error', 'warning')
    """
    if isinstance(value, str):
        word = _BETWEEN_LEVELS.sub("", without_colours(value).strip(" []<>").lower())
        if not word.lstrip("-").isdigit():
            return GRAVE.get(word, "") or (_LETTERS.get(word.upper()[:1], "") if len(word) == 1 else "")
        value = int(word)
    if isinstance(value, bool) or not isinstance(value, int):
        return ""
    if name in ("levelno", "nextcloud"):  # Python's logging; Nextcloud counts up from 0 to 4
        value = value if name == "levelno" else 10 * value + 10
        return LEVELS[(0, 0, 1, 3, 4, 5)[min(5, max(0, value // 10))]]
    if name in ("severitynumber", "severity_number"):  # OpenTelemetry: 1 to 24
        return LEVELS[(0, 0, 1, 3, 4, 5)[(value + 3) // 4 - 1]] if 1 <= value <= 24 else ""
    if 0 <= value <= 7:
        # .NET counts up, syslog down, and Go's logr counts how much it tells: not known which.
        return _SYSLOG[value] if name not in ("loglevel", "lvl", "level") else ""
    if value in _LOGBACK:
        return _LOGBACK[value]
    if 10 <= value < 70:  # pino, bunyan
        return LEVELS[(0, 0, 0, 1, 3, 4, 5)[value // 10]]
    if name == "severity" and value in _GOOGLE:
        return _GOOGLE[value]
    if 100 <= value <= 600:  # Monolog
        return LEVELS[bisect((200, 250, 300, 400, 500), value)]
    return ""


def _by_place(head: str) -> str:
    if head[:1] == "<":
        match = _PRIORITY.match(head)
        if match and int(match.group(1)) < 192:
            return _SYSLOG[int(match.group(1)) % 8]
    for form in (_GLOG, _RUBY_LOGGER, _MONGO, _ETCD, _TELEGRAF, _TORNADO):
        match = form.match(head)
        if match:
            return _LETTERS[match.group(1)]
    return _by_mark(head) or _by_severity(head)


def _by_mark(head: str) -> str:
    """Words that are cut to four letters, signs, and words of their own."""
    match = _LOGRUS.match(head)
    if match:
        return _CUT_WORDS[match.group()]
    match = _LOG15.match(head) if "|" in head[:14] else None
    if match:
        return _LETTERS.get(match.group(1)[0], "debug")
    match = _NEST.match(head) if head[:5] == "[Nest" else None
    if match:
        return GRAVE.get(match.group(1).lower(), "debug") if match.group(1) != "LOG" else "info"
    match = _RABBIT.match(head) if "] <" in head[:60] else None
    if match:
        return _LETTERS.get(match.group(1)[0].upper(), "critical")
    match = _REDIS_LINE.match(head)
    if match:
        return level_of_redis(match.group(1), head[match.end() :])
    match = _LETTERED.match(head) if " [" in head[20:42] else None
    if match:
        return _LETTERS.get(match.group(1), "debug")
    match = _SIGN.match(head) if head[:2].strip()[:1] in ("⨯", "⚠") else None  # noqa: RUF001
    if match:
        return "warning" if match.group(1) == "⚠" else "error"
    match = _IN_BRACKETS.match(head) if "] " in head[21:180] else None
    if match:
        return _LETTERS.get(match.group(1), "debug")
    if head[:6] == "(node:" and _NODE_WARNING.match(head):
        return "warning"
    match = _ERLANG.match(head) if head[:1] == "=" else None
    return ("info" if match.group(1) == "PROGRESS" else "error") if match else ""


def _by_severity(head: str) -> str:
    """Databases and their poolers; else a key."""
    if ":  " in head:
        match = _POSTGRES.match(head)
        if match:
            return _severity(match.group(1))
        if "PHP " in head and _PHP_NOTE.match(head):
            return "notice"
    if head[23:24] == " " and head[:1].isdigit() and "," in head[:40]:
        match = _CSVLOG.match(head)
        if match:
            return _severity(match.group(1))
    match = _PGBOUNCER.match(head) if "] " in head else None
    if match:
        return GRAVE.get(match.group(1).lower(), "debug")
    match = _SQL_SERVER.match(head) if "Severity: " in head else None
    if match:
        return LEVELS[1 if int(match.group(1)) < 11 else 4 if int(match.group(1)) < 20 else 5]
    return _by_key(head) if "=" in head or ":" in head else ""


def _severity(word: str) -> str:
    return GRAVE.get(word.lower()) or _OF_POSTGRES.get(word.lower(), "")


def _by_key(head: str) -> str:
    """By the first key of a level: ``level=error``, not that of a ``fuel level: 3``."""
    within = ""
    for match in _KEYED.finditer(head):
        if "LOG_LEVEL" in match.group() or ("riority" in match.group() and match.group(1).isdigit()):
            continue  # of a program's environment; of a job, of a server of mail
        if _OPEN_TO_KEY.search(head, max(0, match.start() - 250), match.start()):
            quoted = match.group()[0] in "\"'" and "level" in match.group().lower()  # the verbosity of Go's logr
            of_syslog = "severity" if "everity" in match.group() else "priority"
            level = of_value("level" if quoted else of_syslog, match.group(1))
            if not (head.count('"', 0, match.start()) - head.count('\\"', 0, match.start())) & 1:
                return level
            within = within or level  # within a text: msg="level=info is set" level=error
    return within


def _by_request(head: str, line: str) -> str:
    """By the status of a request, or by a graver level that the program gives the line before it."""
    found, quote = of_status(status_in(head, line)), head.find('"')
    # Behind the date of an access log ([... +0000] ") there is none, and names stand before it.
    if not found or found == "error" or quote < 0 or head[quote - 3 : quote - 2].isdigit():
        return found
    said = _LARGE.search(head, 0, quote)
    return max(found, GRAVE[said.group(1).lower()], key=LEVELS.index) if said else found


def _by_word(head: str) -> str:
    """By the first word that is a level: what comes later is what the line speaks of. What is written large between
    signs stands in the place of a level, and one written small before it is a name."""
    large = _LARGE.search(head)
    placed = large and large.end() < _PLACED_IN and _PLACED.match(head, max(0, large.start(1) - 1))
    others = () if placed else (_SMALL.search(head), _BRACKETS.search(head))
    first = min(
        (match for match in (large, *others, _BEGINS.match(head)) if match),
        key=lambda match: match.start(),
        default=None,
    )
    if first is None:
        return ""
    word = first.group(1) or first.group().rstrip(": ")
    before = head[max(0, first.start() - NEAR) : first.start()]
    return level_by_sentence(GRAVE[word.lower()], word, before, head[first.end() :])


def _by_exception(head: str) -> str:
    match = SYSLOG_HEAD.match(head) if ": " in head else None
    match = match or (_TIMED.match(head) if head[:1].isdigit() or head[:1] == "[" else None)
    if match:
        head = head[match.end() :]
    if _PANIC.match(head):
        return "critical"
    failed = TRACEBACK.match(head) or _EXCEPTION.match(head) or _RUBY.match(head) or reports_end(head)
    return "error" if failed else ""


def _by_more(more: str) -> str:
    """By the lines that continue it: java.util.logging's second one, or an exception."""
    match = _JAVA.match(more)
    if match:
        return GRAVE.get(match.group(1).lower(), "debug")
    return next((level for level in map(_by_exception, more.split("\n")[1:]) if level), "")
