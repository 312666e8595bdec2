"""What it means that a request got no answer.

*Failed*: the server was looked for and gave no answer (refused, reset, too slow). *Errored*:
nothing can be said of the server (no such host, no trust, no valid request).
"""

from __future__ import annotations

from runner.kinds.http.hiding import safe_url
from runner.kinds.http.messages import NoAnswerError, Request
from runner.kinds.verdicts import errored, failed
from runner.kinds.wording import one_line, seconds


def no_answer(error: Exception, request: Request) -> NoAnswerError:
    """Turn an error of urllib3 into a verdict; others are raised again, as they are defects."""
    from ssl import SSLError  # loaded by the request already

    from urllib3 import exceptions as known  # the same

    where, via = safe_url(request.url), ""
    if isinstance(error, known.ProxyError):
        error, via = error.original_error, ", through a proxy"
    if isinstance(error, known.NameResolutionError):
        hint = "check the name; is this machine offline, or a proxy needed?"
        return NoAnswerError(errored(f"the host of {where} cannot be found{via}", hint))
    if isinstance(error, known.SSLError | SSLError):
        hint = "'ca_file' names the certificate to trust; https:// needs a server that speaks TLS"
        reason = f"no trusted connection to {where}{via}: {_tls_cause(error)}"
        return NoAnswerError(errored(reason, hint))
    # NewConnectionError comes first: some versions of urllib3 make it a TimeoutError
    if isinstance(error, known.NewConnectionError | known.ProtocolError):
        hint = "" if isinstance(error, known.ProtocolError) else "is it started, and on that port?"
        return NoAnswerError(failed(f"no answer from {where}{via}: {_cause(error)}", hint))
    if isinstance(error, known.TimeoutError):
        return too_slow(request)
    if isinstance(error, OSError):
        return NoAnswerError(failed(f"no answer from {where}{via}: {_cause(error)}"))
    if isinstance(error, known.HTTPError | ValueError):
        hint = "see the address, the headers (line ends? letters beyond Latin-1?) and the proxy"
        return NoAnswerError(errored(f"the request to {where} is not valid", hint), final=True)
    raise error


def too_slow(request: Request) -> NoAnswerError:
    """Say that the answer took too long."""
    where, limit = safe_url(request.url), seconds(request.timeout)
    return NoAnswerError(failed(f"no answer from {where} within {limit}"))


def _tls_cause(error: Exception) -> str:
    from ssl import SSLCertVerificationError, SSLError  # loaded already

    for cause in (error, *error.args):
        if isinstance(cause, SSLCertVerificationError):
            return cause.verify_message
        reason = getattr(cause, "reason", None)  # it is missing where OpenSSL gave none
        if isinstance(cause, SSLError) and isinstance(reason, str):
            return reason.replace("_", " ").lower()
    return one_line(str(error.args[0] if error.args else error))


def _cause(error: Exception) -> str:
    for cause in (error, *error.args, error.__cause__, error.__context__):
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
    inner = error.args[-1] if error.args else error
    return one_line(str(inner)) or type(inner).__name__
