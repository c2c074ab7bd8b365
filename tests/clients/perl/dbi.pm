# What both Perl drivers are asked to do through DBI.  It prints what it sees, which through Tidegate
# must be what a direct connection shows.
package dbi;
use strict;
use warnings;
use utf8;
use DBI qw(:sql_types);
use Digest::SHA qw(sha256_hex);
use IO::Socket::INET;

my $all_bytes = join '', map { chr } 0 .. 255;
my @failing = (
    "SELEC 1",
    "SELECT * FROM nowhere",
    "SELECT nothing FROM products",
    "INSERT INTO products (id, name, price, created_at, updated_at) VALUES (1, 'x', 1, NOW(), NOW())",
    "INSERT INTO products (name, price) VALUES (NULL, 1)",
    "INSERT INTO perl_notes (tiny) VALUES (1000)",
    "CALL no_such_procedure()",
    "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 30001, MESSAGE_TEXT = 'the'",
    "SELECT /*+ MAX_EXECUTION_TIME(5) */ COUNT(*) FROM customers a, customers b, customers c WHERE a.name < b.name AND b.name < c.name",
);

sub show {
    local $Data::Dumper::Terse = 1;
    local $Data::Dumper::Useqq = 1;
    local $Data::Dumper::Indent = 0;
    local $Data::Dumper::Sortkeys = 1;
    require Data::Dumper;
    print join(' ', map { Data::Dumper::Dumper($_) } @_), "\n";
}

sub cut_connections {
    my $control = IO::Socket::INET->new("127.0.0.1:$ENV{CUT_PORT}") or die "no relay: $!";
    read $control, my $nothing, 1;
}

# fails HANDLE CODE: the error that it is left with; HANDLE may be undef.
sub fails {
    my ($db, $act) = @_;
    die "no error\n" if eval { $act->(); 1 };
    show($DBI::err, $DBI::state, $DBI::errstr);
}

