# SPDX-License-Identifier: Apache-2.0
#
# report.py -- the table as a page for auditors: totals, every departure from the letter
# with its reason, then all rules group by group with their code and tests. One HTML
# file without anything from outside.
import html
import os
import re

import table

STYLE = """
body { font: 15px/1.45 sans-serif; max-width: 78em; margin: 2em auto; padding: 0 1em; color: #222; }
h1 { font-size: 1.6em; } h2 { font-size: 1.2em; margin-top: 2.2em; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35em .6em; border-bottom: 1px solid #ddd; }
th { border-bottom: 2px solid #888; }
td.n { text-align: right; }
code { font-size: .85em; color: #345; overflow-wrap: anywhere; }
.must { font-weight: bold; }
.not-yet, .cannot-apply { color: #888; }
.decided-otherwise { background: #fff6dd; }
.note { color: #666; font-size: .92em; }
"""

INTRODUCTION = """
<p>What the standards demand of a DTLS 1.2 endpoint with pre-shared keys, rule by rule in our own words; the
section named is what counts. <code>make rfc</code> has checked that every function and test named here
exists, and that no MUST that applies is without a test; <code>make rfc-mutants</code> disables the code of
rules drawn by lot and sees that their tests fail (rules marked &#9851; have a recipe for it).</p>
<p>A star behind a level: the section has no such word, but leaves no choice. Tests are functions of
<code>test/*.c</code>; <code>make:x</code> is an instrument of its own.</p>
"""


def line_of(path, *patterns):
    """Where the first of the patterns that occurs at all occurs first; 0 for nowhere."""
    try:
        with open(path, encoding="utf-8") as f:
            lines = f.read().splitlines()
    except OSError:
        return 0
    return next((n for p in patterns for n, line in enumerate(lines, 1) if re.search(p, line)), 0)


def place(path, name, *patterns):
    if path == "make":
        return f"<code>make {html.escape(name)}</code>"
    n = line_of(path, *patterns)
    return f"<code>{html.escape(path)}{f':{n}' if n else ''} {html.escape(name)}</code>"


def code_of(row):
    def one(path, name):
        n = re.escape(name)
        return place(path, name, rf"^\}} {n};", rf"define {n}\b", rf"\b{n}\[?\]? = ",
                     rf"^(?!\s|/).*\b{n}\(.*[^;]$", rf"^(?!\s|/).*\b{n}\(")
    return "<br>".join(one(path, name) for path, name in row.code)


def tests_of(row):
    return "<br>".join(place(path, name, rf"START_TEST\({re.escape(name)}\)") for path, name in row.test)


def totals(rows):
    out = ["<h2>Totals</h2><table><tr><th>group<th>rules<th>apply<th>of these MUST<th>MUST with a test"
           "<th>decided otherwise<th>not yet<th>cannot apply"]
    groups = [(g, title, [r for r in rows if r.group == g]) for g, title in table.GROUPS.items()]
    for group, title, of in groups + [("all", "", rows)]:
        musts = [r for r in of if r.applies and r.is_must]
        numbers = [len(of), sum(r.applies for r in of), len(musts), sum(bool(r.test) for r in musts)]
        numbers += [sum(r.state == s for r in of) for s in ("decided otherwise", "not yet", "cannot apply")]
        cells = "".join(f"<td class=n>{n}" for n in numbers)
        out.append(f"<tr><td><a href='#{group}'>{group}</a> {title}{cells}")
    return "\n".join(out) + "</table>"


def departures(rows):
    out = ["<h2>Decided otherwise</h2><p>Where we do not follow the letter, and why.</p>"
           "<table><tr><th>rule<th>source<th>it says<th>we"]
    for row in rows:
        if row.state == "decided otherwise":
            out.append(f"<tr><td><a href='#{row.id}'>{row.id}</a> {html.escape(row.level)}"
                       f"<td>{html.escape(row.source)}<td>{html.escape(row.rule)}<td>{html.escape(row.note)}")
    return "\n".join(out) + "</table>"


def one_group(group, title, rows, told):
    out = [f"<h2 id='{group}'>{group}: {html.escape(title)}</h2>",
           "<table><tr><th>rule<th>level<th>source<th>what it says<th>code<th>tests"]
    for row in rows:
        level = f"<span class=must>{html.escape(row.level)}</span>" if row.is_must else html.escape(row.level)
        says = html.escape(row.rule)
        if row.state != "applies":
            says = f"<i>{row.state}:</i> {says}"
        if row.note:
            says += f"<br><span class=note>{html.escape(row.note)}</span>"
        out.append(f"<tr id='{row.id}' class='{row.state.replace(' ', '-')}'>"
                   f"<td>{row.id}{' &#9851;' if row.id in told else ''}<td>{level}<br>{row.role}"
                   f"<td>{html.escape(row.source)}<td>{says}<td>{code_of(row)}<td>{tests_of(row)}")
    return "\n".join(out) + "</table>"


def version():
    n = line_of(os.path.join("include", "locket.h"), r"#define LOCKET_VERSION ")
    with open(os.path.join("include", "locket.h"), encoding="utf-8") as f:
        return f.read().splitlines()[n - 1].split('"')[1] if n else ""


def write(path, rows, told):
    """`told`: the IDs that have a recipe."""
    title = f"Locket {version()}: the rules and who keeps them"
    parts = [f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title>",
             f"<style>{STYLE}</style></head><body><h1>{title}</h1>", INTRODUCTION,
             totals(rows), departures(rows)]
    for group, name in table.GROUPS.items():
        parts.append(one_group(group, name, [r for r in rows if r.group == group], told))
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(parts) + "\n</body></html>\n")
