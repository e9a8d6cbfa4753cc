# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What looks like a password, a hash or a key in a script, a URL or a line, so that no result shows it. Pure.

It errs on the side of hiding: a value that the shell fills in is none, and nearly anything else that stands where a secret does is one. No text takes more
than linear time: repeats are bounded or take what they match, and what was looked at for one command is not looked at again for the next.
"""

from __future__ import annotations

import re
from typing import Callable, Iterable, Iterator, Tuple

Span = Tuple[int, int]
HIDDEN = "********"

# A word of the shell. What begins with $ or ` is filled in when the script runs.
_VALUE = r"""(?![$`&*\\]|"[$`])(?:'[^'\n]*'?|"(?:[^"\\\n]|\\.)*"?|\\.|[^\s'"\\;|&<>()])+"""
_WORD = re.compile(r"""(?:'[^'\n]*'?|"(?:[^"\\\n]|\\.)*"?|\\.|[^\s'"\\;|&<>()])+|[;|&<>()]""")
_SEPARATORS = frozenset(";|&<>()")
_FILLED_IN = ("$", '"$', "`", '"`')
# Crypt hashes of any scheme.
_HASH = re.compile(r"\$(?:1|2[abxy]?|5|6|7|y|gy)\$[^\s'\";:|]{8,}")
# user:password@ of a URL.
_URL = re.compile(r"://([^\s/@:'\"]{0,64}:[^\s/@'\"]{1,128})@")
_LICENCE = re.compile(r"(?<![A-Za-z0-9-])[A-Z0-9]{5}(?:-[A-Z0-9]{5}){4}(?![A-Za-z0-9-])")
_ROOTPW = re.compile(r"rootpw[ \t]{1,64}(?:--iscrypted[ \t]{1,64})?([^\s$-]\S*)")
# Names of variables, keys and options whose value is a secret, and what follows a name before its value: as the shell and Python write it, as JSON
# and YAML do, and behind an option.
_NAME = re.compile(
    r"(?:password|passwd|passphrase|secret|token|credentials?|communit(?:y|ies)"
    r"|(?:access|api|private|secret|auth|licen[cs]e|encryption|integrity)[_-]?key|(?:auth|priv)-hash"
    r"|(?<!by)(?<!com)(?<!sur)pass|psk|pwd(?!=/)|pw)",
    re.IGNORECASE | re.ASCII,
)
_SUFFIX = r"(?:_?[0-9]{1,3}|_(?:key|value|hash|text|string|root|admin))?"
# PW:=x, PW+=x, and in ${PW:-x} what counts where there is no other.
_EQUALS = r"(?:[:+]?={1,2}|:-(?!\})|\s{1,4}={1,2}\s{1,4}|=\s{1,4}(?=['\"]))"
# A whole text behind the colon: in 'Password: ' and "token: " the quote ends a question.
_COLON = r"""['"]?\s{0,4}:\s{0,4}('[^'\n]+'|"(?:[^"\\\n]|\\.)+")(?=[\s,;'"}\])]|$)"""
_ASSIGNED = re.compile(rf"{_SUFFIX}{_EQUALS}({_VALUE})|{_COLON}", re.IGNORECASE | re.ASCII)
# A line of YAML: the whole of it, as a question of a script is not.
_YAML = re.compile(
    rf"^[ \t]{{0,64}}(?:-[ \t]{{1,8}})?[\w.-]{{0,40}}?(?:{_NAME.pattern}){_SUFFIX}:[ \t]{{1,8}}(?!(?:null|true|false|yes|no|none|~|[|>][-+]?)\s*(?:#|$))"
    rf"({_VALUE})[ \t]{{0,64}}(?:#.*)?$",
    re.IGNORECASE | re.ASCII,
)
_OPTION_BEFORE = re.compile(r"(?<![\w-])--?[A-Za-z-]{0,40}\Z")
_OPTION_AFTER = re.compile(rf"(?!-(?:stdin|file))[\w-]{{0,20}}(?:\s{{1,8}}|=)(?!-)({_VALUE})")
_OPTION_REACH = 44
_AUTHORIZATION = re.compile(
    rf"(?:authorization:\s{{0,4}}\w{{1,16}}\s{{1,4}}|\bx-[a-z-]{{0,40}}(?:token|key|secret|password):\s{{0,4}})({_VALUE})", re.IGNORECASE | re.ASCII
)
_SSHPASS = re.compile(rf"(?:sshpass\s{{1,4}}-p|-pass(?:in|out)\s{{1,4}}pass:)\s{{0,4}}({_VALUE})")
# The password of curl --user NAME:PASSWORD; of users and receivers of traps what ESXi's agent is told (esxcli system snmp set).
_USER = re.compile(rf"--(?:proxy-)?user[\s=]{{1,8}}(?=[^\s:]{{0,64}}:[^\s:])({_VALUE})")
_SNMP_USERS = re.compile(rf"\s(?:--(?:remote-)?users[\s=]{{1,8}}|-[uR][\s=]{{1,8}})(?=[^\s/]{{1,64}}/)({_VALUE})")
_SNMP_TARGETS = re.compile(rf"\s(?:--targets[\s=]{{1,8}}|-t[\s=]{{1,8}})(?=[^\s/]{{1,64}}/)({_VALUE})")
# What reads a password from its input.
_READERS = r"(?:(?:ch|smb)?passwd|domainjoin-cli|kinit|sudo\s{1,8}-S)\b"
_READS = re.compile(_READERS)
_PIPE = re.compile(rf"\|\s{{0,8}}(?:[\w./-]{{0,64}}/)?(?:{_READERS}|openssl\s{{1,8}}passwd\b)")
_SAYS = re.compile(r"\b(?:echo|printf|yes)(?:\s{1,8}-[a-zA-Z]{1,4}\b)*[ \t]{1,8}")
_CLOSES = re.compile(rf"^[ \t]{{0,64}}[)}}]\s{{0,8}}{_PIPE.pattern}", re.MULTILINE)
_HERE_STRING = re.compile(rf"<<<\s{{0,8}}({_VALUE})")
_HERE_TEXT = re.compile(r"(?<!<)<<-?[ \t]{0,4}(['\"]?)(\w{1,64})\1[^\n]{0,400}\n")
# What a script of expect, or of Python's pexpect, answers to a question for a password, in the same line or the next.
_ASKED = re.compile(r"assword|assphrase")
_SENDS = re.compile(rf"\bsend(?:line)?(?:[ \t]{{1,8}}(?:--[ \t]{{1,8}})?|\()({_VALUE})")
_PEM = re.compile(r"-----BEGIN (?:[A-Z]{1,12} ){0,3}PRIVATE KEY-----([A-Za-z0-9+/=\s\\]{1,20000})")
_LINE = re.compile(r"[^\s$][^\n\r]*")
# How far before or after a command its words are looked for, and how many lines of a text for a password, each of this length, are read.
_REACH, _LINES, _LONG_LINE = 400, 20, 1000
_JOIN_OPTIONS = ("--ou", "--enable", "--disable", "--notimesync", "--details", "--trustEnumerationWaitSeconds")


