"""Whether a text is program code, which every other rule must leave alone: code is kept to the byte.

Judged by lines. Precision on prose matters as much as recall on code, because a text that counts as code keeps its stray
tags and spaces: a line counts as code only by what prose does not have.
"""

from __future__ import annotations

import re

MAY_BE_CODE = r"[{};=()<>\[\]#$]|\b(?:import|select|SELECT)\b"
"""A necessary condition, for RE2 on whole columns."""

_LINE = re.compile(
    r"""^[ \t]*(?:
      (?:def|class)\s+[A-Za-z_]\w*\s*[(:{]
    | (?:from\s+[\w.]+\s+)?import\s+[\w.*{][\w., *{}]*(?:\s+from\s+['"][^'"]+['"])?;?\s*$
    | (?:if|elif|for|while|with|try|else|except|finally|switch|do)\b.*[:{]\s*$
    | (?:return|raise|yield|await|throw|break|continue|pass|del|assert|global|print)\b[^。，？！]*[\w)\]}'";]\s*$
    | (?:public|private|protected|static|final|abstract|const|let|var|val|func|fn|function|struct|enum|interface|package
        |readonly|export|namespace|using|typedef|template|export|void|int|long|char|bool|boolean|float|double|string|String)\b
        [^。，？！]*[;{}()=,>]\s*(?://.*)?$
    | \#(?:include|define|ifdef|ifndef|endif|pragma)\b.* | \#!.*
    | @[A-Za-z_][\w.]*(?:\(.*\))?\s*$
    | [A-Za-z_][\w.\[\]'"]*(?:\s*:\s*[\w\[\], .|]+)?\s*(?:[-+*/|&^%]|<<|>>|//|\*\*|:)?=(?!=)\s*\S.*$
    | [A-Za-z_][\w.]*(?:::\w+)*\(.*\)\s*[;{:]?\s*(?:(?://|\#).*)?$
    | .*[{}]\s*(?:(?://|\#|/\*).*)?$
    | (?:.*(?:=|<<|::|->|[)\]"']\s*;|\+\+|--)[^;]*|\S+(?:\s\S+)?);\s*(?:(?://|\#|/\*).*)?$
    | (?:readonly\s+)?\w+\??:\s[\w"'<>\[\]{}|?:;, ]+;\s*$
    | ["'][\w .$-]+["']\s*:\s*\S.*$
    | \|\s\w.*$ | .*\s\\$
    | [)\]}]+[,;]?\s*$
    | </?[A-Za-z!][^<>]*>.*$
    | (?:SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|CREATE|ALTER|DROP|FROM|WHERE|(?:LEFT|INNER|RIGHT)?\s*JOIN
        |GROUP\s+BY|ORDER\s+BY|HAVING|LIMIT|VALUES|SET)\b.*$
    | (?:\$|>>>|\.\.\.|C:\\>)\s\S.*$
    | (?://|/\*|\*/|\#\s|--\s|\"\"\"|''').*$
    )""",
    re.VERBOSE,
)
# What one of the lines must have: a comment, a call or an equals sign alone are found in prose, too.
_STRONG = re.compile(
    r"^[ \t]*(?:(?:async\s+)?def\s+\w+\s*\(|class\s+\w+\s*[(:{]|from\s+[\w.]+\s+import\s|import\s+[\w.{]+|#include\s*[<\"]|#!/"
    r"|(?:public|private|protected|static|void|int|func|fn|function|const|let|var)\s[^。，]*[({=;]|if\s*\(.*\)|for\s*\(.*\)|while\s*\(.*\)"
    r"|(?:if|elif|for|while|with|try|else|except)\b.*:\s*$|<!DOCTYPE|<(?:html|template|script|style)\b|.*[{\[]\s*$|SELECT\b|<\?(?:php|xml)|package\s+\w+|(?i:select\b.+\bfrom\b|create\s+table"
    r"|insert\s+into|update\s+\w+\s+set|delete\s+from)|return\s+\S+|\w+\s*(?:[-+*/|&]|:)?=\s*\S+|\w[\w.]*\(.*\);?\s*$|[\w.$]+\s*\{|\$\s\w+)"
    r"|(?:=|->|::|\(.*\))[^;\n]*;\s*$",
    re.MULTILINE,
)
_CJK_SENTENCE = re.compile(r"^(?!\s*(?:#|//|/?\*|--|\"\"\"))(?:.*[\u4e00-\u9fff，]{4,}[。！？]|.*[。！？：]\s*$)")
_MARKUP_ONLY = re.compile(r"^\s*</?[A-Za-z!][^<>]*>")
_PAGE = re.compile(r"<!DOCTYPE|<html\b|<head\b|<body\b|<\?php|<script\b|<style\b|<template\b", re.IGNORECASE)
_ONE_LINER = re.compile(
    r"^\s*(?:(?:SELECT|select)\s.+\s(?:FROM|from)\s+\S+.*"
    r"|(?:INSERT INTO|insert into|CREATE|create|UPDATE|update|DELETE FROM|ALTER)\s.+;"
    r"|\w[\w.]*\s*=\s*[\w.]*[(\[{].*[)\]}];?|(?:print|console\.log|System\.out\.print\w*|printf|fmt\.Print\w*)\(.*\);?"
    r"|(?:import|from)\s+[\w.]+(?:\s+import\s+[\w, *]+)?;?|.*\)\s*=>\s*.+|lambda\s.*:.+|(?:\$|>>>)\s\S.+)\s*$"
)
_BEYOND_DOUBT = re.compile(r"#!/|diff --git |--- \S+\n\+\+\+ |@@ -\d+")
_SHARE = 0.6
_BLOCK_LINES = 2


