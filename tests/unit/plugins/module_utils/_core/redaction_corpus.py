"""Real forms in which secrets stand in logs, settings and commands, and harmless text that looks like them.

Every secret value here is made up. ``SECRETS``: (text, what must not be left of it). ``HARMLESS``: must stay as it is.
"""

from __future__ import annotations

HEX32 = "0123456789abcdef0123456789abcdef"
MIX = "Ab3dEf6hIj9lMn2pQr5tUv8x"
B64 = "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="

_VALUE = "Hunter2Secret"

# --- names before values, in the syntax of many programs ---
_NAMED = [
    f"password={_VALUE}", f"PASSWORD={_VALUE}", f"password = {_VALUE}", f"password: {_VALUE}", f"password:={_VALUE}",
    f"password => '{_VALUE}'", f'"password": "{_VALUE}"', f"'password': '{_VALUE}'", f"{{'password': ['{_VALUE}']}}",
    f'{{"password":["{_VALUE}"]}}', f"{{'password': b'{_VALUE}'}}", f"{{'password': [b'{_VALUE}']}}",
    f"map[password:{_VALUE} user:bob]", f"map[password:[{_VALUE}]]", f"user[password]={_VALUE}&user[name]=bob",
    f"user%5Bpassword%5D={_VALUE}&x=1", f"password%3D{_VALUE}%26user%3Dbob", f"%22password%22%3A%22{_VALUE}%22",
    f'{{\\"password\\": \\"{_VALUE}\\"}}', f"<password>{_VALUE}</password>",
    f"<ns:Password x='1'>{_VALUE}</ns:Password>",
    f'<property name="password" value="{_VALUE}"/>', f"--password {_VALUE} --user bob", f"--password={_VALUE}",
    f"--db-password '{_VALUE}'", f"-password {_VALUE}", f"--api-key {_VALUE}", f"--token {_VALUE}",
    f"DB_PASS={_VALUE}", f"db_pw={_VALUE}", f"PGPASSWORD={_VALUE} psql", f"MYSQL_PWD={_VALUE} mysql",
    f"POSTGRES_PASSWORD: {_VALUE}", f"spring.datasource.password={_VALUE}", f"userPassword={_VALUE}",
    f"dbPassword: '{_VALUE}'", f"passwd={_VALUE}", f"passphrase={_VALUE}", f"passwort={_VALUE}", f"pwd={_VALUE}",
    f"Server=db;Uid=app;Pwd={_VALUE};", f"password1={_VALUE}", f"new_password={_VALUE}&password_confirmation={_VALUE}",
    f"secret={_VALUE}", f"client_secret={_VALUE}", f"clientSecret: {_VALUE}", f"SECRET_KEY = '{_VALUE}'",
    f"DJANGO_SECRET_KEY={_VALUE}", f"webhook_secret: {_VALUE}", f"api_key={_VALUE}", f"apikey={_VALUE}",
    f"x-api-key: {_VALUE}", f"X-Api-Key={_VALUE}", f"apiKey={_VALUE}", f"access_key={_VALUE}",
    f"AWS_SECRET_ACCESS_KEY={MIX}+/x", f"private_key={_VALUE}", f"account_key={_VALUE}",
    f"DefaultEndpointsProtocol=https;AccountName=x;AccountKey={B64};EndpointSuffix=y", f"SharedAccessKey={B64}",
    f"token={MIX}", f"access_token={MIX}", f"refreshToken: {MIX}", f"csrftoken={MIX}", f"csrfmiddlewaretoken={MIX}",
    f"auth_token={MIX}", f"X-Auth-Token: {MIX}", f"X-Vault-Token: {MIX}", f"PRIVATE-TOKEN: {MIX}",
    f"sessionid={MIX}", f"PHPSESSID={MIX}", f"JSESSIONID={MIX}", f"connect.sid=s%3A{MIX}", f"session_id={MIX}",
    f"credentials={_VALUE}", f"tokens=['{MIX}']", f"cookie={MIX}", "cvc=314", "cvv: 314", '"cvc":"314"', "'cvv2': 314",
    "security_code=314", f"otp={_VALUE}", f"password='cut {_VALUE}", f'"password": "cut {_VALUE}', f"pass={_VALUE}",
    f"('password', '{_VALUE}')", f'["password", "{_VALUE}"]', f"(b'password', b'{_VALUE}')", f"password\t=\t{_VALUE}",
    f"export GITHUB_TOKEN={MIX}", f"env: REDIS_PASSWORD={_VALUE}", f"encryption_key={_VALUE}", f"signing-key: {_VALUE}",
    f"password_hash={_VALUE}", f"smtppass={_VALUE}", f"dbpassword={_VALUE}", f"password: {{'raw': '{_VALUE}'}}",
    f"msg=login password=\"{_VALUE}\" ok=1", f"ansible_become_pass: {_VALUE}",
]  # fmt: skip
_SQL = [
    f"CREATE ROLE app LOGIN PASSWORD '{_VALUE}'",
    f"ALTER USER app WITH ENCRYPTED PASSWORD '{_VALUE}';",
    f"ALTER USER app PASSWORD E'{_VALUE}'",
    f"CREATE USER x IDENTIFIED BY '{_VALUE}'",
    f"ALTER USER x IDENTIFIED WITH mysql_native_password BY '{_VALUE}'",
    f"ALTER ROLE x PASSWORD $${_VALUE}$$",
    f"CREATE USER MAPPING FOR x SERVER y OPTIONS (user 'x', password '{_VALUE}')",
    f"statement: ALTER ROLE x PASSWORD '{_VALUE}",
    f"CREATE SUBSCRIPTION s CONNECTION 'host=x password={_VALUE}'",
]
_PLACES = [
    f"Authorization: Bearer {MIX}", f"authorization: Basic {B64}", f"Authorization: Token {MIX}",
    f"Authorization: ApiKey {MIX}", f"Authorization: {MIX}", f"Proxy-Authorization: Basic {B64}",
    f'Authorization: Digest username="x", realm="y", response="{HEX32}"', f"Authorization: MyScheme {MIX}",
    f"Authorization: AWS4-HMAC-SHA256 Credential=AKIA/x, SignedHeaders=host, Signature={HEX32}",
    f'{{"Authorization": "Bearer {MIX}"}}', f"{{'Authorization': ['Basic {B64}']}}",
    f"map[Accept:[*/*] Authorization:[Basic {B64}] X:[y]]", f"(b'authorization', b'Bearer {MIX}')",
    f"('Authorization', 'Token {MIX}')", f'curl -H "Authorization: Bearer {MIX}" https://api.example',
    f"bearer {MIX}", f"Cookie: a=b; sessionid={MIX}", f"Set-Cookie: sid={MIX}; Path=/; HttpOnly",
    f"postgres://app:{_VALUE}@db/x", f"redis://:{_VALUE}@cache:6379/0", f"amqp://guest:{_VALUE}@mq//",
    f"https://bob:{_VALUE}@example.org/x?y=z", "mongodb+srv://u:Hunter2Secret%21@c.example.net/db",
    "redis://u:Hunter2Secret/b@c@host/0", f"https://{HEX32}@sentry.example/12", f"https://{MIX}@github.com/x/y.git",
    "postgres://app:1234567@db/x", f"root:{_VALUE}@tcp(127.0.0.1:3306)/app", f"mysql -u root -p{_VALUE} app",
    f"mysqldump --user=x -p{_VALUE} db", f"redis-cli -h x -a {_VALUE} ping", f"sshpass -p {_VALUE} ssh x",
    f"curl -u bob:{_VALUE} https://x", f"docker login -u x -p {_VALUE} reg", f"GET /x?key={MIX}&y=1",
    f"GET /blob?sv=2024&sig={MIX}%3D&se=1", f"https://s3/x?X-Amz-Signature={HEX32}{HEX32}&y=1",
    f"X-Amz-Security-Token={MIX}", f'{{"auths":{{"r":{{"auth":"{B64}"}}}}}}',
]  # fmt: skip
_SHAPES = [
    f"sk_live_{MIX}", f"rk_test_{MIX}", f"whsec_{MIX}", f"pi_3Nabcdefgh_secret_{MIX}", f"xoxb-1234567890-{MIX}",
    f"xapp-1-A0-{MIX}", f"ghp_{MIX}abcdefghijkl", f"github_pat_11AAAA_{MIX}", f"glpat-{MIX}", f"glrt-{MIX}",
    f"npm_{MIX}abcdefghijkl", f"pypi-AgEIcHlwaS5vcmc{MIX}", f"dckr_pat_{MIX}", "AKIA0123456789ABCDEF",
    "ASIA0123456789ABCDEF", f"AIza{MIX}abcdefghijk", f"GOCSPX-{MIX}", f"ya29.{MIX}", f"sk-ant-api03-{MIX}",
    f"sk-proj-{MIX}", f"hf_{MIX}abcdef", f"SG.{MIX}.{MIX}", f"key-{HEX32}", f"shpat_{HEX32}", f"dop_v1_{HEX32}{HEX32}",
    f"hvs.{MIX}", f"glsa_{MIX}_0123abcd", f"lin_api_{MIX}", f"rubygems_{HEX32}", f"sq0atp-{MIX}",
    f"123456789:AA{MIX}abcdefghijk", f"https://hooks.slack.com/services/T00/B00/{MIX}",
    f"https://discord.com/api/webhooks/123/{MIX}", f"https://api.telegram.org/bot12345:{MIX}/sendMessage",
    f"https://shop.example/reset_password/{MIX}", f"https://shop.example/accounts/reset/MQ/c5q3l1-{HEX32}/",
    f"https://shop.example/magic-link/{MIX}", f"https://shop.example/auth/verify-email/{MIX}?next=/",
    f"bot123456789:AA{MIX}abcdefghijk", f"https://x.webhook.office.com/webhookb2/{HEX32}",
    f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{MIX}",
    f"$2b$12${MIX}abcdefghijklmnopqrstuvwxyz012", f"$6$saltsalt${MIX}{MIX}", f"SCRAM-SHA-256$4096:{B64}${B64}:{B64}",
    f"pbkdf2_sha256$600000$salt${B64}", f"$argon2id$v=19$m=65536,t=3,p=4$c2FsdA${MIX}",
]  # fmt: skip
_CARDS = [
    "4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242", "4242+4242+4242+4242", "4242.4242.4242.4242",
    "4242_4242_4242_4242", "4242/4242/4242/4242", "4242%204242%204242%204242", "3782 822463 10005", "3782.822463.10005",
    "5555555555554444", "2223003122003222", "6011 1111 1111 1117", "30569309025904", "number=4242424242424242&x=1",
    "4242\u00a04242\u00a04242\u00a04242", "4242  4242  4242  4242",
]  # fmt: skip


