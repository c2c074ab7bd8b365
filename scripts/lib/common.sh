# shellcheck shell=bash
# Sourced by the scripts: where things are, what to say, and how to leave nothing behind.

readonly repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly script_name=${0##*/}

say() { printf '%s: %s\n' "$script_name" "$*" >&2; }
die() { say "$*"; exit 1; }

# A heading on the way, with the time since the script began.
step() { printf '%s[%3d s] %s%s\n' "${bold:-}" "$SECONDS" "$*" "${plain:-}" >&2; }
if [[ -t 2 ]]; then
    readonly bold=$'\033[1m' plain=$'\033[0m'
fi

# Commands to run when the script ends, however it ends; the last one added runs first.
cleanups=()
at_exit() { cleanups=("$*" "${cleanups[@]}"); }
run_cleanups() {
    local status=$? command
    trap '' INT TERM HUP  # a second Ctrl-C must not stop the cleaning up
    for command in "${cleanups[@]}"; do eval "$command" || true; done
    exit "$status"
}
trap run_cleanups EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# TERM, and KILL for what has not ended ten seconds later.
stop_process() {
    local pid=$1 tries
    kill "$pid" 2>/dev/null || return 0
    for ((tries = 0; tries < 200; tries++)); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.05
    done
    kill -KILL "$pid" 2>/dev/null || true
}

# free_port [PREFERRED]: that port if nothing listens on it, else a free one below the range of
# outgoing connections, so that a server stopped and started again finds it still free.
port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free_port() {
    local port=${1:-0}
    until ((port > 0)) && port_is_free "$port"; do port=$((10000 + RANDOM % 22000)); done
    printf '%s\n' "$port"
}

# wait_for SECONDS COMMAND…: until the command succeeds.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.05
    done
}

# run_bars KIND FOLDER NAME…: runs FOLDER/NAME (.sh, .py or .rb, or a built KIND_NAME) one after
# another and prints all their "bar …" lines last.  Fails if one fails or falls short.
run_bars() {
    local kind=$1 folder=$2 name program candidate status=0
    shift 2
    local bars
    bars=$(mktemp)
    at_exit "rm -f '$bars'"
    for name in "$@"; do
        program=
        for candidate in "$repository/$folder/$name"{,.sh,.py,.rb} \
            "$repository/build/release/bin/${kind}_$name"; do
            [[ -f $candidate && -x $candidate ]] && program=$candidate && break
        done
        [[ -n $program ]] || die "no $name in $folder/; ${folder%%/*}/README.md lists the names"
        step "$name"
        TIDEGATE_BUILD=$repository/build/release "$program" | tee -a "$bars" || {
            say "$name failed"
            status=1
        }
    done
    echo
    grep '^bar ' "$bars" || say "no bar was printed"
    ! grep -q '^bar .* short$' "$bars" || status=1
    return "$status"
}
