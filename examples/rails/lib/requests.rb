require "route"

# Plays the part of the controllers: every request names its action, runs ActiveRecord code, and
# leaves one printed line that says which server answered its last statement, and why.
class Requests
  def initialize(out)
    @out = out
    @counts = Hash.new(0)
    @reads_after_write = @edge_reads_after_write = @stale = @reasoned = 0
  end

  def run
    header
    visit
    shop_for_a_while
    summary
  end

  # What was counted on the way, for whoever wants to check.
  def counted
    { own_writes_read: @reads_after_write, own_writes_read_from_edge: @edge_reads_after_write,
      stale_reads: @stale, primary_reads_with_reason: @reasoned }
  end

  private

  ROUNDS = 250
  LINE = "%-38s %-9s %-44s %9s %9s\n".freeze

  # One visitor of the shop: what is on the edge is read there, even right after the write.
  def visit
    show("GET    /products") { Product.order(:name).to_a }
    order = show("POST   /orders", write: true) { place_order }
    read_back(order.id, order.total)
    show("GET    /orders?region=eu (with names)") { orders_with_names }
    show("GET    /orders/#{order.id}/lines") { OrderLine.where(order_id: order.id).to_a }
    show("PATCH  /orders/#{order.id}", write: true) { order.update!(note: "by the harbour gate") }
    show("GET    /orders/#{order.id} (the note)") { Order.europe.find(order.id) }
    show("POST   /orders/#{order.id}/ship (FOR UPDATE)", write: true) { ship(order.id) }
    show("GET    /orders/#{order.id} (the status)") { Order.europe.find(order.id) }
    show("GET    /customers/1 (the name)") { Customer.select(:id, :name).find(1) }
    show("GET    /customers/1/email") { Customer.where(id: 1).pick(:email) }
    show("GET    /customers/1 (every column)") { Customer.find(1) }
    show("GET    /orders?region=us") { Order.where(region: "us").limit(10).to_a }
    show("GET    /audit") { AuditEvent.order(id: :desc).limit(5).to_a }
    Order.transaction do
      show("GET    /orders/#{order.id} in a transaction") { Order.europe.find(order.id) }
    end
    show("DELETE /orders/#{order.id}/lines", write: true) { order.lines.first.destroy! }
    show("GET    /orders/#{order.id}/lines") { OrderLine.where(order_id: order.id).count }
  end

  # The same write and read over and over: the proof is in the numbers.
  def shop_for_a_while
    @out.puts "\n#{ROUNDS} times: place an order, read it back at once"
    ROUNDS.times do |n|
      order = place_order
      count(Route.last, write: true)
      read_back(order.id, order.total, quiet: true)
      progress(n + 1)
    end
    @out.puts
  end

  def place_order
    Order.place!(customer: rand(1..8), region: "eu", quantities: { rand(1..5) => rand(1..3) })
  end

  def orders_with_names
    Order.europe.joins(:customer).order(id: :desc).limit(10)
         .pluck("orders.id", "orders.total", "customers.name")
  end

  def ship(id)
    Order.transaction do
      order = Order.lock.find(id)
      order.update!(status: "shipped")
    end
  end

  def read_back(id, total, quiet: false)
    found = Order.europe.find_by(id: id)
    route = count(Route.last)
    line("GET    /orders/#{id} (own write)", route) unless quiet
    @reads_after_write += 1
    @edge_reads_after_write += 1 if route.edge?
    @stale += 1 unless found && found.total == total
  end

  def show(action, write: false)
    result = yield
    line(action, count(Route.last, write: write))
    result
  end

  def line(action, route)
    @out.printf(LINE, action, route.role, "#{route.server}: #{route.reason}", ms(route.waited_ms),
                ms(route.watermark_lag_ms))
  end

  def count(route, write: false)
    @counts[[write ? "write" : "read", route.role, route.reason]] += 1
    @reasoned += 1 if !write && route.primary? && !route.reason.to_s.empty?
    route
  end

  def ms(value)
    value.nil? ? "-" : "#{value} ms"
  end

  def header
    @out.printf(LINE, "request", "answered", "by, and why", "waited", "lag")
    @out.puts "-" * 113
  end

  def progress(done)
    @out.print "\r#{done} of #{ROUNDS}" if @out.tty?
  end

  def summary
    @out.puts
    @counts.sort_by { |_, n| -n }.each do |(kind, role, reason), n|
      @out.printf("%6d × %-5s %-8s %s\n", n, kind, role, reason)
    end
  end
end
