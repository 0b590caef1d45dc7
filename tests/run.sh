#!/usr/bin/env bash
# Installs what the tests need where it is missing, checks style and types, and runs the tests.
#
#   bash tests/run.sh            everything, the page in a real Chromium included
#   bash tests/run.sh --core     no browser, no apt, under a minute
#
# Further arguments go to pytest; one that it does not know ends this at once, where pytest is installed already, else as soon
# as it is. Exit code 2: such an argument, or something is missing that this script may not install; it says what.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

core=no
arguments=()
for argument in "$@"; do
    if [ "$argument" = --core ]; then core=yes; else arguments+=("$argument"); fi
done

give_up() {
    printf 'tests/run.sh: %s\n' "$@" >&2
    exit 2
}

# Runs a command as root: directly, by sudo, or not at all (status 1).
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        sudo "$@"
    else
        return 1
    fi
}

distribution() { (. /etc/os-release 2>/dev/null && echo "${ID:-} ${ID_LIKE:-}") || true; }

install_packages() {
    as_root true 2>/dev/null || give_up "neither root nor sudo here: install these packages, or use --core: $*"
    echo "tests/run.sh: installing $*"
    as_root apt-get update -qq || give_up "apt-get update failed: install these packages, or use --core: $*"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
        give_up "apt-get install failed: install these packages, or use --core: $*"
}

find_python() {
    local name
    for name in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    return 1
}

make_environment() {
    local python
    python=$(find_python) || give_up "Python 3.11 or newer is needed (package python3)"
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        case "$core $(distribution)" in
            no*debian* | no*ubuntu*) install_packages python3-venv ;;
            *) give_up "$python has no venv module: install the package python3-venv" ;;
        esac
    fi
    rm -rf .venv-tests
    "$python" -m venv .venv-tests || give_up "$python -m venv failed: is the package python3-venv installed?"
}

install_requirements() {
    local wanted
    wanted=$(cat requirements.txt requirements-dev.txt | cksum)
    if [ "$(cat .venv-tests/installed 2>/dev/null)" != "$wanted" ]; then
        .venv-tests/bin/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt ||
            give_up "pip could not install requirements-dev.txt; for a machine without a network see README.md, “Without a network”"
        echo "$wanted" >.venv-tests/installed
    fi
}

# Pytest itself says which arguments it takes, in the two seconds that it needs to name its markers.
check_arguments() {
    local said
    [ "${#arguments[@]}" != 0 ] || return 0
    said=$(.venv-tests/bin/python -m pytest --markers "${arguments[@]}" 2>&1 >/dev/null) || [ $? != 4 ] ||
        give_up "pytest takes no such thing: $(sed -n 's/.* error: //p' <<<"$said")"
}

has_pytest() { .venv-tests/bin/python -c 'import pytest' 2>/dev/null; }

has_browser() {
    command -v chromedriver >/dev/null &&
        { command -v google-chrome || command -v google-chrome-stable || command -v chromium || command -v chromium-browser; } >/dev/null
}

install_browser() {
    case "$(distribution)" in
        ubuntu*) install_packages chromium-browser chromium-chromedriver fonts-dejavu-core ;;
        *debian*) install_packages chromium chromium-driver fonts-dejavu-core ;;
        *) give_up "Chrome or Chromium and its chromedriver must be on PATH (install them, or use --core)" ;;
    esac
    has_browser || give_up "still no chromedriver with its browser on PATH: install Chromium and its driver, or use --core"
}

asked=no
if has_pytest; then check_arguments && asked=yes; fi
.venv-tests/bin/python -c '' 2>/dev/null || make_environment
install_requirements
[ "$asked" = yes ] || check_arguments
if [ "$core" = no ]; then
    PATH="$PATH:/usr/lib/chromium:/usr/lib/chromium-browser:/snap/bin"
    has_browser || install_browser
fi
quick=(--ignore=tests/page --ignore=tests/test_kill.py -n 4) # most of them wait for something
slow=(tests/page tests/test_kill.py -n 2 --dist loadfile)    # two browsers; what a file's tests share is started once

failed=0
.venv-tests/bin/ruff check --quiet . || failed=1
.venv-tests/bin/mypy --no-error-summary || failed=1
pass() { .venv-tests/bin/python -m pytest "$@" || failed=$?; }
if [ "$core" = yes ]; then
    pass "${quick[@]}" ${arguments[@]+"${arguments[@]}"}
elif [ "${#arguments[@]}" != 0 ]; then
    pass "${arguments[@]}"
else
    pass "${quick[@]}"
    pass "${slow[@]}"
fi
exit "$failed"
