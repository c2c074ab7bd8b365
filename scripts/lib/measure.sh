# shellcheck shell=bash
# Sourced after common.sh: what the benchmarks share that compare proxies under sysbench.
#
# Who sources it has set work, a folder for what is noted.  A round is one run of sysbench point selects.  Its figures are taken from the first second on,
# when all clients have logged in, to the last:
#
#   $work/TAG.MODE, a line a round: CPU of the proxy in us a query, CPU of the server likewise,
#   queries a second, 99th percentile of the latency in ms
#
# The machine may be busy with other things, so contenders take turns, and what is compared are the
# rounds that lie side by side: ratio() is the median of their quotients.

ticks_per_second=$(getconf CLK_TCK)
readonly ticks_per_second
readonly bench_rows=10000  # of the table that is selected from

# Ticks of CPU that a process has used so far, in user and kernel mode, all its threads together.
# "-" is no process.
cpu_ticks() {
    if [[ $1 == - ]]; then
        echo 0
    else
        awk '{ sub(/^.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
    fi
}

# Who the clients are, name and password.
account=(app app-password)

# point_selects PORT CLIENTS MODE [SYSBENCH ARGUMENT…] COMMAND
point_selects() {
    local port=$1 clients=$2 mode=$3
    stdbuf -oL sysbench oltp_point_select --db-driver=mysql --mysql-host=127.0.0.1 \
        --mysql-port="$port" --mysql-user="${account[0]}" --mysql-password="${account[1]}" \
        --mysql-db=sbtest \
        --tables=1 --table-size="$bench_rows" --rand-type=uniform --threads="$clients" \
        --db-ps-mode="$mode" --percentile=99 "${@:4}"
}

# prepare_point_selects SERVER: the table, straight on the server.
prepare_point_selects() {
    mysql_query "$1" "CREATE DATABASE sbtest"
    point_selects "$(<"$1/port")" 1 disable prepare >/dev/null
}

# round TAG PID PORT SERVER_PID CLIENTS MODE SECONDS: PID is the proxy's, or "-".
round() {
    local tag=$1 pid=$2 port=$3 server=$4 clients=$5 mode=$6 seconds=$7
    local line begin='' ticks_begin server_begin end='' ticks_end server_end
    local report=$work/report
    while IFS= read -r line; do
        case $line in
            "[ 1s ]"*)
                begin=$EPOCHREALTIME
                ticks_begin=$(cpu_ticks "$pid") server_begin=$(cpu_ticks "$server")
                ;;
            "[ ${seconds}s ]"*)
                end=$EPOCHREALTIME
                ticks_end=$(cpu_ticks "$pid") server_end=$(cpu_ticks "$server")
                ;;
        esac
        printf '%s\n' "$line"
    done < <(point_selects "$port" "$clients" "$mode" --report-interval=1 \
        --time=$((seconds + 1)) run 2>&1) >"$report"
    [[ -n $begin && -n $end ]] || die "sysbench through $tag made no queries: $(grep -m 3 FATAL "$report")"
    grep -q '99th percentile' "$report" || die "sysbench through $tag failed: $(grep -m 3 FATAL "$report")"
    awk -v from="$begin" -v to="$end" -v last="$seconds" -v hz="$ticks_per_second" \
        -v own=$((ticks_end - ticks_begin)) -v others=$((server_end - server_begin)) '
        /^\[ [0-9]+s \]/ {
            second = $2 + 0
            if (second < 2 || second > last) next
            for (i = 1; i < NF; i++) if ($i == "qps:") { sum += $(i + 1); n++ }
        }
        /99th percentile:/ { p99 = $NF }
        END {
            rate = sum / n
            queries = rate * (to - from)
            printf "%.3f %.3f %.0f %.2f\n", own / hz * 1e6 / queries, others / hz * 1e6 / queries,
                rate, p99
        }' "$report" >>"$work/$tag.$mode"
    tail -n 1 "$work/$tag.$mode" | while read -r cost server_cost rate p99; do
        printf '  %-12s %4d clients %-8s %7s us CPU a query, server %7s us, %7s queries/s, p99 %8s ms\n' \
            "$tag" "$clients" "$mode" "$cost" "$server_cost" "$rate" "$p99"
    done
}
# shellcheck disable=SC2034  # columns, for who sources this
readonly of_proxy_cpu=1 of_server_cpu=2 of_rate=3 of_p99=4

# median FILE COLUMN
median() {
    cut -d ' ' -f "$2" "$1" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# ratio MODE TAG OTHER COLUMN: of the files $work/TAG.MODE and $work/OTHER.MODE, the median of the rounds' quotients.
ratio() {
    paste -d ' ' "$work/$2.$1" "$work/$3.$1" | awk -v c="$4" '{ print $c / $(c + NF / 2) }' | sort -g |
        awk '{ v[NR] = $1 } END { printf "%.3f\n", v[int((NR + 1) / 2)] }'
}

# print_medians MODE TAG…
print_medians() {
    local mode=$1 tag
    for tag in "${@:2}"; do
        printf 'median %-12s %-8s %7s us CPU a query, server %7s us, %7s queries/s, p99 %8s ms\n' \
            "$tag" "$mode" "$(median "$work/$tag.$mode" 1)" "$(median "$work/$tag.$mode" 2)" \
            "$(median "$work/$tag.$mode" 3)" "$(median "$work/$tag.$mode" 4)"
    done
}

# Bars are met at most or at least at their target; they are collected and printed last, and
# print_bars fails if one is short.
bars=()
bar_at_most() { bar "$1" "$2" "$3" 'm <= t'; }
bar_at_least() { bar "$1" "$2" "$3" 'm >= t'; }
bar() {
    bars+=("$(awk -v name="$1" -v m="$2" -v t="$3" "BEGIN {
        printf \"bar %s measured=%s target=%s %s\", name, m, t, ($4) ? \"ok\" : \"short\" }")")
}
print_bars() {
    printf '%s\n' "${bars[@]}"
    [[ "${bars[*]}" != *" short"* ]]
}

# System calls of a process per query, if strace is installed and may look.
# print_system_calls NAME PID PORT CLIENTS MODE
print_system_calls() {
    local name=$1 pid=$2 port=$3 clients=$4 mode=$5 report queries count tracer
    command -v strace >/dev/null || return 0
    strace -f -c -q -p "$pid" -o "$work/strace" 2>"$work/strace.log" &
    tracer=$!
    # Attached when the process says so; where tracing is forbidden it ends instead.
    if ! wait_for 5 is_traced_or_ended "$pid" "$tracer" || ! kill -0 "$tracer" 2>/dev/null; then
        return 0
    fi
    report=$(point_selects "$port" "$clients" "$mode" --events=20000 --time=0 run) || report=
    kill -INT "$tracer" 2>/dev/null || true
    wait "$tracer" || true
    queries=$(sed -nE 's/^ +queries: +([0-9]+).*/\1/p' <<<"$report")
    count=$(awk '/total$/ { print $(NF > 4 ? 4 : 3) }' "$work/strace" 2>/dev/null)
    [[ -z $count || -z $queries ]] ||
        awk -v c="$count" -v n="$queries" -v mode="$mode" -v name="$name" 'BEGIN {
            printf "  %-12s %-8s %7.2f system calls a query (traced)\n", name, mode, c / n }'
}
is_traced_or_ended() {
    ! grep -q '^TracerPid:[[:space:]]*0$' "/proc/$1/status" || ! kill -0 "$2" 2>/dev/null
}