def secret_spans(text: str) -> list[Span]:
    """Where a script or a URL carries what looks like a password or a hash, in order and without overlap."""
    # A command goes on behind a backslash; the places stay what they are.
    joined = text.replace("\\\r\n", "   ").replace("\\\n", "  ")
    spans: list[Span] = []
    for at, line in _hinted(joined):
        lowered = line.lower()
        for hints, find in _FINDERS:
            if any(hint in lowered for hint in hints):
                spans += [(at + start, at + end) for start, end in find(line)]
    if "<<" in text:
        spans += _here_texts(text)
    if "|" in joined:
        spans += _groups_before(joined)
    if "send" in joined:
        spans += _answers(joined)
    if "PRIVATE KEY" in text:
        spans += [span for found in _PEM.finditer(text) for span in _each_line(text, *found.span(1))]
    return _merged(spans)


def _hinted(text: str) -> Iterator[tuple[int, str]]:
    """The lines with a hint of any kind, and where they begin: few of a text that has many."""
    lowered = text.lower() if text.isascii() else re.sub("[A-Z]+", lambda found: found.group().lower(), text)
    found = _HINT.search(lowered)
    while found is not None:
        start, end = lowered.rfind("\n", 0, found.start()) + 1, lowered.find("\n", found.end())
        end = len(text) if end < 0 else end
        yield start, text[start:end]
        found = _HINT.search(lowered, end)


