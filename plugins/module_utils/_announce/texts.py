# Copyright: (c) 2026, Pafar runbook maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The templates of messages, by target. A site replaces any of them with ``runbook_announce_templates``. Pure.

They are rendered in Jinja's sandbox, and every value passes the escaping of its target, so that none of them can be
more than text. ``'playbooks/incident_ack.yml' | run`` is the command for a
playbook, on the inventory of the run that sends.
"""

from __future__ import annotations

from typing import Mapping

# How much of a plan a message leaves out, since what is approved is the whole.
_MORE = "{% if plan.more | default(0) %}\n- and {{ plan.more }} more, which the plan in the log has{% endif %}"
# Where no page of AWX approves it. The gate takes the beginning of a digest.
_APPROVE = (
    "{% if not address %}\nTo approve{% if plans | length > 1 %} this one{% endif %}:"
    " {{ 'playbooks/approve.yml' | run }} -e incident_id={{ incident }}"
    " -e incident_approved_digest={{ plan.digest }}"
    "{% if on | default('') %} -e runbook_hosts={{ on }}{% endif %}{% endif %}"
)
# What users reported: the scenario of such an incident says nothing of it.
_REPORTED = "{% if reported | default('') %}\n{{ reported }}{% endif %}"
# The facts by which it is so severe.
_BECAUSE = "{% if because | default('') %}\n{{ because }}{% endif %}"
_OF_INCIDENT = "{{ severity }} {{ scenario }} on {{ hosts }}, incident {{ incident }}"
_PASSED_OVER = "No person is paged as {{ step }}: {{ why }}. " + _OF_INCIDENT
_OVERDUE = "An update is overdue since {{ due }} ({{ late }}): " + _OF_INCIDENT
_OVERDUE_PUBLIC = "An update to the public is overdue since {{ due }} ({{ late }}): " + _OF_INCIDENT
_TO_WRITE = (
    "\n\nTo write it: {{ 'playbooks/incident_update.yml' | run }} -e incident_act_text=TEXT"
    " -e incident_id={{ incident }}"
)
_SHIFT_LEAVES = (
    "Your shift as {{ step }} ended at {{ since }} while incident {{ incident }} ({{ severity }}"
    " {{ scenario }}) is {{ phase }}.{% if roles %} You hold: {{ roles }}.{% endif %}"
    "{% if person %} {{ person }} is on call now.{% else %} No person is on call now: {{ why }}.{% endif %}"
    " To hand over: {{ 'playbooks/incident_role.yml' | run }} -e incident_role_action=offer"
    " -e incident_act_role=ROLE -e incident_act_person={{ person or 'PERSON' }} -e incident_id={{ incident }}"
)
_SHIFT_COMES = (
    "Your shift as {{ step }} began at {{ since }} while incident {{ incident }} ({{ severity }}"
    " {{ scenario }} on {{ hosts }}) is {{ phase }}.{% if roles %} {{ before }} holds: {{ roles }}.{% endif %} To see"
    " where it stands: {{ 'playbooks/incident_status.yml' | run }} -e incident_id={{ incident }}"
)
_CASE = (
    "Since {{ opened_at }} our requests to you fail: {{ cause }}. Measured at {{ at }} on {{ host }}:"
    "{% for line in lines %}\n- {{ line }}{% endfor %}\nPlease report the state on your side. Our reference:"
    " {{ reference | default(incident) }}"
)
# Readers have the sentence of another cause: that is not what is known now.
_CORRECTED = (
    "{% if corrected | default(false) %}\n\n{% if cause %}The cause, as we know it now: {{ cause | public }}"
    "{% else %}As we know now, the cause is another one than we have named before.{% endif %}{% endif %}"
)


def _no_address(channel: str) -> str:
    """For the site, behind the text that is for the vendor."""
    return (
        "{% if not address %}\n\nNo address is set where the case is opened. It belongs in runbook_announce."
        + channel
        + ".{{ setting | default('vendors') }}, as {name: NAME, address: URL}.{% endif %}"
    )


SLACK: Mapping[str, str] = {
    "channel": "*{{ severity }}* {{ scenario }} on {{ hosts }}, opened {{ opened_at }}: incident {{ incident }}"
    + _REPORTED
    + _BECAUSE,
    "opened": "*{{ severity }}* {{ scenario }} on {{ hosts }}: incident {{ incident }}" + _REPORTED + _BECAUSE,
    "resolved": "*resolved* {{ scenario }} on {{ hosts }}: incident {{ incident }}",
    "links": "Links:{% for name, url in links.items() %}\n- {{ name }}: {{ url | link }}{% endfor %}",
    "topic": "{{ severity }}, {{ phase }}, led by {{ lead }}: {{ scenario }} on {{ hosts }}",
    "triage": "*Triage: {{ triage }}*{% for sign in signs %}\n- {{ sign }}{% endfor %}"
    "{% if next %}\nNext: {{ next | run }} --check --diff{% endif %}",
    "note": "{{ by }}{% if done_at %} at {{ done_at }}{% endif %}: {{ text | said }}",
    "diagnosed": "*Cause: {{ cause }}* ({{ host }}){% for line in lines %}\n- {{ line }}{% endfor %}",
    "vendor": "*Support case for {{ vendor }}*{% if address %}, to open at {{ address | link }}{% endif %}\n"
    + _CASE
    + _no_address("slack"),
    "held": "*A plan waits for an approval* ({{ host }}){% for plan in plans %}\n{{ plan.mitigation }}, digest"
    " {{ plan.digest }}:{% for action in plan.actions %}\n- {{ action }}{% endfor %}" + _MORE + _APPROVE +
    "{% endfor %}"
    "{% for reason in reasons %}\nheld: {{ reason }}{% endfor %}"
    "{% if address %}\nTo approve: {{ address | link }}{% endif %}",
    "mitigated": "*{{ mitigation }}* ({{ host }}){% for line in done %}\n- {{ line }}{% endfor %}",
    "reconciled": "*{{ mitigation }}* ({{ host }}), of a run that was cut off: {{ outcome }}{% for line in lines %}"
    "\n- {{ line }}{% endfor %}",
    "verified": "*{{ outcome }}*: {{ mitigation }} ({{ host }})"
    "{% if seconds is not none %}, {{ seconds }} s to recovery{% endif %}",
    "update": "*Update{% if outside | default(false) %} for the public{% endif %}* by {{ by }}: {{ text | said }}"
    "{% if next_at %}\nNext update by {{ next_at }}{% endif %}",
    "severity": "*Severity {{ to }}* (before: {{ before }}) by {{ by }}: {{ reason }}"
    "{% for fact in facts | default([]) %}\n- {{ fact }}{% endfor %}",
    "phase": "*{{ phase }}* by {{ by }}{% if reason %}: {{ reason }}{% endif %}",
    "paged": "*{{ person }} is paged* ({{ step }}): {{ severity }} {{ scenario }} on {{ hosts }}",
    "passed_over": "*{{ step }} is passed over*: {{ why }}",
    "page": "*{{ severity }}* {{ scenario }} on {{ hosts }}: you are on call as {{ step }}."
    "{% for each in passed | default([]) %} Passed over: {{ each }}.{% endfor %} Incident {{ incident }}. To"
    " acknowledge: {{ 'playbooks/incident_ack.yml' | run }} -e incident_id={{ incident }}" + _REPORTED + _BECAUSE,
    "overdue": "*An update is overdue* since {{ due }} ({{ late }}), severity {{ severity }}",
    "overdue_public": "*An update to the public is overdue* since {{ due }} ({{ late }}), severity {{ severity }}."
    " To write it: {{ 'playbooks/incident_update.yml' | run }} -e incident_act_audience=public"
    " -e incident_act_text=TEXT -e incident_id={{ incident }}",
    "invite": "*{{ person }}* is invited to the channel ({{ why }})",
    "not_invited": "*{{ person }}* ({{ why }}) is not invited to this channel: no Slack id in runbook_people",
    "acknowledged": "*Acknowledged* by {{ by }}{% if text %}: {{ text }}{% endif %}",
    "role": "*{{ role }}*: {{ action }}{% if action in ('offered', 'assigned') %} to{% else %} by{% endif %}"
    " {{ person }}{% for line in lines %}\n- {{ line }}{% endfor %}",
    "shift_changed": "*{{ step }}*: {% if before %}the shift of {{ before }} ended at {{ since }}"
    "{% else %}a shift began at {{ since }}{% endif %},"
    "{% if person %} {{ person }} is on call{% else %} no person is on call: {{ why }}{% endif %}"
    "{% if roles %}. {{ before }} still holds: {{ roles }}{% endif %}",
    "shift_leaves": _SHIFT_LEAVES, "shift_comes": _SHIFT_COMES,
    "overdue_items": "*Overdue: {{ number }} action items* of incident {{ incident }} ({{ severity }} {{ scenario }})"
    "{% for item in items %}\n- {{ item }}{% endfor %}",
    "postmortem": "*The post-mortem of {{ incident }} is done* ({{ severity }} {{ scenario }})"
    "{% for lesson in lessons %}\n- {{ lesson }}{% endfor %}",
    "handed_over": "*A person must act* ({{ host }}): {{ task }}: {{ message }}",
}  # fmt: skip
PAGE: Mapping[str, str] = {
    "title": "{{ title | words }}",
    "page": "{% if text %}{{ text | said }}{% if next_at | default('') %}\n\nNext update by {{ next_at }}."
    "{% endif %}{% elif state == 'investigating' %}We are investigating the problem."
    "{% elif state == 'identified' %}{% if corrected | default(false) %}We are working on the problem."
    "{% else %}{{ (cause or 'We have found the cause and are working on it.') | public }}{% endif %}"
    # A message that a version before has queued does not say whether there was an act.
    "{% elif state == 'monitoring' %}{% if acted is undefined %}We are watching whether the problem is over."
    "{% elif acted %}We have taken measures, and are watching their effect."
    "{% else %}The problem has not been seen any more, and we are watching whether it comes back.{% endif %}"
    "{% else %}{{ (resolution or 'The problem is over.') | public }}{% endif %}" + _CORRECTED,
}
MAIL: Mapping[str, str] = {
    "subject": "[{{ state | upper }}] {{ title }} ({{ severity }})",
    "mail": "{{ title | words }}\n\nState: {{ state }}, since {{ at }}\nSeverity: {{ severity }}"
    "\nBegan: {{ opened_at }}{% if cause %}\nCause{% if corrected | default(false) %}, as we know it now{% endif %}:"
    " {{ cause | words }}{% elif corrected | default(false) %}\nCause: another one than we have named before{% endif %}"
    "{% if resolution %}\nResolution: {{ resolution | words }}{% endif %}"
    "{% if text %}\n\n{{ text | said }}{% elif again | default(false) %}\n\nThe incident is still open.{% endif %}"
    "{% if next_at %}\n\nNext update by {{ next_at }}{% endif %}\n\nIncident {{ reference | default(incident) }}\n",
    "review_subject": "Review of {{ severity }} {{ scenario }}, {{ review_at }}",
    "review": "The review of {{ severity }} {{ scenario }} (incident {{ incident }}) is at {{ review_at }}."
    "\n\nRead the post-mortem before.\n",
    "overdue_items_subject": "Overdue: {{ number }} action items, {{ severity }} {{ scenario }}",
    "overdue_items": "Action items of incident {{ incident }} that are overdue:\n{% for item in items %}\n- {{ item }}"
    "{% endfor %}\n",
    "held_subject": "A plan waits for an approval: {{ scenario }} on {{ host }}",
    "held": "A plan waits for an approval on {{ host }}.{% for plan in plans %}\n\n{{ plan.mitigation }}, digest"
    " {{ plan.digest }}:{% for action in plan.actions %}\n- {{ action }}{% endfor %}" + _MORE + _APPROVE +
    "{% endfor %}\n"
    "{% for reason in reasons %}\nheld: {{ reason }}{% endfor %}\nMade at {{ at }} for {{ by }}."
    "{% if address %}\n\nTo approve: {{ address | link }}{% endif %}\n\nIncident {{ incident }}\n",
    "vendor_subject": "Support case for {{ vendor }}: {{ scenario }} on {{ host }}",
    "vendor": "To open{% if address %} at {{ address | link }}{% else %} with {{ vendor }}{% endif %}:\n\n"
    + _CASE
    + _no_address("mail")
    + "\n",
    "page": "{{ severity }} {{ scenario }} on {{ hosts }}: you are on call as {{ step }}."
    "{% for each in passed | default([]) %}\nPassed over: {{ each }}.{% endfor %}\n\nIncident {{ incident }},"
    " opened {{ opened_at }}." + _REPORTED + _BECAUSE + "\nTo acknowledge:"
    " {{ 'playbooks/incident_ack.yml' | run }} -e incident_id={{ incident }}\n",
    "shift_leaves": _SHIFT_LEAVES, "shift_comes": _SHIFT_COMES,
    "passed_over_subject": "No person is on call as {{ step }}: {{ severity }} {{ scenario }}",
    "passed_over": _PASSED_OVER + ", opened {{ opened_at }}.\n",
    "overdue_subject": "An update is overdue: {{ severity }} {{ scenario }}",
    "overdue": _OVERDUE + "." + _TO_WRITE + "\n",
    "overdue_public_subject": "An update to the public is overdue: {{ severity }} {{ scenario }}",
    "overdue_public": _OVERDUE_PUBLIC + "." + _TO_WRITE + " -e incident_act_audience=public\n",
}  # fmt: skip
PAGER: Mapping[str, str] = {
    "page_person": "{{ severity }} {{ scenario }} on {{ hosts }}: incident {{ incident }}"
    "{% if reported | default('') %}, {{ reported }}{% endif %}"
    "{% if because | default('') %}: {{ because }}{% endif %}",
    "passed_over": _PASSED_OVER, "overdue": _OVERDUE, "overdue_public": _OVERDUE_PUBLIC,
}  # fmt: skip
TRACKER: Mapping[str, str] = {
    "title": "{{ severity }} {{ scenario }} on {{ hosts }}",
    "item_title": "{{ item }}: {{ text }}",
    "item": "{{ text }}\n\nOwner: {{ owner or 'none' }}, due: {{ due or 'no date' }}, state: {{ phase }}. An action"
    " item of incident {{ incident }} ({{ severity }} {{ scenario }} on {{ hosts }}).",
    "issue": "Incident {{ incident }}: {{ phase }}, severity {{ severity }}, {{ scenario }} on {{ hosts }}, opened"
    " {{ opened_at }}{% if acknowledged_by | default('') %}, acknowledged by {{ acknowledged_by }}{% endif %}."
    "{% if reported | default('') %}\n\nIt was {{ reported }}{% endif %}",
}
TEMPLATES: Mapping[str, Mapping[str, str]] = {
    "slack": SLACK, "page": PAGE, "mail": MAIL, "pager": PAGER, "tracker": TRACKER,
}  # fmt: skip
