#include "rules/classify.hpp"

#include <algorithm>

#include "rules/names.hpp"
#include "rules/targets.hpp"

namespace rules {
namespace {

using enum statement_class;

bool has_sequence(symbol_span statement, std::initializer_list<std::string_view> words) {
    return !std::ranges::search(statement, words, [](const symbol& s, std::string_view word) {
                return s.is(word);
            }).empty();
}

bool locks_rows(symbol_span statement) {
    return has_sequence(statement, {"FOR", "UPDATE"}) ||
           has_sequence(statement, {"FOR", "SHARE"}) ||
           has_sequence(statement, {"LOCK", "IN", "SHARE", "MODE"});
}

statement_class query_class(symbol_span statement) {
    if (has_sequence(statement, {"INTO", "OUTFILE"}) ||
        has_sequence(statement, {"INTO", "DUMPFILE"}))
        return write;
    return locks_rows(statement) ? locking_read : read;
}

// Of a statement that WITH introduces: what stands behind the common table expressions.
statement_class with_class(symbol_span statement) {
    symbol_reader in(statement);
    in.skip("WITH");
    in.skip("RECURSIVE");
    do {
        in.take();  // its name
        if (in.peek().is('(')) in.skip_parentheses();
        if (!in.skip("AS") || !in.peek().is('(')) return unknown;
        in.skip_parentheses();
    } while (in.skip(','));
    while (in.skip('(')) {
    }
    const symbol& verb = in.peek();
    if (verb.is("SELECT") || verb.is("TABLE") || verb.is("VALUES") || verb.is("WITH"))
        return query_class(statement);
    if (verb.is("UPDATE") || verb.is("DELETE") || verb.is("INSERT") || verb.is("REPLACE"))
        return write;
    return unknown;
}

// Of what EXPLAIN can explain; `empty` if it is none of that.
statement_class data_class(symbol_span statement) {
    symbol_reader in(statement);
    while (in.skip('(')) {
    }
    const symbol& head = in.peek();
    if (head.is("WITH")) return with_class(in.rest());
    if (head.is("SELECT") || head.is("TABLE") || head.is("VALUES")) return query_class(statement);
    for (const auto verb : {"INSERT", "UPDATE", "DELETE", "REPLACE"})
        if (statement.front().is(verb)) return write;
    return empty;
}

void classify_explain(symbol_span statement, statement_facts& facts) {
    symbol_reader in(statement);
    in.take();
    for (;;) {
        if (in.skip("ANALYZE")) {
            facts.explain_analyze = true;
        } else if (in.peek().is("FORMAT") && in.peek(1).is('=')) {
            in.seek(in.position() + 3);
        } else if (in.peek().is("INTO") && in.peek(1).code == symbol_code::user_variable) {
            in.seek(in.position() + 2);
        } else if (in.peek().is("FOR") && (in.peek(1).is("SCHEMA") || in.peek(1).is("DATABASE"))) {
            in.seek(in.position() + 3);
        } else if (!in.skip("EXTENDED") && !in.skip("PARTITIONS")) {
            break;
        }
    }
    if (in.peek().is("FOR")) {  // FOR CONNECTION
        facts.cls = admin;
        return;
    }
    facts.explained = in.done() ? empty : data_class(in.rest());
    facts.cls = facts.explained == empty ? describe : explain;
    if (facts.cls == describe) facts.effects |= effect::server_specific;
}

void classify_transaction(symbol_span statement, statement_facts& facts, statement_class cls) {
    facts.cls = cls;
    transaction_flags& flags = facts.transaction;
    flags.read_only = has_sequence(statement, {"READ", "ONLY"});
    flags.read_write = has_sequence(statement, {"READ", "WRITE"});
    flags.consistent_snapshot = has_sequence(statement, {"CONSISTENT", "SNAPSHOT"});
    flags.chain = has_sequence(statement, {"AND", "CHAIN"});
    flags.release =
        has_sequence(statement, {"RELEASE"}) && !has_sequence(statement, {"NO", "RELEASE"});
    if (cls == begin) facts.effects |= effect::implicit_commit;
}

// The name a statement is about.  A literal there is a syntax error, and no part of the digest.
std::string subject_of(const symbol& s) {
    return s.is_name() || s.is_keyword() ? lower_name_of(s.tok) : std::string();
}

void classify_rollback(symbol_span statement, statement_facts& facts) {
    symbol_reader in(statement);
    in.take();
    in.skip("WORK");
    if (!in.skip("TO")) return classify_transaction(statement, facts, rollback);
    if (in.peek().is("SAVEPOINT") && !in.peek(1).tok.text.empty()) in.take();
    facts.cls = rollback_to_savepoint;
    facts.subject = subject_of(in.peek());
}

// CREATE, ALTER, DROP.
void classify_schema_change(symbol_span statement, statement_facts& facts) {
    symbol_reader in(statement);
    const symbol& verb = in.take();
    facts.cls = ddl;
    if (verb.is("DROP") && in.skip("PREPARE")) {
        facts.cls = deallocate_text;
        facts.subject = subject_of(in.peek());
        return;
    }
    if (verb.is("ALTER") && in.peek().is("INSTANCE")) facts.cls = admin;
    in.skip_any({"OR", "REPLACE"});
    const bool temporary = in.skip("TEMPORARY");
    const bool tables = in.peek().is("TABLE") || in.peek().is("TABLES");
    if (verb.is("CREATE") && temporary) facts.effects |= effect::creates_temporary_table;
    if (verb.is("DROP") && temporary) facts.effects |= effect::drops_temporary_table;
    if (verb.is("DROP") && tables && !temporary) facts.effects |= effect::drops_table;
    if (!temporary) facts.effects |= effect::implicit_commit;
    if (verb.is("ALTER") && has_sequence(statement, {"RENAME"}))
        facts.effects |= effect::renames_table;
}

// LOCK TABLES, LOCK INSTANCE FOR BACKUP and their ends, each of which leaves the other's lock
// alone.
void classify_lock(symbol_span statement, statement_facts& facts, statement_class cls) {
    facts.cls = cls;
    facts.effects |= effect::implicit_commit;
    const bool instance = statement.size() > 1 && statement[1].is("INSTANCE");
    facts.subject = instance ? lock_subject::instance : lock_subject::tables;
}

void classify_load(symbol_span statement, statement_facts& facts) {
    if (has_sequence(statement, {"LOAD", "INDEX"})) {
        facts.cls = admin;
        facts.effects |= effect::implicit_commit;
        return;
    }
    facts.cls = write;
    if (has_sequence(statement, {"LOCAL", "INFILE"})) facts.effects |= effect::local_infile;
}

void classify_flush(symbol_span statement, statement_facts& facts) {
    facts.cls = flush;
    facts.effects |= effect::implicit_commit;
    if (has_sequence(statement, {"WITH", "READ", "LOCK"}) ||
        has_sequence(statement, {"FOR", "EXPORT"}))
        facts.effects |= effect::locks_globally;
}

void classify_show(symbol_span statement, statement_facts& facts) {
    facts.cls = show;
    facts.effects |= effect::server_specific;
    if (has_sequence(statement, {"WARNINGS"}) || has_sequence(statement, {"ERRORS"}))
        facts.effects |= effect::reads_warnings;
}

void classify_handler(symbol_span statement, statement_facts& facts) {
    facts.cls = handler;
    if (has_sequence(statement, {"OPEN"})) facts.effects |= effect::opens_handler;
    if (has_sequence(statement, {"CLOSE"})) facts.effects |= effect::closes_handler;
    if (facts.effects.has(effect::opens_handler | effect::closes_handler))
        facts.subject = handler_name_of(statement);
}

void classify_xa(symbol_span statement, statement_facts& facts) {
    facts.cls = xa;
    if (statement.size() < 2 || !statement[1].is_keyword()) return;
    facts.subject = statement[1].is("BEGIN") ? "START" : statement[1].tok.word->name;
}

void classify_start(symbol_span statement, statement_facts& facts) {
    if (statement.size() > 1 && statement[1].is("TRANSACTION"))
        return classify_transaction(statement, facts, begin);
    facts.cls = admin;  // START REPLICA, START GROUP_REPLICATION
    facts.effects |= effect::implicit_commit;
}

void name_subject(symbol_span statement, statement_facts& facts, std::size_t at) {
    if (at < statement.size()) facts.subject = subject_of(statement[at]);
}

// One word tells the class, and nothing else is to be said.
struct simple_statement {
    std::string_view word;
    statement_class cls;
    effect_set effects{};
};

constexpr simple_statement simple_statements[] = {
    {"INSERT", write},
    {"UPDATE", write},
    {"DELETE", write},
    {"REPLACE", write},
    {"RENAME", ddl, effect::implicit_commit},
    {"TRUNCATE", ddl, effect::implicit_commit},
    {"GRANT", ddl, effect::implicit_commit},
    {"REVOKE", ddl, effect::implicit_commit},
    {"CALL", call, effect::calls_unknown_function},
    {"DO", do_statement},
    {"KILL", kill},
    {"HELP", show, effect::server_specific},
    {"GET", get_diagnostics, effect::reads_warnings},
    {"SIGNAL", get_diagnostics},
    {"RESIGNAL", get_diagnostics, effect::reads_warnings},
    {"ANALYZE", admin, effect::implicit_commit},
    {"OPTIMIZE", admin, effect::implicit_commit},
    {"REPAIR", admin, effect::implicit_commit},
    {"CHECK", admin, effect::implicit_commit},
    {"CHECKSUM", admin},
    {"CACHE", admin, effect::implicit_commit},
    {"IMPORT", admin, effect::implicit_commit},
    {"RESET", admin, effect::implicit_commit},
    {"PURGE", admin},
    {"CHANGE", admin, effect::implicit_commit},
    {"STOP", admin, effect::implicit_commit},
    {"INSTALL", admin, effect::implicit_commit},
    {"UNINSTALL", admin, effect::implicit_commit},
    {"SHUTDOWN", admin},
    {"RESTART", admin},
    {"CLONE", admin},
};

using classifier = void (*)(symbol_span, statement_facts&);

struct classified_statement {
    std::string_view word;
    classifier run;
};

constexpr classified_statement classified_statements[] = {
    {"BEGIN", [](symbol_span s, statement_facts& f) { classify_transaction(s, f, begin); }},
    {"START", classify_start},
    {"COMMIT", [](symbol_span s, statement_facts& f) { classify_transaction(s, f, commit); }},
    {"ROLLBACK", classify_rollback},
    {"SAVEPOINT",
     [](symbol_span s, statement_facts& f) {
         f.cls = savepoint;
         name_subject(s, f, 1);
     }},
    {"RELEASE",
     [](symbol_span s, statement_facts& f) {
         f.cls = release_savepoint;
         name_subject(s, f, 2);
     }},
    {"USE",
     [](symbol_span s, statement_facts& f) {
         f.cls = use_schema;
         if (s.size() > 1 && s[1].is_name()) f.subject = name_of(s[1].tok);
     }},
    {"PREPARE",
     [](symbol_span s, statement_facts& f) {
         f.cls = prepare_text;
         name_subject(s, f, 1);
     }},
    {"EXECUTE",
     [](symbol_span s, statement_facts& f) {
         f.cls = execute_text;
         name_subject(s, f, 1);
         // MariaDB's EXECUTE IMMEDIATE runs a text that nobody has seen before.
         if (f.subject == "immediate") f.cls = unknown;
     }},
    {"DEALLOCATE",
     [](symbol_span s, statement_facts& f) {
         f.cls = deallocate_text;
         name_subject(s, f, 2);
     }},
    {"LOCK", [](symbol_span s, statement_facts& f) { classify_lock(s, f, lock_tables); }},
    {"UNLOCK", [](symbol_span s, statement_facts& f) { classify_lock(s, f, unlock_tables); }},
    {"CREATE", classify_schema_change},
    {"ALTER", classify_schema_change},
    {"DROP", classify_schema_change},
    {"LOAD", classify_load},
    {"FLUSH", classify_flush},
    {"SHOW", classify_show},
    {"HANDLER", classify_handler},
    {"XA", classify_xa},
    {"EXPLAIN", classify_explain},
    {"DESCRIBE", classify_explain},
    {"DESC", classify_explain},
};

}  // namespace

void classify(symbol_span statement, statement_facts& facts) {
    facts.cls = unknown;
    if (statement.empty()) {
        facts.cls = empty;
        return;
    }
    const symbol& head = statement.front();
    for (const auto& simple : simple_statements) {
        if (!head.is(simple.word)) continue;
        facts.cls = simple.cls;
        facts.effects |= simple.effects;
        return;
    }
    for (const auto& classified : classified_statements)
        if (head.is(classified.word)) return classified.run(statement, facts);

    const statement_class query = data_class(statement);
    if (query != empty) facts.cls = query;
}

}  // namespace rules