def _groups(pattern: re.Pattern[str]) -> Callable[[str], Iterator[Span]]:
    """The last group of each place that fits, or the place itself."""
    return lambda line: (found.span(pattern.groups) for found in pattern.finditer(line))


def _named(line: str) -> Iterator[Span]:
    """ROOT_PW=Secret, "password": "Secret" and --password Secret."""
    name = _NAME.search(line)
    while name is not None:
        found = _ASSIGNED.match(line, name.end())
        if found is None and _OPTION_BEFORE.search(line, max(0, name.start() - _OPTION_REACH), name.start()):
            found = _OPTION_AFTER.match(line, name.end())
        if found is not None:
            yield found.span(found.lastindex or 0)
        name = _NAME.search(line, (found or name).end())


def _short(command: str, letters: str) -> Callable[[str], Iterator[Span]]:
    """The short options of a command of ESXi that take a secret."""
    begins, option = re.compile(rf"\b{command}\b"), re.compile(rf"\s-[{letters}](?:[ \t]{{1,8}}|=)?(?!-)({_VALUE})")

    def find(line: str) -> Iterator[Span]:
        done = 0
        for found in begins.finditer(line):
            start, done = max(done, found.end()), min(found.end() + _REACH, len(line))
            yield from (value.span(1) for value in option.finditer(line, start, done))

    return find


def _arguments(command: str, pick: Callable[[list[tuple[Span, str]]], list[Span]]) -> Callable[[str], Iterator[Span]]:
    """What is a secret of the words behind a command."""
    begins = re.compile(rf"\b{command}\b")

    def find(line: str) -> Iterator[Span]:
        done = 0
        for found in begins.finditer(line):
            if found.start() < done:
                continue
            done = min(found.end() + _REACH, len(line))
            yield from pick(list(_words(line, found.end(), done)))

    return find


def _words(line: str, start: int, end: int) -> Iterator[tuple[Span, str]]:
    """The words of one command of the shell."""
    for word in _WORD.finditer(line, start, end):
        if word.group() in _SEPARATORS:
            return
        yield word.span(), word.group()


def _of_join(words: list[tuple[Span, str]]) -> list[Span]:
    """Of domainjoin-cli join [--option VALUE] DOMAIN USER PASSWORD."""
    plain: list[tuple[Span, str]] = []
    takes = False
    for span, word in words:
        if takes or word.startswith("--"):
            takes = not takes and word in _JOIN_OPTIONS
        else:
            plain.append((span, word))
    return [span for span, word in plain[2:] if not word.startswith(_FILLED_IN)]


def _piped(line: str) -> Iterator[Span]:
    """What is said into a command that reads a password."""
    done = 0
    for found in _PIPE.finditer(line):
        for says in _SAYS.finditer(line, max(done, found.start() - _REACH), found.start()):
            if says.start() < done:
                continue
            for span, word in _words(line, says.end(), found.start()):
                done = span[1]
                if not word.startswith(_FILLED_IN):
                    yield span
        done = max(done, found.start())


def _groups_before(text: str) -> Iterator[Span]:
    """What a group of commands on lines of their own says into a command that reads a password."""
    done = 0
    for found in _CLOSES.finditer(text):
        start = max(done, found.start() - _REACH)
        opens = max(text.rfind("(\n", start, found.start()), text.rfind("{\n", start, found.start()))
        for says in _SAYS.finditer(text, opens, found.start()) if opens >= 0 else ():
            end = text.find("\n", says.end(), found.start())
            yield from (span for span, word in _words(text, says.end(), found.start() if end < 0 else end) if not word.startswith(_FILLED_IN))
        done = found.end()


def _answers(text: str) -> Iterator[Span]:
    done = 0
    for found in _ASKED.finditer(text):
        start = max(done, found.end())
        end = min(start + _REACH, len(text))
        for _line in range(2):
            stop = text.find("\n", start, end)
            line_end = end if stop < 0 else stop
            for answer in _SENDS.finditer(text, start, line_end):
                yield from [answer.span(1)] if _is_said(answer.group(1)) else []
            start = done = min(line_end + 1, end)


