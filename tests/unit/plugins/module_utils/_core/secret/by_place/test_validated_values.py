"""Values that a validation quotes of a field of a secret."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.by_place.validated_values import (
    without_inputs,
    without_validated,
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"loc":["body","password"],"msg":"short","input":"x","ctx":{}}',
         '{"loc":["body","password"],"msg":"short","input":(hidden),"ctx":{}}'),
        ("{'loc': ('body', 'users', 0, 'api_token'), 'input': 4711}",
         "{'loc': ('body', 'users', 0, 'api_token'), 'input': (hidden)}"),
        ("{'loc': ('body', 'secret', 0), 'input': 'x'}", "{'loc': ('body', 'secret', 0), 'input': (hidden)}"),
        ('{"type":"field","value":"x","msg":"Invalid value","path":"password"}',
         '{"type":"field","value":(hidden),"msg":"Invalid value","path":"password"}'),
        ('{\\"value\\":\\"x\\",\\"path\\":\\"password\\"}', '{\\"value\\":(hidden),\\"path\\":\\"password\\"}'),
        ("path: [ 'password' ], context: { value: 'x', label: 'password' }",
         "path: [ 'password' ], context: { value: (hidden), label: 'password' }"),
        ('{"target":{"a":1},"value":"x","property":"password","constraints":{}}',
         '{"target":{"a":1},"value":(hidden),"property":"password","constraints":{}}'),
        ("on field 'password': rejected value [a b]; default message [size]",
         "on field 'password': rejected value (hidden); default message [size]"),
        ('Variable "$password" got invalid value "x"; Int cannot represent non-integer value: "x"',
         'Variable "$password" got invalid value (hidden); Int cannot represent non-integer value: (hidden)'),
        ('Variable "$i" got invalid value "x" at "i.password"; no',
         'Variable "$i" got invalid value (hidden) at "i.password"; no'),
        ('argument `password`: invalid digit. Provided: "x"', 'argument `password`: invalid digit. Provided: (hidden)'),
    ],
)  # fmt: skip
def test_what_is_quoted_of_a_field_of_a_secret_goes(text, kept):
    assert without_validated(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        '{"loc":["body","age"],"msg":"short","input":"x"}', '{"value":"x","path":"/api/password"}',
        "{'loc': ('body', 'password_length'), 'input': 4711}", "on field 'age': rejected value [a b]",
        '{"path":"password","a":{"value":"x"}}', 'Variable "$age" got invalid value "x"',
        "on field 'password': the value is too short", '{"path":"password","value":""}', "value of input",
    ],
)  # fmt: skip
def test_what_is_quoted_of_other_fields_stays(text):
    assert without_validated(text) == text


@pytest.mark.parametrize(
    ("name", "line", "kept"),
    [
        ("password", "  short [type=x, input_value='a', input_type=str]",
         "  short [type=x, input_value=(hidden), input_type=str]"),
        ("db.0.api_token", "  int [type=x, input_value=4711, input_type=int]",
         "  int [type=x, input_value=(hidden), input_type=int]"),
        ("web-1  | secret.str", "web-1  |   x [type=x, input_value='a...b', input_type=str]",
         "web-1  |   x [type=x, input_value=(hidden), input_type=str]"),
        ("password.function-after[check(), str]", "  x [input_value='a']", "  x [input_value=(hidden)]"),
    ],
)  # fmt: skip
def test_the_value_below_the_name_of_a_secret_goes(name, line, kept):
    assert without_inputs([name, line]) == [name, kept]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("age", "  int [type=x, input_value='a', input_type=str]"),
        ("password", "  missing [type=x, input_value={'user': 'bob'}, input_type=dict]"),
        ("password", "  missing [type=x, input_value=None, input_type=NoneType]"),
        ("password_length", "  int [type=x, input_value='a', input_type=str]"),
        ("the password", "  int [type=x, input_value='a', input_type=str]"),
    ],
)
def test_the_value_below_another_name_stays(name, line):
    assert without_inputs([name, line]) == [name, line]
