"""The table of the forms that give a secret away; a new one is one entry.

A form has a prefix or a field name of its own: what could be anything, as 32 hexadecimal digits,
would also be found in hashes and ids, and the evidence would be worth nothing.
"""

from __future__ import annotations

from runner.engine.redaction.addresses import ENCODED_ADDRESSES
from runner.engine.redaction.rules import Field, Following, PrivateKey, Rule, Token

_WORD = rb"A-Za-z0-9_"
_DASHED = rb"A-Za-z0-9_\-"
_DOTTED = rb"A-Za-z0-9_.\-"
_LINE = rb"([^\r\n\"'\\]{0,16384})"
_QUOTED = rb"((?:=\\{0,3}\"[^\r\n\"\\]{0,512}\\{0,3}\"|[^\r\n\"'\\]){0,2048})"
"""Parameters, whose values may be in quotation marks (RFC 9110, section 11.2)."""
_CREDENTIALS = (
    rb"(?:(?i:Digest|Hawk|OAuth|Signature)[ \t]{1,8}" + _QUOTED + rb"|"
    rb"(?:(?i:Bearer|Basic|Token|Negotiate|NTLM|ApiKey|AWS4-HMAC-SHA256)[ \t]{1,8})?"
    + _LINE
    + rb")"
)
_OPAQUE = rb"([A-Za-z0-9._~+/=%\-]{0,4096})"

