now = Time.now.utc.round

Customer.insert_all!(
  %w[Ada Grace Edsger Barbara Donald Jim Michael Margaret].map do |name|
    { name: name, email: "#{name.downcase}@example.com", created_at: now, updated_at: now }
  end
)
Product.insert_all!(
  [["Lantern", 24.90], ["Rope, 20 m", 18.00], ["Tide table", 7.50], ["Anchor", 129.00],
   ["Compass", 54.25]].map do |name, price|
    { name: name, price: price, stock: 1_000_000, created_at: now, updated_at: now }
  end
)
Order.insert_all!(
  (1..200).map do |n|
    { customer_id: 1 + n % 8, region: n.even? ? "eu" : "us", total: n, created_at: now, updated_at: now }
  end
)
OrderLine.insert_all!(
  (1..200).map { |n| { order_id: n, product_id: 1 + n % 5, quantity: 1, price: n } }
)
