#!/usr/bin/env -S ruby -W0
# ActiveRecord with mysql2 through Tidegate: what a Rails application does all day.
require "active_record"
require "minitest/autorun"

CONNECTION = {
  adapter: "mysql2", host: "127.0.0.1", port: Integer(ENV.fetch("PORT")),
  username: ENV.fetch("APP_USER"), password: ENV.fetch("APP_PASSWORD"), database: "shop",
  encoding: "utf8mb4", pool: 10
}.freeze

class Record < ActiveRecord::Base
  self.abstract_class = true
end

class Customer < Record
  has_many :orders
  validates :name, presence: true
end

class Product < Record; end

class Order < Record
  belongs_to :customer
end

class ActiveRecordTest < Minitest::Test
  ALL_BYTES = (0..255).to_a.pack("C*").freeze

  [{}, { prepared_statements: true }].each do |more|
    label = more.empty? ? "text" : "prepared"

    define_method("test_#{label}_rows_are_created_read_updated_and_deleted") do
      connect(more)
      ann = Customer.create!(name: "Ann", email: "ann-#{label}@example.com")
      assert_equal "Ann", Customer.find(ann.id).name
      ann.update!(name: "Anne")
      assert_equal "Anne", Customer.find_by(email: ann.email).name
      assert_equal [ann], Customer.where(name: "Anne", email: ann.email).to_a
      ann.destroy!
      assert_nil Customer.find_by(id: ann.id)
      assert_raises(ActiveRecord::RecordNotFound) { Customer.find(ann.id) }
    end

    define_method("test_#{label}_transactions_commit_and_roll_back") do
      connect(more)
      before = Product.count
      Product.transaction do
        Product.create!(name: "kept", price: 1)
        Product.transaction(requires_new: true) do
          Product.create!(name: "not kept", price: 2)
          raise ActiveRecord::Rollback
        end
        assert_equal before + 1, Product.count
      end
      assert_raises(RuntimeError) do
        Product.transaction do
          Product.create!(name: "not kept either", price: 3)
          raise "stop"
        end
      end
      assert_equal before + 1, Product.count
      Product.where(name: "kept").delete_all
    end

    define_method("test_#{label}_values_come_back_as_they_were") do
      connect(more)
      at = Time.utc(2026, 2, 3, 4, 5, 6.789012r)
      name = "Thé \u{1F375} 'quoted' \\"
      tea = Product.create!(name: name, price: BigDecimal("12345678.91"), picture: ALL_BYTES,
                            details: { "hot" => [true, nil, 1.5] }, created_at: at, stock: -5).reload
      assert_equal [name, BigDecimal("12345678.91"), ALL_BYTES, at, -5, { "hot" => [true, nil, 1.5] }],
                   [tea.name, tea.price, tea.picture, tea.created_at, tea.stock, tea.details]
      tea.destroy!
    end
  end

  def test_errors_are_the_ones_rails_knows
    connect
    first = Customer.first
    assert_raises(ActiveRecord::RecordNotUnique) { Customer.create!(name: "twin", email: first.email) }
    assert_raises(ActiveRecord::StatementInvalid) { Customer.connection.execute("SELEC 1") }
    assert_raises(ActiveRecord::NotNullViolation) { Customer.new(email: "nobody").save!(validate: false) }
    assert_raises(ActiveRecord::ValueTooLong) { Order.create!(customer: first, region: "too long") }
    assert_raises(ActiveRecord::RecordInvalid) { Customer.create!(email: "nameless@example.com") }
    assert_equal first, Customer.first
  end

  def test_what_was_written_is_read_at_once
    connect
    product = Product.create!(name: "counter", price: 1)
    200.times do |n|
      product.update!(stock: n + 1)
      assert_equal n + 1, Product.find(product.id).stock
    end
    product.destroy!
  end

  def test_threads_use_connections_of_their_own
    connect
    product = Product.create!(name: "contended", price: 1, stock: 0)
    8.times.map do
      Thread.new do
        Product.connection_pool.with_connection do
          20.times { Product.transaction { Product.lock.find(product.id).increment!(:stock) } }
        end
      end
    end.each(&:join)
    # What other sessions wrote is sure to be seen only on the primary; an edge may still lack it.
    assert_equal 160, Product.transaction { product.reload.stock }
    product.destroy!
  end

  def test_batches_joins_and_bulk_statements
    connect
    assert_equal Customer.count, Customer.find_each(batch_size: 100).count
    assert_operator Order.joins(:customer).where(region: "eu").count, :>, 100
    europeans = Order.where(region: "eu")
    assert_equal europeans.sum(:total), europeans.includes(:customer).to_a.sum(&:total)
    now = Time.now
    rows = (1..50).map do |n|
      { name: "bulk #{n}", email: "bulk#{n}@example.com", created_at: now, updated_at: now }
    end
    Customer.insert_all!(rows)
    assert_equal 50, Customer.where("name LIKE 'bulk %'").update_all(name: "bulk")
    assert_equal 50, Customer.where(name: "bulk").delete_all
  end

  def test_advisory_locks_schema_changes_and_settings
    connect
    connection = Record.connection
    assert connection.get_advisory_lock("migration")
    assert connection.release_advisory_lock("migration")
    connection.create_table(:gadgets, force: true) { |t| t.string :name }
    assert_equal %w[id name], connection.columns(:gadgets).map(&:name)
    connection.add_column :gadgets, :size, :integer
    connection.add_index :gadgets, :name, unique: true
    assert connection.index_exists?(:gadgets, :name, unique: true)
    connection.drop_table :gadgets
    refute connection.table_exists?(:gadgets)
    assert_match(/STRICT/, connection.select_value("SELECT @@sql_mode"))
  end

  [{}, { prepared_statements: true }].each do |more|
    define_method("test_large_values_come_back_as_they_were_#{more.size}") do
      connect(more)
      Record.connection.create_table(:files, force: true) { |t| t.binary :body, limit: 2**32 - 1 }
      file = Class.new(Record) { self.table_name = "files" }
      [3_000_000, 17_000_000].each do |size| # the second is more than one packet holds
        body = (ALL_BYTES * (size / 256 + 1)).byteslice(0, size)
        assert file.create!(body: body).reload.body == body, "#{size} bytes differ"
      end
      Record.connection.drop_table :files
    end
  end

  def test_tls_trusts_the_right_certificate_only
    connect(port: Integer(ENV.fetch("TLS_PORT")), sslca: ENV.fetch("CA"), sslverify: true)
    assert_equal 1, Record.connection.select_value("SELECT 1")
    assert_operator Customer.count, :>=, 500
    connect(port: Integer(ENV.fetch("TLS_PORT")), sslca: ENV.fetch("OTHER_CA"), sslverify: true)
    assert_raises(ActiveRecord::ConnectionNotEstablished, Mysql2::Error) { Customer.count }
  end

  def test_a_lost_connection_is_made_again
    connect
    product = Product.create!(name: "kept", price: 1)
    # The second is of the ROLLBACK that follows.
    assert_raises(ActiveRecord::StatementInvalid, ActiveRecord::ConnectionNotEstablished) do
      Product.transaction do
        product.update!(name: "lost")
        cut_connections
        product.reload
      end
    end
    # A request begins by verifying its connection, as the pool does when it lends one.
    Record.connection.verify!
    product.update!(stock: 7)  # waits for the lost transaction's lock if that is not rolled back yet
    assert_equal ["kept", 7], [product.reload.name, product.stock]
    product.destroy!
    Record.connection.raw_connection.close
    Record.connection.reconnect!
    assert Record.connection.active?
  end

  private

  def cut_connections
    TCPSocket.open("127.0.0.1", Integer(ENV.fetch("CUT_PORT")), &:read)
  end

  def connect(more = {})
    Record.establish_connection(CONNECTION.merge(more))
  end
end