def _secret_of(text: str) -> str:
    for value in (_VALUE, f"{HEX32}{HEX32}", HEX32, MIX, B64, "314", "1234567"):
        if value in text:
            return value
    return text


SECRETS = [(text, _secret_of(text)) for text in (*_NAMED, *_SQL, *_PLACES)]
SECRETS += [(f"got {text} from the store", text) for text in _SHAPES if not text.startswith("https")]
SECRETS += [(f"posted to {text}", _secret_of(text)) for text in _SHAPES if text.startswith("https")]
SECRETS += [(f"card {text} declined", text) for text in _CARDS]

HARMLESS = [
    "passengers=3", "passenger_count=12", "passport=required", "passport_no missing", "passed=12 failed=0",
    "compass=NW", "GET /reset-password/confirm/ 200", "/reset/all/connection-pool-of-backend 200",
    "POST /password-reset/ 302", "/counters/reset/pg_stat_statements_reset 200", "/verify-email/resend 200",
    "bypass=true", "tokens=512", "max_tokens=4096", "input_tokens: 512", "output_tokens=12", "token_count=3",
    "token_type=bearer", '"token_type": "Bearer"', "token_expires_in=3600", "expires_in=3600", "cookies=3",
    "cookie_domain=.example.org", "cookie_secure=true", "password_length=12", "password_min_length: 8",
    "password_changed_at=2026-11-26", "password_reset_required=false", "password_encryption=scram-sha-256",
    "secret_name=db-credentials", "secretName: db-credentials", "secret_version=4", "token_url=https://x.example/oauth",
    "token_endpoint: https://x.example/token", "password=null", '"password": null', "password=None", "password=",
    "password: ''", "'secret': True", "password: (hidden)", "password=********", "password=[FILTERED]",
    "password: <redacted>", "PWD=/srv/app", "OLDPWD=/root", "tokenizer=gpt2", "secretary=Jane", "passwordless=yes",
    "GET /users?email=bob@example.org 200", "http://host:8080/?email=bob@example.org",
    "https://example.org:443/a?to=ann@example.com&x=1", "postgres://h1:5432,h2:5433/db?application_name=a@b",
    "mailto:bob@example.org", "ssh://git@github.com/x/y.git", "git@github.com:x/y.git", "https://bob@example.org/x",
    "http://[::1]:8080/x", "redis://cache:6379/0", "amqp://mq:5672//", "http://10.0.0.7:9090/api/v1/alerts",
    "invalid token: expired", "Invalid token: signature", "unexpected token in JSON at position 4",
    "password authentication failed for user \"app\"", "the password is wrong", "no password supplied",
    "token expired", "a token was refused", "secret not found", "cookie rejected", "Authorization required",
    "HTTP 401 Unauthorized", "authorization: none",
    "Authorization: null", "missing credentials", "credentials were refused", "cross-site request forgery",
    "at 1795508494375000000 ns", "0.4242424242424242", "order 4242 4242 4242 4243", "id=1234567890123456",
    "uuid 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "commit 8e03a1b2c3d4e5f60718293a4b5c6d7e8f901234", "2026-11-26 13:42:08.123 UTC [4711] LOG: checkpoint complete",
    "172.18.0.4 - - [26/Nov/2026:13:42:08 +0000] \"GET / HTTP/1.1\" 200 612", "2026-11-26T13:42:08.123456Z INFO ready",
    "duration: 12.345 ms statement: SELECT 1", "connection received: host=172.18.0.4 port=53214",
    "connection authorized: user=app database=pafar application_name=pafar-web", "pid=4711 rss=123456789",
    "buffers=4242 reads=4242 writes=4242 hits=4242", "10.0.0.1 10.0.0.2 10.0.0.3", "version 4.2.4.2",
    "192.168.100.100.50123 > 10.0.0.1.5432: Flags [S]", "+49 30 123456 78", "+1 (212) 555-0100",
    "ISBN 978-3-16-148410-0",
    "x=4.5 y=3.25 z=2.125", "keyboard=us", "key=value", "primary_key=id", "foreign key constraint", "monkey=1",
    "keyspace=pafar", "cache_key=user:12", "sort_key=name", "public_key_id=7", "partition key: 12", "keys: 12",
    "author=Ann", "authority=x.example", "oauth_version=1.0", "session started", "sessions=12", "session=5",
    "session_timeout=30", "session_count=4", "side=left", "insidious", "signal=TERM", "sign=+", "signature mismatch",
    "signed_off=yes", "pin=17", "spinning", "opt=1", "pw_gecos", "pws=3", "npm_config_registry=x", "npm run build",
    "ghost_in=1", "skip_live=1", "task_live_test=1", "hash=md5", "basic auth is off", "Basic usage: x",
    "bearer of news",
    "accepted bearer tokens only", "--user bob", "--port 5432", "--no-password", "--password-file /run/x",
    "-p 5432:5432", "docker run -p 80:80 nginx", "psql -p 5432", "mysql -P 3306", "curl -u bob https://x",
    "<name>Ann</name>", "<token/>", "<password></password>", "<li>password</li>", "('user', 'ann')", "['a', 'b']",
    "map[Accept:[*/*] Host:[x]]", "{'user': ['ann']}", "user[name]=ann", "a%3Db", "x:=3", "std::token", "a::b",
    "ALTER ROLE app VALID UNTIL 'infinity'", "SELECT password_hash IS NULL", "UPDATE users SET seats = 4",
    "-----BEGIN CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 ann@host",
    "passing=3", "passive=1", "passes=2", "trespass=0", "compassion", "surpassed=1", "password policy: strong",
    "tokens/s=12.5", "rate_limit_tokens=100", "secret_count=3", "secrets: 3", "passwords=0", "credential_type=basic",
    "cookie_consent=yes", "cookie_name=sid", "api_key_id=12", "access_key_age=90", "otp_required=true",
    "totp_enabled=no",
]  # fmt: skip
