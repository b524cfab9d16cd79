"""Lines of programs in tracebacks, beside values that look like them."""

from __future__ import annotations

import pytest
from ansible_collections.pafar.runbook.plugins.module_utils._core.redaction import redacted
from ansible_collections.pafar.runbook.plugins.module_utils._core.secret.no_secret.program_text import is_computed


@pytest.mark.parametrize(
    "line",
    [
        "self.token = token",
        "const token = await getToken(user);",
        'let token = env::var("API_TOKEN")?;',
        'raise AuthError(f"bad token: {token}")',
        "login(user=user, password=password)",
        "connect(host=host, password=cfg.password)",
        "connect(dbname=name, password=db_password, port=port)",
        'token = request.headers.get("X")',
        "token = get_token(request)",
        'token = jwt.encode(payload, key, algorithm="HS256")',
        'token = response.json()["access_token"]',
        "token = self._fetch_token(client_id)",
        "stripe.api_key = settings.STRIPE_KEY",
        'api_key = os.environ["STRIPE_KEY"]',
        'password = config["db"]["password"]',
        'password=os.getenv("DB_PASSWORD"),',
        "password: config.password,",
        "token: req.headers.authorization,",
        'secret = await vault.read("shop/db")',
        "def login(self, username: str, password: str) -> User:",
        "def __init__(self, token: Optional[str] = None):",
    ],
)
def test_a_line_of_a_program_is_shown(line):
    assert redacted(line) == line


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ('login(user=user, password="swordfish")', "swordfish"),
        ("login(user=user, password='password')", "'password'"),
        ("shop.token = token", "= token"),
        ("token = swordFish(x)", "swordFish"),
        ("password={swordfish}", "swordfish"),
        ("host=db user=x password=password", "=password"),
        ("token = make_token('sword2fish')", "sword2fish"),
        ("token = SecretStr('swordfish')", "swordfish"),
        ("password = swordfish()", "swordfish"),
        ("token=a.token", "a.token"),
        ("password = this.is.mine", "mine"),
        ("password: str0ng(one)", "str0ng"),
        ("password = settings.swordfish", "swordfish"),
        ("password = os.environ.get('PASSWORD', 'swordfish')", "swordfish"),
        ("f(password: swordfish)", "swordfish"),
        ("Config(user=x, password=sword_fish, port=1)", "sword_fish"),
        ('{"password":"db.get_it(x)"}', "get_it"),
    ],
)
def test_a_value_that_looks_like_one_is_hidden(line, secret):
    assert secret not in redacted(line)


@pytest.mark.parametrize("text", ["cvc: fail", "cvc=pass", "card[cvc]=unavailable", "otp=sent", "totp: verified"])
def test_what_became_of_a_code_is_shown(text):
    assert redacted(text) == text


@pytest.mark.parametrize("text", ["cvc: 314", "cvc=314", "otp=493817", "otp=swordfish", "password=sent"])
def test_a_code_is_hidden(text):
    assert "(hidden)" in redacted(text)


@pytest.mark.parametrize(
    ("line", "name", "value", "computed"),
    [
        ('token = request.headers.get("X")', "token", 'request.headers.get("X', True),
        ("stripe.api_key = settings.STRIPE_KEY", "stripe.api_key", "settings.STRIPE_KEY", True),
        ("login(user=user, password=password)", "password", "password", True),
        ("password=password", "password", "password", False),  # outside of a call it may be the value
        ("password = 'settings.STRIPE_KEY'", "password", "settings.STRIPE_KEY", False),
        ("token = x", "token", "x", False),
    ],
)
def test_what_is_computed_is_no_value(line, name, value, computed):
    assert is_computed(line, line.index(f"{name} " if f"{name} " in line else f"{name}="), name, value) is computed
