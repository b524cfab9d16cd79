# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether an exception in a log is a mistake of the code, or speaks of another party. Pure.

A mistake is what a language raises for the code itself, such as a name that does not exist. Whatever else is raised may
be the answer of a database, a network or a service, in words that no list has in full: it proves nothing of the code.
"""

from __future__ import annotations

import re

# The class that was raised: the first one that a line names. `Error` alone is a word of many messages.
_RAISED = re.compile(
    r"(?<![\w.$\\])(?<!::)(?P<package>(?:[A-Za-z_]\w*(?:\.|::|\\{1,2}))*)(?P<name>[A-Z]\w*(?:Error|Exception))\b(?![-=])"
)
_PACKAGES = frozenset(
    [
        "",
        "builtins.",
        "java.lang.",
        "java.util.",
        "kotlin.",
        "System.",
        "System.Collections.Generic.",
        "Symfony\\Component\\ErrorHandler\\Error\\",
    ]
)
_CERTAIN = re.compile(
    # Python, Ruby, JavaScript, Elixir
    r"(?:Key|Attribute|Name|UnboundLocal|Import|ModuleNotFound|Index|ZeroDivision|Recursion|Reference"
    r"|Indentation|Tab|NoMethod|NoMatchingPattern|LocalJump|Frozen|UndefinedFunction"
    r"|BadArity|BadMap|BadFunction|BadBoolean|CondClause|Arithmetic"
    # PHP, Java
    r"|ArgumentCount|DivisionByZero|UndefinedMethod|ClassNotFound|NoClassDefFound|NoSuchMethod|NoSuchField|AbstractMethod"
    r"|IncompatibleClassChange|StackOverflow)Error"
    r"|(?:NullPointer|ClassCast|(?:Array|String)?IndexOutOfBounds|NegativeArraySize|ArrayStore|Arithmetic"
    r"|ConcurrentModification|ClassNotFound|NoSuchMethod|NoSuchField"
    r"|UninitializedPropertyAccess"
    # .NET
    r"|NullReference|InvalidCast|IndexOutOfRange|ArgumentNull|ArgumentOutOfRange|KeyNotFound|MissingMethod|DivideByZero"
    r"|TypeLoad)Exception"
)
# A mistake, unless the message speaks of another party: JavaScript has `TypeError: fetch failed` for a fault of the
# network, and `SyntaxError: Unexpected token < in JSON` for an answer that is an error page.
_LIKELY = re.compile(
    r"(?:Type|Value|Syntax|Range|Unicode\w*|Argument|Match|CaseClause|WithClause|FunctionClause|NotImplemented)Error"
    r"|(?:NotImplemented|UnsupportedOperation|InvalidOperation|IllegalArgument|NumberFormat|NoSuchElement|Format|Argument)"
    r"Exception"
)
# Of these the classes that applications and libraries raise with words of their own as often, as in
# `ValueError: payment failed`: what they say proves a mistake only where it is a sentence of the language.
_OF_ANY_WORDS = frozenset(
    [
        "ValueError",
        "RangeError",
        "ArgumentError",
        "ArgumentException",
        "IllegalArgumentException",
        "NoSuchElementException",
        "InvalidOperationException",
    ]
)
_SENTENCES = re.compile(
    # Python, NumPy, Django
    r"invalid literal for int\(\)|could not convert string to |(?:too many|not enough) values to unpack"
    r"|\b(?:substring|subsection) not found|\bnot in (?:list|tuple|deque|range)\b|math domain error"
    r"|does not match format|unconverted data remains|Invalid isoformat string"
    r"|\b(?:year|month|day|hour|minute|second)\b.{0,20}(?:out of range|must be in [\d#])"
    r"|\b(?:min|max)\(\) (?:arg|iterable argument) is (?:an )?empty|(?:Unknown|Invalid) format (?:code|specifier)"
    r"|unsupported format character|cannot switch from (?:manual|automatic) field|encountered in format string"
    r"|empty separator|cannot convert float (?:NaN|infinity)|embedded null|dictionary update sequence element"
    r"|truth value of an? |could not be broadcast|return an HttpResponse object"
    r"|ValueError: Cannot assign |must be a '' instance|needs to have a value for field"
    r"|expected a number but got|save\(\) prohibited|Missing staticfiles manifest entry"
    # JavaScript
    r"|Maximum call stack size|RangeError(?: \[\w+\])?: The value of |Invalid time value"
    r"|Invalid (?:(?:typed )?array|array buffer|string) length|Invalid (?:count value|code point)"
    r"|\b(?:digits|precision|radix)\b.{0,20} must be"
    # Ruby, Elixir
    r"|wrong number of arguments|\b(?:unknown|missing) keywords?:|comparison of .{1,80} with .{1,80} failed"
    r"|float NaN out of range|bignum too big"
    r"|invalid value for (?:Integer|Float)\(\)|invalid date\b|argument out of range|without a block"
    r"|(?:\(ArgumentError\)|ArgumentError:) argument error|errors were found at the given arguments"
    r"|could not fetch (?:environment variable|application environment)"
    # Java, Kotlin
    r"|Exception: .{0,200}(?:must not|cannot|may not) be null\b|violates its general contract|argument type mismatch"
    r"|Could not resolve placeholder|Name for argument of type|Not a managed type|bound must be positive"
    r"|No value present|(?:Collection|List|Sequence|Array) (?:is empty|contains no element)"
    r"|NoSuchElementException\s*$"
    # .NET
    r"|same key has already been added|cannot be an empty string|does not fall within the expected range"
    r"|cannot be converted to type|Format of the initialization string|Unable to resolve service for type "
    r"|Sequence contains (?:no|more than one) |Nullable object must have a value|Collection was modified"
)
# Sentences that a language says of the code alone, whichever names it has: a function, a class or an argument may
# bear the name of a client, as in `TypeError: redis.createPool is not a function`. A signature has # for a number.
_OF_CALLS = re.compile(
    # Python
    r"got an unexpected keyword argument|got multiple values for"
    r"|missing [\d#]+ required (?:positional|keyword-only) argument"
    r"|takes (?:[\d#]+|no|from [\d#]+ to [\d#]+|exactly \w+|at (?:most|least) \w+) (?:positional |keyword )?argument"
    r"|object is not (?:callable|subscriptable|iterable|an iterator)|object does not support item"
    r"|unsupported operand type"
    # JavaScript
    r"|is not (?:a function|a constructor|iterable)\b"
    r"|Cannot (?:read|set) propert(?:y|ies)(?: '')?(?: of (?:undefined|null))?(?: \((?:reading|setting) [^()]{1,80}\))?"
    r"|Assignment to constant variable"
    r"|(?:undefined|null) is not an object(?: \(evaluating [^'\n]{1,200}\))?"
    # Ruby, PHP
    r"|\b(?:unknown|missing) keywords?: :?\w{1,80}(?:, :?\w{1,80}){0,20}|wrong number of arguments"
    r"|: Argument #[\d#]+ .{0,300}?must be of type \S{1,200}(?: \w{1,80} given)?(?:, called in .*)?"
)
_MESSAGE = 400  # characters at the beginning of a record in which its message is
_CALLS = ("TypeError", "ArgumentError")
# Words for what another party answered. That it has not the expected form is the fault of who gave it, or of the code.
_ANSWER = re.compile(
    r"(?i)\b(?:responses?|res|resp|reply|replies|answers?|body|payload|status|upstream|gateway|rows|json|database"
    r"|server)\b"
)
# The same within a name, as in `apiResponse.items is not iterable`.
_NAME_OF_ANSWER = re.compile(r"(?i)\b(?:res|resp|response|reply|body|payload|answer)s?\b")
_WORDS_OF_NAME = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_")
# What a language, or who is called, says of a value that the code handed over.
_OF_TYPES = re.compile(
    r"must be [\w ]{1,40}, not \S|can only concatenate|no implicit conversion of|not enough values to unpack"
)
_OF_VALUES = re.compile(r"\bmust (?:specify|not be (?:empty|null|blank|None))\b|\(\w{1,80}\.py, line [\d#]+\)\s*\Z")
# What a language says of the code alone without a class that shows it.
_PLAIN = re.compile(
    # Go, whose runtime panics in words of its own; a panic in other words is the program's
    r"\bpanic: runtime error\b|\bruntime error: (?:invalid memory address|(?:index|slice bounds) out of range"
    r"|integer divide by zero|makeslice: |growslice: |hash of unhashable|comparing uncomparable|cannot convert slice)"
    r"|\bpanic(?: serving \S{1,80})?: (?:assignment to entry in nil map|close of (?:nil|closed) channel"
    r"|send on closed channel|interface conversion: |reflect: |sync: negative WaitGroup)"
    r"|\bfatal error: (?:concurrent map |all goroutines are asleep)"
    # Rust
    r"|\bpanicked at \S{1,300}: (?:called `Option::(?:unwrap|expect)\(\)` on a `None`|index out of bounds: the len"
    r"|attempt to (?:\w+ (?:left |right )?with overflow|divide by zero|calculate the remainder )"
    r"|already (?:mutably )?borrowed|(?:range|slice) (?:start |end )?index |byte index |explicit panic\b"
    r"|internal error: entered unreachable code|not (?:yet )?implemented\b|assertion .{1,200} failed)"
    # PHP, also as Laravel writes it (production.ERROR: ...)
    r"|\b(?:Error|ERROR): Call to (?:undefined|a member function)|\bParse error: +syntax error"
    r"|\bError: (?:(?:Class|Interface|Trait|Enum) \S{1,200} not found|Undefined constant"
    r"|Typed property \S{1,200} must not|Unknown named parameter|Unsupported operand types"
    r"|Cannot (?:redeclare|instantiate|access) )"
    r"|\bPHP Fatal error: +(?:Cannot (?:re)?declare |Declaration of |Class \S{1,200} contains )"
    r"|\b(?:ErrorException|ERROR): (?:Undefined|Trying to access|Attempt to read)"
    # Node.js, Elixir
    r"|\bError(?: \[ERR_MODULE_NOT_FOUND\])?: Cannot find (?:module|package) |\bProtocol\.UndefinedError\b"
)
_ANOTHER_PARTY = re.compile(
    r"(?i)\bfetch\b|\bnetwork|\bload failed|\bterminated\b|connect|time(?:d[ -]?)?out|\bsocket|\bhost\b|\b(?:ECONN|ENOT"
    r"|EAI_|EPIPE|ETIMED|EHOST|ENET|UND_ERR)\w*|\bDNS\b|name resolution|unreachable|refused"
    r"|\b(?:SSL|TLS|EOF|HTTP|JSON)\b|certificate|https?://|unavailable|upstream|gateway|rate limit|\bpool\b"
    r"|too many (?:clients|requests|open files)|\bdatabase|\bserver\b|\bclosed\b|\bstatus\b|\bresponse\b|\bbody\b"
    r"|webhook|signature|api key|\bdeclined\b|nxdomain|expecting value: line|JSONDecode|no space left"
    r"|CancelledError|SystemExit"  # of a request that a timeout, a server or its client ended
    r"|read-only file system|\bMemoryError\b|OutOfMemory|cannot allocate memory"
)
# The same of a payment: a card that is refused is an answer of the provider.
_PAYMENT = re.compile(
    r"(?i)\bcards?\b|stripe|paypal|braintree|adyen|mollie|klarna|razorpay|worldpay|\binsufficient\b|\bacquirer\b"
    r"|\bissuer\b|\bpayments? (?:was |is |has been |could |can)?(?:failed|rejected|refused|denied|not)\b"
)
# A value that is an error itself, as Elixir and Ruby print the one that no clause matches.
_ERROR_VALUE = re.compile(r"\{:?error\b|%[\w.]{1,80}Error\{")
# What the network, a server or a service did, in the words of whichever class; `timeout` alone may name an argument.
_FAULT = re.compile(
    r"(?i)fetch failed|failed to fetch|networkerror|\bnetwork\b|\bload failed|\bterminated\b"
    r"|\b(?:JSON|HTML|SSL|TLS|EOF)\b"
    r"|<!doctype|expecting value: line|timed[ -]?out"
    r"|time-?out (?:of .{1,40} )?(?:exceeded|expired|reached|occurred|waiting)"
    r"|(?:read|connect|connection|request|gateway|socket|lock|pool) time-?out|deadline exceeded"
    r"|\b(?:ECONN|ENOT|EAI_|EPIPE|ETIMED|EHOST|ENET|UND_ERR)\w*|getaddrinfo|name resolution|no such host"
    r"|not known\b"
    r"|unreachable|refused|\breset\b|\bclosed\b|\baborted\b|\blost\b|hang[ ]up|unavailable|bad gateway|too many"
    r"|(?:could not|unable to|cannot|can't|failed to) (?:connect|reach)|certificate|status code|HTTP Error"
    r"|SQLSTATE|\bORA-\d|terminating connection|connection slots|database system is|\brecovery mode\b"
)
_EVALUATED = re.compile(r"\(evaluating '([^'\n]{1,200})'\)")  # JavaScriptCore quotes the expression itself
_QUOTED = re.compile(r"'[^']{0,200}'|\"[^\"]{0,200}\"|`[^`']{0,200}[`']")
# What raised it: in the chains of Java and Node, of Rails, of PHP and Monolog, of Go and of .NET.
_CAUSE = re.compile(
    r"^[^\S\n]*(?:Caused by: |Causes?: |\[?cause\]?: |nested exception is |Next (?=[\w\\]{0,200}(?:Error|Exception)\b)"
    r"|\[previous exception\] (?:\[object\] )?\(?|(?=panic: ))(.*)$"
    r"|; nested exception is (.*)$|---> (.*?)(?= ---> |$)",
    re.M,
)
# A line that begins with a class: of a traceback and its chain, also of a group of exceptions. A framework's `Exception
# on /path` names none.
_HEADER = re.compile(
    r"^(?: {0,12}\| |\[[^\]\n]{1,80}\] )?(?:\*\* \()?(?:"
    r"(?:[A-Za-z_]\w*(?:\.|::|\\{1,2}))*\w*(?:Error|Exception)(?=[:)]| [(\[]|\s*$)"
    r"|Exception in thread "
    r"|[A-Z]\w*(?:::[A-Z]\w*)+(?:: | \()"
    r"|(?:(?:[a-z_]\w*\.)+(?:[A-Z]\w*|\w*error|timeout)|SystemExit)(?=: |\s*$)"  # Python's without such an ending
    r").*$"
    r"|^[^\s:]+:\d+:in [^\n]*\([A-Z][\w:]*\)$",  # Ruby
    re.M,
)

# Errors that speak of another party: a database, a broker, a service, or the network to it.
_OTHERS = re.compile(
    r"(?i)psycopg|sqlalchemy|OperationalError|InterfaceError|DatabaseError|PSQLException|org\.postgresql|Npgsql"
    r"|PostgresException|Postgrex|DBConnection|\bPG::|com\.mysql|mysql2?\b|mariadb|CommunicationsException|\bORA-\d"
    r"|\bMongo\w*|pymongo|PrismaClient\w*|Sequelize\w*|Hikari|JdbcConnection|java\.sql\.SQL\w*|SQLSTATE\[(?:08|53|57|58|HY|40)"
    r"|redis|jedis|lettuce|kombu|amqp|rabbit|kafka|elasticsearch|opensearch|cassandra|memcache|botocore|aiobotocore"
    r"|\bsqlx\b|\breqwest\b|\bhyper::|PgDatabaseError|\bkind: (?:Connection|Host|Network)\w+|UnexpectedEof"
    r"|\bgrpc|StatusRuntimeException|Connect\w{0,60}(?:Error|Exception|Failed)|NotConnected|CannotConnect|ConnectionBad"
    r"|time(?:d[ -]?)?out|DeadlineExceeded|deadline exceeded|MaxRetryError|ProxyError|ProtocolError|IncompleteRead"
    r"|ChunkedEncoding|ServerDisconnected|\b(?:httpx|httpcore|aiohttp|undici|urllib3)\b|\bRead(?:Error|Exception)\b"
    r"|\bWriteError\b|BrokenPipe|ClosedChannel|gaierror|getaddrinfo|UnknownHost|NoRouteToHost|HostUnreachable|java\.net\."
    r"|javax\.net\.ssl|\bSocket\w{0,60}(?:Error|Exception)|SocketError|SSL\w{0,60}(?:Error|Exception)|TLSError"
    r"|CertificateError|System\.Net\.|HttpRequestException|HttpServerErrorException|TaskCanceledException"
    r"|ResourceAccessException|WebClientRequestException|RetryableException|FetchError|fetch failed|Failed to fetch"
    r"|socket hang[ ]up|\b(?:ECONN|EAI_|ENOTFOUND|EPIPE|ETIMED|EHOSTUN|ENETUN|UND_ERR)\w*|Errno::E\w+"
    r"|connection (?:refused|reset|closed|already closed|aborted|is closed|was closed|lost)"
    r"|too many (?:clients|connections)|no such host|name resolution|Name or service not known"
    r"|NetworkError|network is unreachable|no route to host|server closed the connection"
    r"|(?:could not|unable to|cannot|can't) connect|certificate verify failed"
    r"|HTTP\w{0,60}Error: (?:\S+ )?(?:Server Error|HTTP Error 5)|service (?:temporarily )?unavailable|bad gateway"
    r"|gateway time|too many requests|status code (?:5\d\d|429)"
    # what a client gives up, or a breaker keeps back; .NET, Java, Node.js
    r"|OperationCanceled|\bAbortError\b|operation was (?:aborted|canceled)|ClientAbort|broken pipe"
    r"|network-related or inst|BrokenCircuit|CallNotPermitted|\bcircuit\b.{0,60}\bopen\b|remote certificate"
    r"|unable to execute http"
    r"|FeignException\$(?:ServiceUnavailable|BadGateway|GatewayTimeout|InternalServerError|TooManyRequests)"
)
# What a database says of a statement that names what it does not have, or that it cannot read (SQLSTATE 42).
_WRONG_STATEMENT = re.compile(
    r"(?i)\b(?:column|relation|table|function|type|schema) \S{1,200} (?:of relation \S{1,200} )?(?:does not|doesn't)"
    r" exist|\bundefined_(?:column|table|function)\b|\bUndefined(?:Column|Table|Function)\b|\boperator does not exist"
    r"|\bsyntax error at or near\b|\bUnknown column\b|\bno such (?:column|table)\b|\bSQLSyntaxErrorException\b"
    r"|\b(?:Invalid|Unknown) (?:column|object) name\b|You have an error in your SQL syntax"
)


def is_mistake(text: str, example: str = "") -> bool:
    """Whether a language raised it for a mistake in the code itself, and no part of its chain is of another party.

    ``text``: the line that says what happened, with what stands before it. ``example``: the whole record, of which the
    chain is read. A mistake that comes while an error of the database is handled, or of a service, proves nothing: the
    request had failed already.
    """
    line = _last(text)
    mistake = is_said_of_code(text)
    if not mistake:
        causes = _causes(f"{text}\n{example}")
        mistake = bool(causes) and _is_certain(causes[-1]) and not _OTHERS.search(line)
    return mistake and not any(map(_is_of_another, chain(text, example)))


def is_said_of_code(text: str) -> bool:
    """Whether its class or its sentence is one that a language has for the code alone, whatever caused it."""
    line = _last(text)
    return _is_certain(line) or _is_likely(line)


def chain(text: str, example: str = "") -> list[str]:
    """The exceptions that a record names: those that raised or preceded the last one, and that itself."""
    return [*_HEADER.findall(_lines(example)), *_causes(f"{text}\n{example}")]


def _causes(record: str) -> list[str]:
    return [found for groups in _CAUSE.findall(_lines(record)) for found in groups if found]


def _last(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")


def _is_of_another(part: str) -> bool:
    if is_said_of_code(part):
        return False
    return any(pattern.search(part) for pattern in (_ANOTHER_PARTY, _OTHERS, _PAYMENT))


def _is_certain(line: str) -> bool:
    if _ERROR_VALUE.search(line):
        return False
    return bool(_PLAIN.search(line)) or bool(_CERTAIN.fullmatch(_raised(line)))


def _is_likely(line: str) -> bool:
    raised = _raised(line)
    if not _LIKELY.fullmatch(raised) or _ERROR_VALUE.search(line):
        return False
    bare = _bare(line)
    if raised in _CALLS and _OF_CALLS.search(bare):
        if _is_of_answer(bare):
            return False
        if _is_of_calls(bare):
            return True
    if raised in _OF_ANY_WORDS and not _SENTENCES.search(bare):
        return False
    said = bare[bare.find(raised) :]  # the name of a logger, before it, may be that of a payment
    return not (_ANOTHER_PARTY.search(bare) or _OTHERS.search(bare) or _PAYMENT.search(said))


def _bare(line: str) -> str:
    """Without what stands in quotes, which is a name or a value."""
    return _QUOTED.sub("''", _EVALUATED.sub(r"(evaluating \1)", line))


def _is_of_calls(bare: str) -> bool:
    """Whether it is a sentence of _OF_CALLS, beside which nothing speaks of another party: what it says it of may."""
    match = _OF_CALLS.search(bare)
    if not match or _FAULT.search(bare) or _is_of_answer(bare):
        return False
    beside = f"{_before(bare, match.start())[0]} {bare[match.end() :]}"
    return not any(pattern.search(beside) for pattern in (_FAULT, _ANOTHER_PARTY, _OTHERS))


def _is_of_answer(bare: str) -> bool:
    """Whether it speaks of what another party answered, or of a value of which the name shows that."""
    match = _OF_CALLS.search(bare)
    if _ANSWER.search(bare) or not match:
        return bool(_ANSWER.search(bare))
    subject = _before(bare, match.start())[1]
    if match[0] in ("is not a function", "is not a constructor"):  # its last name is that of what is missing
        subject = subject.rpartition(".")[0]
    return not subject.endswith("()") and bool(_NAME_OF_ANSWER.search(_WORDS_OF_NAME.sub(" ", subject)))


def _before(bare: str, end: int) -> tuple[str, str]:
    """Between the class and a sentence at ``end``: the words, and the last of them, of which the sentence is said."""
    raised = _RAISED.search(bare)
    words = bare[raised.end() : end].split() if raised and raised.end() <= end else []
    return " ".join(words[:-1]), words[-1] if words else ""


def _raised(line: str) -> str:
    """The class of the language itself that a line names first; empty where the first one is of a library."""
    match = _RAISED.search(line)
    return match["name"] if match and match["package"].replace("\\\\", "\\") in _PACKAGES else ""


def speaks_of_others(text: str, example: str = "") -> bool:
    """Whether an error names a database, a broker, a service or the network, itself or by what caused it."""
    return any(_OTHERS.search(line) for line in _said(text, example))


def is_fault_of_others(text: str, example: str = "") -> bool:
    """Whether a record names another party, or what became of it or of the way to it, in whichever words."""
    return any(_OTHERS.search(line) or _FAULT.search(line) for line in _said(text, example))


def is_wrong_statement(text: str, example: str = "") -> bool:
    """Whether a database refused a statement for what it names or how it is written: that is of the code, or of a
    migration that is missing, whatever the client's library is called."""
    return any(_WRONG_STATEMENT.search(line) for line in (*_said(text, example), _lines(example)[:_MESSAGE]))


