"""JUnit XML, as Jenkins, GitLab and others read it: one suite per file, one case per finding.

The elements: <https://github.com/testmoapp/junitxml>.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from exai_audit.finding import Finding
from exai_audit.report.bottlenecks import evidence, location
from exai_audit.report.escape import visible
from exai_audit.report.listing import is_unsure, said
from exai_audit.results.result import AuditResult

# XML 1.0 has no way to write these, and `visible` lets them stand: they are no characters.
_NO_XML = {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}


def render(result: AuditResult) -> str:
    """Return the suites; a finding fails, a suppressed or unsure one is skipped.

    Without any there is one case, and it passes.
    """
    suites: dict[str, Element] = {}
    for path, case in sorted(_cases(result), key=lambda pair: pair[0]):
        suites.setdefault(path, Element("testsuite", name=_text(path))).append(case)
    if not suites:
        suites[""] = Element("testsuite", name=result.tool.name)
        SubElement(suites[""], "testcase", name="no finding", classname=result.tool.name)
    root = Element("testsuites", name=result.tool.name)
    for suite in suites.values():
        _count(suite)
        root.append(suite)
    _count(root)
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _cases(result: AuditResult) -> Iterator[tuple[str, Element]]:
    """Yield each finding's case with its path."""
    for finding in result.findings:
        case = _case(finding)
        if is_unsure(finding, result):
            SubElement(case, "skipped", message=_text(f"unsure: {said(finding)}"))
        else:
            failure = SubElement(
                case, "failure", type=_text(finding.code), message=_text(said(finding))
            )
            failure.text = "\n".join(map(_text, _body(finding)))
        yield finding.path, case
    for item in result.suppressed:
        case = _case(item.finding)
        reason = f"suppressed: {item.reason}" if item.reason else "suppressed"
        SubElement(case, "skipped", message=_text(reason))
        yield item.finding.path, case


def _case(finding: Finding) -> Element:
    where = f" in {finding.symbol}" if finding.symbol else ""
    return Element(
        "testcase",
        name=_text(f"{finding.code} {finding.name}{where}, {finding.line}:{finding.column}"),
        classname=_text(finding.path),
        file=_text(finding.path),
        line=str(finding.line),
    )


def _body(finding: Finding) -> Iterator[str]:
    yield f"{location(finding)}: {finding.severity.value} {finding.message}"
    yield from evidence(finding)
    yield f"Fix: {finding.remedy}"


def _count(element: Element) -> None:
    """Say how many cases there are below, as every reader expects it."""
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("skipped", "skipped")):
        element.set(name, str(sum(1 for _ in element.iter(tag))))
    element.set("errors", "0")


def _text(text: str) -> str:
    return visible(text).translate(_NO_XML)
