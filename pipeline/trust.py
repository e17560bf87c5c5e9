"""Whom a connection trusts: whom this machine trusts, as a browser does, on each system.

The authority of an organisation is then known to us once the organisation has made it known to its
machines. `SSL_CERT_FILE` names a file of authorities on Linux, and `REQUESTS_CA_BUNDLE` a further
one for the StatBank.
"""

import ssl

from pipeline.errors import AccessRefused


def system_trust() -> ssl.SSLContext:
    """Return how the other end of a connection is verified."""
    import truststore  # with ssl a tenth of a second, for those who connect

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def untrusted(whose: str, error: ssl.SSLCertVerificationError) -> AccessRefused:
    """Return the error of a certificate that was refused, and who showed it."""
    return AccessRefused(
        f"{whose} shows a certificate that is not trusted: {error.verify_message}.",
        "If your organisation signs certificates itself, have its authority installed on this "
        "machine, or name its file: SSL_CERT_FILE. The name must be that in the certificate.",
    )
