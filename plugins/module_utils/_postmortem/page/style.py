# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the pages look, on a screen and printed, and what a browser may do with them. Pure."""

from __future__ import annotations

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
STYLE = """
body{font:16px/1.5 ui-sans-serif,system-ui,sans-serif;color:#111;background:#fff;margin:0}
main{max-width:70rem;margin:0 auto;padding:1rem}
h1,h2{line-height:1.2}h2{margin-top:2rem;border-bottom:1px solid #666}
a{color:#0b3d91}
.warning{border:3px solid #111;padding:.5rem 1rem}
.prompt{border-left:4px dashed #555;padding-left:1rem;font-style:italic}
.written{margin:1rem 0;border-left:4px solid #111;padding-left:1rem}
.written pre{white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate;font:inherit;margin:0}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin-bottom:1rem}
caption{text-align:left;font-weight:bold}
th,td{border:1px solid #666;padding:.2rem .5rem;text-align:left;vertical-align:top}
td{overflow-wrap:anywhere;min-width:4.5em}
td,.cite{unicode-bidi:isolate}
dt{font-weight:bold}
svg{max-width:100%;height:auto}
:target{outline:3px solid #111}
@media print{
body{font-size:10pt}main{max-width:none;padding:0}.wide{overflow:visible}
thead{display:table-header-group}tr,figure,svg{break-inside:avoid}h1,h2,caption{break-after:avoid}
}
"""