def _is_said(word: str) -> bool:
    """A text: what has no quotes in a script of Python is a name."""
    return word[0] in "'\"" and not word.startswith(_FILLED_IN)


def _here_strings(line: str) -> Iterator[Span]:
    done = 0
    for found in _HERE_STRING.finditer(line):
        if _READS.search(line, max(done, found.start() - _REACH), found.start()):
            yield found.span(1)
        done = found.end()


def _here_texts(text: str) -> Iterator[Span]:
    """The lines of a text that such a command reads."""
    done = 0
    for found in _HERE_TEXT.finditer(text):
        start = text.rfind("\n", max(0, found.start() - _REACH), found.start()) + 1
        if found.start() < done or not _READS.search(text, max(start, found.start() - _REACH), min(found.end(), found.start() + _REACH)):
            continue
        at = found.end()
        for _line in range(_LINES):
            end = text.find("\n", at, at + _LONG_LINE)
            end = min(at + _LONG_LINE, len(text)) if end < 0 else end
            if text[at:end].strip() == found.group(2):
                break
            yield from _each_line(text, at, end)
            at = end + 1
        done = at


def _each_line(text: str, start: int, end: int) -> Iterator[Span]:
    """The lines of a part of a text without their ends, so that a diff keeps its lines."""
    yield from (line.span() for line in _LINE.finditer(text, start, end))


# What is looked for in a line, and what a line must have for it, in lower case.
_FINDERS: tuple[tuple[tuple[str, ...], Callable[[str], Iterator[Span]]], ...] = (
    (("$1$", "$2", "$5$", "$6$", "$7$", "$y$", "$gy$"), _groups(_HASH)),
    (("://",), _groups(_URL)),
    (("-",), _groups(_LICENCE)),
    (("rootpw",), _groups(_ROOTPW)),
    (("pass", "pw", "psk", "secret", "token", "credential", "communit", "key", "-hash"), _named),
    (("pass", "pw", "psk", "secret", "token", "credential", "communit", "key"), _groups(_YAML)),
    (("authorization", "x-"), _groups(_AUTHORIZATION)),
    (("sshpass", "-pass"), _groups(_SSHPASS)),
    (("curl",), _short("curl", "uU")),
    (("-user",), _groups(_USER)),
    (("ipmitool",), _short("ipmitool", "P")),
    (("racadm",), _short("racadm", "p")),
    (("account",), _short(r"account\s{1,8}(?:set|add)", "pc")),
    (("chap",), _short(r"chap\s{1,8}set", "S")),
    (("snmp",), _short(r"snmp\s{1,8}set", "c")),
    (("snmp",), _short(r"snmp\s{1,8}hash", "AX")),
    (("snmp",), _groups(_SNMP_USERS)),
    (("snmp",), _groups(_SNMP_TARGETS)),
    (("ipsec",), _short(r"ipsec\s{1,8}sa\s{1,8}add", "kK")),
    (("domainjoin-cli",), _arguments(r"domainjoin-cli(?:\s{1,8}--\w{1,20}(?:\s{1,8}(?!join\b)[\w./]{1,64})?){0,4}\s{1,8}join", _of_join)),
    (("openssl",), _short(r"openssl\s{1,8}enc", "kK")),
    (("openssl",), _arguments(r"openssl\s{1,8}passwd", lambda words: [span for span, word in words if not word.startswith(("-", *_FILLED_IN))])),
    (("|",), _piped),
    (("<<<",), _here_strings),
)
_HINT = re.compile("|".join(re.escape(hint) for hints, _find in _FINDERS for hint in hints))


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > start:
            merged.append((start, end))
    return merged


def blot(text: str, spans: Iterable[Span], mark: str = HIDDEN) -> str:
    """The text with each span replaced."""
    parts, at = [], 0
    for start, end in spans:
        parts += [text[at:start], mark]
        at = end
    return "".join([*parts, text[at:]])


def hide(text: str, mark: str = HIDDEN) -> str:
    """The text without what looks like a secret."""
    return blot(text, secret_spans(text), mark)
