#!/usr/bin/env ruby
# A small shop in the manner of a Rails application: models, a schema, seeds, requests.
#
#   shop.rb setup        creates the schema and seeds it (against the primary, as a migration is)
#   shop.rb run [FILE]   serves requests and says of each which server answered, and why; what it
#                        counted goes to FILE, a line each
#
# SHOP_HOST, SHOP_PORT and SHOP_PASSWORD name the server: Tidegate's port, or MySQL's own.
require "active_record"
require "erb"
require "yaml"

HOME = File.expand_path(__dir__)
$LOAD_PATH.unshift File.join(HOME, "lib")
Dir[File.join(HOME, "app/models/*.rb")].sort_by { |f| f.end_with?("application_record.rb") ? 0 : 1 }
                                       .each { |file| require file }

def database
  YAML.safe_load(ERB.new(File.read(File.join(HOME, "config/database.yml"))).result)
end

def setup
  ActiveRecord::Base.establish_connection(database.except("database"))
  ActiveRecord::Base.connection.recreate_database("shop", charset: "utf8mb4")
  ActiveRecord::Base.establish_connection(database)
  ActiveRecord::Migration.verbose = false
  load File.join(HOME, "db/schema.rb")
  load File.join(HOME, "db/seeds.rb")
end

def run(report)
  require "requests"
  ActiveRecord::Base.establish_connection(database)
  requests = Requests.new($stdout)
  requests.run
  File.write(report, requests.counted.map { |name, n| "#{name} #{n}\n" }.join) if report
end

$stdout.sync = true
case ARGV.first
when "setup" then setup
when "run" then run(ARGV[1])
else abort "usage: shop.rb setup | run [FILE]"
end