RULES: tuple[Rule, ...] = (
    PrivateKey(),
    Field(
        "authorization",
        (b"uthorization", b"UTHORIZATION"),
        _CREDENTIALS,
        "RFC 9110, sections 11.6.2 and 11.7.2: Authorization, Proxy-Authorization",
    ),
    Field("cookie", (b"ookie", b"OOKIE"), _LINE, "RFC 6265, section 4: Cookie, Set-Cookie"),
    Field(
        "header",
        (
            *(b"pi-key", b"pi-Key", b"PI-KEY"),
            *(b"uth-token", b"uth-Token", b"rivate-token", b"RIVATE-TOKEN", b"rivate-Token"),
            *(b"ault-token", b"ault-Token", b"urity-token", b"urity-Token"),
        ),
        _LINE,
        "X-API-Key; X-Auth-Token of OpenStack Keystone; PRIVATE-TOKEN of GitLab, 'REST API"
        " authentication'; X-Vault-Token of Vault, 'HTTP API'; X-Amz-Security-Token of AWS",
    ),
    *ENCODED_ADDRESSES,
    Token(
        "bearer token", (b"Bearer ", b"bearer "), rb"A-Za-z0-9._~+/=\-", 20, "RFC 6750, section 2.1"
    ),
    Field(
        "token",
        (b"access_token", b"refresh_token", b"id_token", b"client_secret", b"client_assertion"),
        _OPAQUE,
        "RFC 6749, sections 2.3.1 and 5.1; RFC 7521, section 4.2",
        least=8,
    ),
    Field(
        "AWS secret",
        (
            *(b"cret_access_key", b"CRET_ACCESS_KEY", b"cretAccessKey"),
            *(b"ession_token", b"ESSION_TOKEN", b"essionToken"),
            *(b"X-Amz-Signature", b"X-Amz-Credential"),
        ),
        _OPAQUE,
        "AWS SDKs and Tools Reference Guide, 'AWS access keys'; AWS STS API, 'Credentials';"
        " Amazon S3 API, 'Authenticating Requests: Using Query Parameters'",
        least=16,
    ),
    Field(
        "Azure key",
        (b"AccountKey=", b"SharedAccessKey=", b"SharedAccessSignature=", b"&sig=", b"?sig="),
        _OPAQUE,
        "Azure Storage, 'Configure connection strings' and 'Create a service SAS'",
        least=16,
    ),
    Field(
        "npm token",
        (b":_authToken", b":_password", b":_auth"),
        _OPAQUE,
        "npm CLI, '.npmrc', auth related configuration",
        least=8,
    ),
    Token(
        "AWS access key",
        (b"AKIA", b"ASIA", b"ABIA", b"ACCA"),
        rb"A-Z0-9",
        16,
        "AWS IAM User Guide, 'IAM identifiers', unique identifiers",
        most=16,
    ),
    Token(
        "GitHub token",
        (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_"),
        _WORD,
        30,
        "GitHub, 'About authentication to GitHub', token formats",
    ),
    Token(
        "GitLab token",
        (
            *(b"glpat-", b"gloas-", b"gldt-", b"glrt-", b"glrtr-", b"glcbt-", b"glptt-", b"glft-"),
            *(b"glimt-", b"glagent-", b"glwt-", b"glsoat-", b"glffct-", b"GR1348941"),
        ),
        _DOTTED,
        20,
        "GitLab, 'Security: tokens', token prefixes",
    ),
    Token(
        "Slack token",
        (b"xoxb-", b"xoxp-", b"xoxa-", b"xoxr-", b"xoxs-", b"xoxc-", b"xoxd-", b"xoxe", b"xapp-"),
        rb"A-Za-z0-9%.\-",
        16,
        "Slack API, 'Token types'",
    ),
    Token(
        "Slack webhook",
        (b"hooks.slack.com/services/", b"hooks.slack.com/workflows/"),
        rb"A-Za-z0-9/",
        20,
        "Slack API, 'Sending messages using incoming webhooks'",
    ),
    Token("npm token", (b"npm_",), rb"A-Za-z0-9", 36, "npm, 'About access tokens' (2021)", most=36),
    Token("PyPI token", (b"pypi-AgE",), _DASHED, 32, "PyPI, 'API tokens'; macaroons, version 2"),
    Following(
        "JSON web token",
        (
            *(b"eyJh", b"eyJ0", b"eyJr", b"eyJj", b"eyJl", b"eyJ4", b"eyJq", b"eyJ6", b"eyJw"),
            *(b"eyJi", b"eyJp", b"eyJu"),
        ),
        rb"[\w\-]{0,1024}(?:\.(?:[\w\-]{0,12288}(?:(\.)[\w.\-]{0,4096})?)?)?",
        "RFC 7515, section 7.1, and RFC 7516: the header's first name begins as one of IANA's",
    ),
    Token("Google API key", (b"AIza",), _DASHED, 35, "Google Cloud, 'API keys'", most=35),
    Token(
        "Google OAuth token",
        (b"ya29.", b"GOCSPX-", b"1//0"),
        _DOTTED,
        24,
        "Google Identity, 'Using OAuth 2.0 to access Google APIs'",
        most=2048,
    ),
    Token(
        "Stripe key",
        (b"sk_live_", b"rk_live_", b"sk_test_", b"rk_test_", b"whsec_"),
        rb"A-Za-z0-9",
        16,
        "Stripe, 'API keys' and 'Webhooks'",
    ),
    Token(
        "SendGrid key",
        (b"SG.",),
        _DOTTED,
        66,
        "Twilio SendGrid, 'API keys'",
        most=66,
        shape=rb"[\w\-]{22}\.[\w\-]{43}",
    ),
    Token("Hugging Face token", (b"hf_",), rb"A-Za-z0-9", 34, "Hugging Face, 'User access tokens'"),
    Token("Databricks token", (b"dapi",), rb"a-f0-9\-", 32, "Databricks, 'Personal access tokens'"),
    Token(
        "API key",
        (b"sk-proj-", b"sk-svcacct-", b"sk-admin-", b"sk-ant-"),
        _DASHED,
        40,
        "the keys of large language models' services, as their consoles show them",
    ),
    Token("Vault token", (b"hvs.", b"hvb.", b"hvr."), _DASHED, 24, "Vault, 'Tokens', prefixes"),
    Token("Docker token", (b"dckr_pat_", b"dckr_oat_"), _DASHED, 20, "Docker, 'Access tokens'"),
    Token(
        "DigitalOcean token",
        (b"dop_v1_", b"doo_v1_", b"dor_v1_"),
        rb"a-f0-9",
        64,
        "DigitalOcean, 'Personal access tokens'",
        most=64,
    ),
    Token(
        "Grafana token", (b"glsa_", b"glc_"), rb"A-Za-z0-9_+/=", 32, "Grafana, 'Service accounts'"
    ),
    Token("Atlassian token", (b"ATATT3x",), rb"A-Za-z0-9_=\-", 32, "Atlassian, 'API tokens'"),
    Token("RubyGems key", (b"rubygems_",), rb"a-f0-9", 48, "RubyGems, 'API key scopes'", most=48),
    Token("age key", (b"AGE-SECRET-KEY-1",), rb"A-Z0-9", 58, "age, 'The age file format'", most=58),
)
"""Every form, each with its source."""
