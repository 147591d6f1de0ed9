"""The report: one offline HTML page that shows what became of every row. Data in `data.py`, page in `page.html.j2`."""

from washplant.report.data import ReportData
from washplant.report.render import LANGUAGES, render

__all__ = ["LANGUAGES", "ReportData", "render"]