def is_of_a_language(text: str, example: str = "") -> bool:
    """Whether each line of a record that names another party is one that a language says of the code, or of a value
    that the code handed over.

    It is a mistake of the code that bears another party's name then, as in `TypeError: timeout must be int, not str`.
    Every other sentence may be what that party answered: no list has all their words.
    """
    line = _last(text)
    return all(_is_of_language(said) for said in (line, *filter(_OTHERS.search, _said(line, example))))


def _is_of_language(line: str) -> bool:
    if _is_certain(line):
        return True
    raised, bare = _raised(line), _bare(line)
    if raised in _CALLS and _is_of_calls(bare):
        return True
    says = _OF_VALUES.search(bare) or (raised in _CALLS and _OF_TYPES.search(bare))
    return bool(_LIKELY.fullmatch(raised) and says) and not _FAULT.search(line) and not _ANSWER.search(bare)


def _said(text: str, example: str) -> list[str]:
    """The lines of a record that say what happened: the paths of its frames lead through the libraries of many."""
    whole = _lines(example)
    return [text, *_HEADER.findall(whole), *_causes(whole), *([] if "\n" in whole else [whole])]


def _lines(example: str) -> str:
    """Of a JSON line, too, in which the ends of lines are written as two characters."""
    return example.replace("\\n", "\n")
