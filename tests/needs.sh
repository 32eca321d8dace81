#!/bin/sh
# What the tests need besides Python: Java 17 with Maven (a real Kafka), Chromium (the sandbox's page), kcat (an
# ordinary client). Installs what is missing where that is possible (root on Debian), says in clear words what to do
# where it is not, and lets the tests that need it fail by themselves.
set -eu

missing=""
command -v java >/dev/null 2>&1 || missing="$missing openjdk-17-jre-headless"
command -v mvn >/dev/null 2>&1 || missing="$missing maven"
command -v kcat >/dev/null 2>&1 || command -v kafkacat >/dev/null 2>&1 || missing="$missing kcat"
command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
	command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	echo "tests need$missing: installing with apt-get" >&2
	export DEBIAN_FRONTEND=noninteractive
	log="$(mktemp)"
	if apt-get update -qq >"$log" 2>&1 </dev/null &&
		# shellcheck disable=SC2086 # a list of packages
		apt-get install -y -qq --no-install-recommends $missing >>"$log" 2>&1 </dev/null; then
		rm -f "$log"
		exit 0
	fi
	tail -n 20 "$log" >&2
	rm -f "$log"
fi
echo "tests need$missing: could not be installed here; please install, or tests that need it will fail" >&2