# run DRIVER: its name is the prefix of its attributes, too (in lower case).
sub run {
    my ($driver) = @_;
    my $own = lc $driver;
    my $connect = sub {
        my (%more) = @_;
        my $schema = delete $more{schema} // 'shop';
        my $port = delete $more{port} // $ENV{PORT};
        my $password = delete $more{password} // $ENV{APP_PASSWORD};
        my %unicode = $own eq 'mysql' ? (mysql_enable_utf8mb4 => 1) : ();
        return DBI->connect("DBI:$driver:database=$schema;host=127.0.0.1;port=$port", $ENV{APP_USER},
            $password, { RaiseError => 1, PrintError => 0, AutoCommit => 1, %unicode, %more });
    };
    my $with_tls = sub {
        my ($ca) = @_;
        # Built with MariaDB's library DBD::mysql cannot insist on TLS; the port does.
        my %optional = $own eq 'mysql' ? (mysql_ssl_optional => 1) : ();
        return $connect->(port => $ENV{TLS_PORT}, %optional, "${own}_ssl" => 1, "${own}_ssl_ca_file" => $ca,
            "${own}_ssl_verify_server_cert" => 1);
    };

    for my $server_prepare (0, 1) {
        print "# connect\n";
        my $db = $connect->("${own}_server_prepare" => $server_prepare);
        show($db->{"${own}_serverinfo"}, $db->ping, $db->selectall_arrayref('SELECT * FROM products ORDER BY id'));
        show($db->selectrow_array('SELECT DATABASE(), @@character_set_client, @@sql_mode'));
        fails($db, sub { $connect->(password => 'wrong') });
        fails($db, sub { $connect->(schema => 'nowhere') });
        show(grep { /^.?shop/ } $db->tables);
        $db->do('DROP TABLE IF EXISTS perl_notes');
        $db->do('CREATE TABLE perl_notes (id INT AUTO_INCREMENT PRIMARY KEY, body VARCHAR(99) UNIQUE,
            data LONGBLOB, amount DECIMAL(20,4), ratio DOUBLE, at DATETIME(6), doc JSON, tiny TINYINT,
            big BIGINT UNSIGNED)');

        print "# tls\n";
        show(length($with_tls->($ENV{CA})->selectrow_array("SELECT REPEAT('x', 100000)")));
        fails($db, sub { $with_tls->($ENV{OTHER_CA}) });

        print "# prepared\n";
        my $insert = $db->prepare('INSERT INTO perl_notes (body, data, amount, ratio, at, doc, tiny, big)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
        my @row = ("Th\x{e9} \x{1F375} 'quoted' \\ ?", $all_bytes, '12345678.9012', 1.5e-7,
            '2026-02-03 04:05:06.789012', '{"hot": true}', -128, '18446744073709551615');
        $insert->bind_param(2, undef, SQL_BLOB);
        $insert->bind_param($_ + 1, $row[$_], $_ == 1 ? SQL_BLOB : ()) for 0 .. $#row;
        show($insert->execute, $db->last_insert_id(undef, undef, 'perl_notes', 'id'));
        $insert->execute("many $_", undef, @row[2 .. 5], $_, $row[7]) for 1 .. 50;
        my $select = $db->prepare('SELECT * FROM perl_notes WHERE tiny <= ? AND body LIKE ? ORDER BY id LIMIT 2');
        for my $wanted ([-1, '%'], ['2', 'many%'], [undef, '%']) {
            $select->execute(@$wanted);
            my @about = @{$select}{qw(NAME TYPE NULLABLE)};
            show(@about, $select->fetchall_arrayref({}));
        }
        fails($db, sub { $db->prepare('SELECT ? FROM nowhere')->execute(1) });
        my $call = $db->prepare('CALL two_results()', { "${own}_server_prepare" => 0 });
        $call->execute;
        do { show($call->fetchall_arrayref) if $call->{NUM_OF_FIELDS} } while $call->more_results;
        fails($db, sub { $db->do('SELECT 1; SELECT 2') });

        print "# transactions\n";
        my $count = sub { $db->selectrow_array("SELECT COUNT(*) FROM perl_notes WHERE body LIKE 'tx%'") };
        $db->begin_work;
        $db->do("INSERT INTO perl_notes (body) VALUES ('tx 1')");
        show($count->(), $db->rollback, $count->());
        $db->{AutoCommit} = 0;
        $db->do("INSERT INTO perl_notes (body) VALUES ('tx 2')");
        $db->do('SAVEPOINT here');
        $db->do("INSERT INTO perl_notes (body) VALUES ('tx 3')");
        $db->do('ROLLBACK TO here');
        show($db->commit, $count->());
        $db->do("SELECT * FROM perl_notes WHERE body = 'tx 2' FOR UPDATE");
        my $other = $connect->();
        fails($other, sub { $other->do("SELECT * FROM perl_notes WHERE body = 'tx 2' FOR UPDATE NOWAIT") });
        $other->disconnect;
        $db->{AutoCommit} = 1;

        print "# big_data\n";
        for my $size (3_000_000, 17_000_000) {  # the second is more than one packet holds
            my $data = substr $all_bytes x ($size / 256 + 1), 0, $size;
            my $big = $db->prepare("INSERT INTO perl_notes (body, data) VALUES ('big', ?)");
            $big->bind_param(1, $data, SQL_BLOB);
            $big->execute;
            # A prepared statement of these drivers fetches into a buffer as long as LongReadLen.
            my ($back, $hash) = $db->selectrow_array(
                $db->prepare("SELECT data, SHA2(data, 256) FROM perl_notes WHERE body = 'big'"));
            die "differs\n" if $back ne $data;
            show(length $back, $hash eq sha256_hex($data));
            $db->do("DELETE FROM perl_notes WHERE body = 'big'");
        }
        my $stream = $db->prepare("SELECT REPEAT('x', 100) FROM customers a, customers b LIMIT 100000",
            { "${own}_use_result" => $own eq 'mysql' && !$server_prepare });  # else out of sync, directly too
        $stream->execute;
        my $sum = 0;
        while (my ($text) = $stream->fetchrow_array) { $sum += length $text }
        $stream->finish;
        show($sum);

        print "# errors\n";
        for my $statement (@failing) { fails($db, sub { $db->do($statement) }) }
        $db->do("INSERT IGNORE INTO perl_notes (tiny) VALUES (1000)");
        show($db->{"${own}_info"}, $db->selectall_arrayref('SHOW WARNINGS'));

        print "# reconnect\n";
        $db->begin_work;
        $db->do("INSERT INTO perl_notes (body) VALUES ('lost')");
        cut_connections();
        fails($db, sub { $db->do('SELECT 1') });
        eval { $db->disconnect };
        $db = $connect->();
        # Waits for the lock of the lost transaction if that is not rolled back yet.
        show($db->do("INSERT INTO perl_notes (body) VALUES ('lost')"));
        $db->{"${own}_auto_reconnect"} = 1;
        cut_connections();
        show($db->selectrow_array('SELECT DATABASE(), COUNT(*) FROM perl_notes'));
        $db->do('DROP TABLE perl_notes');
        $db->disconnect;
    }
}

1;
