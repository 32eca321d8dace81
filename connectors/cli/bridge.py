"""`lianfang bridge wecom|sms`: one bridge process, until stopped."""

from __future__ import annotations

import sys

import click

from connectors.bridges.process import CHANNELS, Process
from connectors.cli import PORT, UNUSABLE
from streams.engine import run
from streams.settings import Settings


@click.command()
@click.argument("channel", type=click.Choice(sorted(CHANNELS)))
@click.option("--bootstrap", help="Brokers, instead of the setting's.")
@click.option("--http-port", type=PORT, help="Port of /metrics, /healthz and /readyz; 0: none.")
@click.option(
    "--receipts-port", type=PORT, help="Port of /receipts, where the provider pushes receipts of SMS; 0: none."
)
@click.option("--json", "as_json", is_flag=True, help="Log lines as JSON.")
def command(
    *, channel: str, bootstrap: str | None, http_port: int | None, receipts_port: int | None, as_json: bool
) -> None:
    """Send the notices of one channel to its provider and write what became of them.

    As many processes may run as there are partitions of `notices`. SMS needs LIANFANG_SMS_ACCESS_KEY and
    LIANFANG_SMS_ACCESS_SECRET. Addresses of providers are settings, so that a sandbox can stand in for them.
    """
    given = {"bootstrap": bootstrap, "http_port": http_port, "sms_receipts_port": receipts_port}
    given |= {"log_format": "json"} if as_json else {}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    if channel == "sms" and not (settings.sms_access_key and settings.sms_access_secret):
        click.echo(
            "sms_access_key and sms_access_secret: are needed to sign; set LIANFANG_SMS_ACCESS_KEY and …SECRET",
            err=True,
        )
        sys.exit(UNUSABLE)
    run(settings, [Process(channel, settings).flow()], process="bridge", group=f"{settings.group}-bridge-{channel}")
