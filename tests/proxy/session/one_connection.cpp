#include "tests/proxy/session/one_connection.hpp"

namespace session_test {

support::mysql_server& server() {
    static support::mysql_server running;
    static const auto made = running.query(
        "CREATE DATABASE one; CREATE DATABASE two;"
        "CREATE PROCEDURE one.sets_and_fails() BEGIN SET sort_buffer_size = 77777;"
        "SIGNAL SQLSTATE '45000'; END");
    return running;
}

support::tidegate_process& tidegate() {
    static support::tidegate_process running([](support::tidegate_ports ports) {
        return "listen: {mysql: '127.0.0.1:" + std::to_string(ports.mysql) +
               "', http: '127.0.0.1:" + std::to_string(ports.http) + "'}\nthreads: 1\n" +
               "limits: {queue_timeout: 5s, prepared_per_connection_max: 3, answer_age_max: 1h}\n" +
               "primary: {host: 127.0.0.1, port: " + std::to_string(server().port()) +
               ", connections_max: 2}\nusers: [{name: app, password: app-password}]\n";
    });
    return running;
}

}  // namespace session_test
