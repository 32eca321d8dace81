"""`lianfang sandbox`: a program that answers like WeCom and Aliyun's SMS, and shows the messages as phones would."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys

import click
from aiohttp import web

from connectors.cli import DONE, PORT, UNUSABLE
from connectors.sandbox.app import Sandbox
from connectors.sandbox.terminal import show


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8099, show_default=True, type=PORT, help="Port to listen on; 0: a free one.")
@click.option("--report", help="Where receipts of SMS are pushed to: http://HOST:PORT/receipts of the SMS bridge.")
@click.option("--terminal", is_flag=True, help="Show the messages in this terminal too.")
@click.option("--json", "as_json", is_flag=True, help="Say where it listens as JSON.")
def command(*, host: str, port: int, report: str | None, terminal: bool, as_json: bool) -> None:
    """Answer like the providers and show the messages, until stopped.

    Set LIANFANG_WECOM_URL and LIANFANG_SMS_URL of the bridges to its address, and both LIANFANG_SMS_ACCESS_KEY and
    LIANFANG_SMS_ACCESS_SECRET to `sandbox`. Messages are kept in memory and are gone when it ends.
    """
    try:
        asyncio.run(_run(host, port, report, terminal=terminal, as_json=as_json))
    except OSError as error:
        click.echo(f"can't listen on {host}:{port}: {error}", err=True)
        sys.exit(UNUSABLE)
    sys.exit(DONE)


async def _run(host: str, port: int, report: str | None, *, terminal: bool, as_json: bool) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    sandbox = Sandbox(report)
    runner = web.AppRunner(sandbox.app(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    address = f"http://{host}:{runner.addresses[0][1]}"
    click.echo(json.dumps({"address": address}) if as_json else f"listening on {address}")
    sys.stdout.flush()
    view = asyncio.create_task(show(sandbox.store)) if terminal else None
    try:
        await stop.wait()
    finally:
        if view is not None:
            view.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await view
        await runner.cleanup()
