# shellcheck shell=bash
# Sourced after common.sh: MySQL servers for the demo and the benchmarks, set up as those of
# tests/support/mysql_server.hpp.  A server is known by its folder, which holds its data, error.log,
# socket, and the files pid and port.

# mysql_start FOLDER [PORT [MYSQLD ARGUMENT…]]: starts a server and waits until it serves.  A new
# folder gets a copy of the template; PORT 0 or none means any free one.  Stopped at exit.
mysql_start() {
    local folder=$1 port=${2:-0} pid fresh=0
    shift $(($# < 2 ? $# : 2))
    [[ -n ${TIDEGATE_MYSQL_ROOT:-} ]] ||
        { TIDEGATE_MYSQL_ROOT=$("$repository/scripts/mysql_root") && export TIDEGATE_MYSQL_ROOT; }
    if [[ ! -d $folder/data ]]; then
        mkdir -p "$folder"
        cp -a --reflink=auto "$("$repository/scripts/mysql_template")" "$folder/data"
        fresh=1
    fi
    if ((fresh)) || [[ ! -s $folder/port ]]; then
        free_port "$port" >"$folder/port"
    fi
    port=$(<"$folder/port")

    # setsid: a Ctrl-C on the terminal ends the script, which then stops its servers in order.
    setsid "$repository/scripts/mysql_tool" --root "$TIDEGATE_MYSQL_ROOT" mysqld \
        --datadir="$folder/data" --socket="$folder/socket" --port="$port" --server-id="$port" \
        --log-error="$folder/error.log" --pid-file="$folder/mysqld.pid" \
        --bind-address=127.0.0.1 --skip-name-resolve --mysqlx=OFF \
        --log-bin=binlog --gtid-mode=ON --enforce-gtid-consistency=ON --binlog-row-metadata=FULL \
        --log-bin-trust-function-creators=ON --max-connections=1000 \
        --sync-binlog=0 --innodb-flush-log-at-trx-commit=2 --innodb-buffer-pool-size=64M \
        --innodb-redo-log-capacity=32M --innodb-use-native-aio=0 --performance-schema=OFF \
        "$@" </dev/null >"$folder/output" 2>&1 9>&- &
    pid=$!
    disown "$pid"  # so that the shell does not report its end
    echo "$pid" >"$folder/pid"
    at_exit "mysql_stop '$folder'"
    if ! wait_for 60 mysql_serves_or_ended "$folder" || ! kill -0 "$pid" 2>/dev/null; then
        tail -n 10 "$folder/error.log" "$folder/output" >&2
        die "the MySQL server in $folder does not start"
    fi
}

mysql_serves_or_ended() {
    ! kill -0 "$(<"$1/pid")" 2>/dev/null || mysql_query "$1" "SELECT 1" >/dev/null 2>&1
}

mysql_stop() {
    [[ -s $1/pid ]] || return 0
    stop_process "$(<"$1/pid")"
    rm -f "$1/pid"
}

# mysql_query FOLDER SQL [MYSQL ARGUMENT…]: as root, over the socket; rows as tab-separated text.
mysql_query() {
    "$repository/scripts/mysql_tool" mysql --no-defaults -uroot -S "$1/socket" -N -B "${@:3}" -e "$2"
}

# An edge lets Tidegate write.  Not logged, so the edge begins with an empty GTID history.
mysql_allow_tidegate_to_write() {
    mysql_query "$1" "SET sql_log_bin = 0; GRANT ALL ON *.* TO tidegate@'%'"
}
