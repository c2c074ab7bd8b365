# frozen_string_literal: true
# The clients of bench/rails_session: threads of one ActiveRecord pool, a connection each, that do
# what a small shop does.
require "active_record"

clients = Integer(ENV.fetch("BENCH_CLIENTS"))
rounds = Integer(ENV.fetch("BENCH_ROUNDS"))

ActiveRecord::Base.establish_connection(
  adapter: "mysql2", host: "127.0.0.1", port: Integer(ENV.fetch("PORT")), username: "app",
  password: "app-password", database: "shop", encoding: "utf8mb4", pool: clients
)

class Customer < ActiveRecord::Base
  has_many :orders
end

class Product < ActiveRecord::Base; end

class Order < ActiveRecord::Base
  belongs_to :customer
end

def shop(client, round)
  ann = Customer.create!(name: "Ann", email: "ann-#{client}-#{round}@example.com")
  raise "not found" unless Customer.find_by(email: ann.email) == ann
  tea = Product.create!(name: "Tea", price: 2.5, stock: 10)
  3.times do
    order = ann.orders.create!(region: "eu", total: tea.price)
    order.update!(status: "paid")
    raise "not paid" unless Order.find(order.id).status == "paid"
  end
  Product.transaction { Product.lock.find(tea.id).update!(stock: 7) }
  raise "not kept" unless tea.reload.stock == 7
  raise "not counted" unless ann.orders.where(status: "paid").count == 3
  ann.orders.order(:id).limit(2).includes(:customer).to_a
  Order.where(customer: ann).delete_all
  [ann, tea].each(&:destroy!)
end

Array.new(clients) do |client|
  Thread.new do
    ActiveRecord::Base.connection_pool.with_connection { rounds.times { |n| shop(client, n) } }
  end
end.each(&:join)
