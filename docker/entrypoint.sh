#!/bin/sh
# Runs `lianfang` with these words and passes signals on. Any failure ends the container, and Docker starts a fresh one;
# but exits 78 and 2 say that a fresh one can't help before somebody has looked (docs/runbook.md): then the container
# stays, answers no health check, and is seen as unhealthy and as a target that is down, until it is stopped.
child=
asked=
trap 'asked=yes; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT
lianfang "$@" &
child=$!
[ -z "$asked" ] || kill -TERM "$child" # it came before there was a child to tell
wait "$child"
code=$?
# a signal ends the first wait early: wait again for the process itself (127: it was waited for already)
if [ "$code" -gt 128 ]; then
	wait "$child"
	again=$?
	[ "$again" = 127 ] || code=$again
fi
if [ "$code" = 78 ] || [ "$code" = 2 ]; then
	echo "lianfang $*: exit $code, not started again: see docs/runbook.md" >&2
	sleep infinity &
	child=$!
	wait "$child"
fi
exit "$code"