def is_code(text: str) -> bool:
    """Whether `text` is code: most of its lines are, and one of them beyond doubt; a single line only if unmistakable."""
    lines = [line for line in text.split("\n") if line.strip()]
    if "```" in text:
        return False  # what is fenced is code, the rest is not
    if len(lines) < 2:
        return bool(lines) and len(lines[0]) < 1000 and bool(_ONE_LINER.match(lines[0]))
    if _BEYOND_DOUBT.match(text.lstrip("\n")):
        return True
    if not _STRONG.search(text) or _CJK_SENTENCE.match(lines[0]):
        return False
    codes = sum(1 for line in lines if _is_line(line))
    if codes < _SHARE * len(lines):
        return False
    # A page that somebody pasted is markup to strip; a page with a head, a script or a style is a page's source.
    markup = sum(1 for line in lines if _MARKUP_ONLY.match(line))
    return markup < _SHARE * codes or bool(_PAGE.search(text))


def has_code(text: str) -> bool:
    """Whether there is code in `text`: fenced, a block of lines, or all of it."""
    return "```" in text or is_code(text) or len(parts(text)) > 1


def parts(text: str) -> list[str]:
    """The text as prose, code, prose, …: blocks of at least two lines of code in a row, one of them beyond doubt, that
    nobody fenced. Joined, they are the text; a text without such a block is one part."""
    if "\n" not in text or not _STRONG.search(text):
        return [text]
    lines = text.splitlines(keepends=True)
    likely = [_is_line(line) and not _MARKUP_ONLY.match(line) if line.strip() else None for line in lines]
    found: list[str] = [""]
    at = 0
    while at < len(lines):
        end = _block_end(likely, at) if likely[at] and not lines[at][0].isspace() else at
        block = "".join(lines[at:end]).rstrip("\r\n")
        if sum(1 for one in likely[at:end] if one) >= _BLOCK_LINES and _STRONG.search(block):
            found += [block, "".join(lines[at:end])[len(block) :]]
            at = end
        else:
            end = max(end, at + 1)
            found[-1] += "".join(lines[at:end])
            at = end
    return found


def _block_end(likely: list[bool | None], start: int) -> int:
    """The end of the run of code lines that begins at `start`; empty lines belong to it if code goes on behind them."""
    end = at = start
    while at < len(likely) and likely[at] is not False:
        at += 1
        if likely[at - 1]:
            end = at
    return end


def _is_line(line: str) -> bool:
    # An indented line belongs to what stands above it.
    return not _CJK_SENTENCE.match(line[:400]) and (line[:4].isspace() or line[0] == "\t" or bool(_LINE.match(line[:400])))
