# shellcheck shell=bash
# Sourced after common.sh and mysql.sh: the proxies that Tidegate is measured beside.  Each is known
# by its folder, which holds its configuration, its log, and the files pid and port.

# proxy_launch FOLDER COMMAND…: starts a proxy that listens on the port in FOLDER/port and waits
# until it does.  Stopped at exit.
proxy_launch() {
    local folder=$1 pid
    setsid "${@:2}" </dev/null >"$folder/log" 2>&1 9>&- &
    pid=$!
    disown "$pid"
    echo "$pid" >"$folder/pid"
    at_exit "stop_process $pid"
    if ! wait_for 20 proxy_listens_or_ended "$folder" || ! kill -0 "$pid" 2>/dev/null; then
        tail -n 20 "$folder/log" >&2
        die "${folder##*/} does not start"
    fi
}
proxy_listens_or_ended() {
    ! port_is_free "$(<"$1/port")" || ! kill -0 "$(<"$1/pid")" 2>/dev/null
}

# haproxy_start FOLDER PRIMARY: haproxy in TCP mode, which does not look into connections at all.
haproxy_start() {
    local folder=$1 primary=$2
    mkdir -p "$folder"
    free_port >"$folder/port"
    cat >"$folder/haproxy.cfg" <<END
global
    maxconn 4000
    nbthread $(nproc)
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen mysql
    bind 127.0.0.1:$(<"$folder/port")
    server primary 127.0.0.1:$(<"$primary/port")
END
    proxy_launch "$folder" haproxy -db -f "$folder/haproxy.cfg"
}

# router_start FOLDER PRIMARY [SETTING…]: MySQL Router with connection sharing, of the same archive
# as the server.  Settings are lines for its [routing] section.
#
# Without TLS towards the client, Router shares connections only of accounts whose password is
# empty: of others it never learns the password, which it needs to change a connection's user (seen
# with 9.7: as many server connections as clients, and none was ever reset).  Hence the account
# `shared`.  A delay of 0 gives a connection back after each statement, as Tidegate does; with
# the default, a second, clients that are busy keep theirs.
router_start() {
    local folder=$1 primary=$2
    mkdir -p "$folder"
    free_port >"$folder/port"
    [[ -x $TIDEGATE_MYSQL_ROOT/usr/bin/mysqlrouter ]] ||
        die "no mysqlrouter beside this MySQL: install MySQL Router, or unset TIDEGATE_MYSQL_ROOT"
    mysql_query "$primary" "CREATE USER IF NOT EXISTS shared@'%' IDENTIFIED BY '';
        GRANT ALL ON *.* TO shared@'%'"
    {
        cat <<END
[DEFAULT]
max_total_connections=1000
logging_folder=
plugin_folder=${TIDEGATE_MYSQL_ROOT%/}/usr/lib/mysqlrouter/plugin
runtime_folder=$folder
data_folder=$folder
[logger]
level=WARNING
[io]
threads=$(nproc)
[connection_pool]
max_idle_server_connections=64
[routing:shared]
bind_address=127.0.0.1
bind_port=$(<"$folder/port")
destinations=127.0.0.1:$(<"$primary/port")
routing_strategy=first-available
protocol=classic
max_connections=1000
client_ssl_mode=DISABLED
server_ssl_mode=DISABLED
connection_sharing=1
connection_sharing_delay=0
END
        (($# < 3)) || printf '%s\n' "${@:3}"
    } >"$folder/router.conf"
    proxy_launch "$folder" "$repository/scripts/mysql_tool" mysqlrouter -c "$folder/router.conf"
}
