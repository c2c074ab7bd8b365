# shellcheck shell=bash
# Sourced after common.sh and mysql.sh: a Tidegate of the build in $TIDEGATE_BUILD, for what
# measures and tests it.  It is known by its folder, which holds its configuration, its log, and the
# files pid, port and http_port.

# tidegate_start FOLDER PRIMARY [EDGE TABLES [SETTINGS [OF_PRIMARY]]]: starts it before the servers in
# the folders PRIMARY and EDGE and waits until it is ready.  TABLES: what the edge keeps, as a YAML
# list.  SETTINGS: more YAML, at the top level; OF_PRIMARY: more keys of the primary, "port: 1, …".
# Account app / app-password.  Stopped at exit.
tidegate_start() {
    local folder=$1 primary=$2 edge=${3:-} tables=${4:-} settings=${5:-} of_primary=${6:-} pid
    mkdir -p "$folder"
    free_port >"$folder/port"
    free_port >"$folder/http_port"
    {
        echo "listen: {mysql: 127.0.0.1:$(<"$folder/port"), http: 127.0.0.1:$(<"$folder/http_port")}"
        echo "primary: {host: 127.0.0.1, port: $(<"$primary/port")${of_primary:+, $of_primary}}"
        echo "users: [{name: app, password: app-password}]"
        [[ -z $edge ]] || tidegate_edge_section "$edge" "$tables"
        [[ -z $settings ]] || printf '%s\n' "$settings"
    } >"$folder/tidegate.yaml"
    setsid "$TIDEGATE_BUILD/bin/tidegate" serve --config "$folder/tidegate.yaml" \
        </dev/null >"$folder/log" 2>&1 9>&- &
    pid=$!
    disown "$pid"
    echo "$pid" >"$folder/pid"
    at_exit "stop_process $pid"
    wait_for 30 tidegate_ready_or_ended "$folder" || true
    if ! tidegate_ready "$folder"; then
        tail -n 20 "$folder/log" >&2
        die "Tidegate is not ready"
    fi
}

tidegate_edge_section() {
    cat <<EOF
edges:
  - name: east
    server: {host: 127.0.0.1, port: $(<"$1/port")}
    replication:
      source: {user: tidegate, password: tidegate-password}
      edge: {user: tidegate, password: tidegate-password}
      tables: $2
EOF
}

tidegate_get() { curl -fs --noproxy '*' "http://127.0.0.1:$(<"$1/http_port")$2"; }
tidegate_ready() { tidegate_get "$1" /readyz >/dev/null; }
tidegate_ready_or_ended() { tidegate_ready "$1" || ! kill -0 "$(<"$1/pid")" 2>/dev/null; }

# The value of one line of /metrics, its labels included.
tidegate_metric() {
    tidegate_get "$1" /metrics | awk -v name="$2" '$1 == name { print $2 }'
}

# Waits until the edge holds all that the primary has executed by now.
tidegate_wait_for_edge() {
    local folder=$1 primary=$2 wanted
    wanted=$(mysql_query "$primary" "SELECT REPLACE(@@global.gtid_executed, '\n', '')")
    wait_for 30 tidegate_edge_holds "$folder" "$primary" "$wanted" ||
        die "the edge does not catch up: $(tidegate_get "$folder" /v1/status)"
}
tidegate_edge_holds() {
    local folder=$1 primary=$2 wanted=$3 applied
    applied=$(tidegate_get "$folder" /v1/status | grep -o '"watermark":"[^"]*"' | cut -d '"' -f 4)
    [[ -n $applied ]] &&
        [[ $(mysql_query "$primary" "SELECT GTID_SUBSET('$wanted', '$applied')") == 1 ]]
}
