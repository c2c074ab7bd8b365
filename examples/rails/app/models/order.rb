class Order < ApplicationRecord
  belongs_to :customer
  has_many :lines, class_name: "OrderLine"

  scope :europe, -> { where(region: "eu") }

  # Takes the goods from the stock and writes the order, or does neither.
  def self.place!(customer:, region:, quantities:)
    transaction do
      order = create!(customer_id: customer, region: region)
      quantities.each do |product_id, quantity|
        product = Product.lock.find(product_id)
        product.update!(stock: product.stock - quantity)
        order.lines.create!(product: product, quantity: quantity, price: product.price)
      end
      order.update!(total: order.lines.sum("quantity * price"))
      AuditEvent.create!(what: "order placed", details: { order: order.id })
      order
    end
  end
end
