ActiveRecord::Schema.define(version: 2026_01_15_090000) do
  create_table "customers", force: true do |t|
    t.string "name", null: false
    t.string "email", null: false
    t.timestamps
    t.index ["email"], unique: true
  end

  create_table "products", force: true do |t|
    t.string "name", null: false
    t.decimal "price", precision: 10, scale: 2, null: false
    t.integer "stock", null: false, default: 0
    t.timestamps
  end

  create_table "orders", force: true do |t|
    t.bigint "customer_id", null: false
    # A binary collation: the edge keeps rows by this column, and 'EU' must not be 'eu' for that.
    t.string "region", limit: 2, null: false, collation: "utf8mb4_bin"
    t.string "status", limit: 20, null: false, default: "placed"
    t.decimal "total", precision: 10, scale: 2, null: false, default: 0
    t.text "note"
    t.timestamps
    t.index ["customer_id"]
    t.index ["region", "created_at"]
  end

  create_table "order_lines", force: true do |t|
    t.bigint "order_id", null: false
    t.bigint "product_id", null: false
    t.integer "quantity", null: false
    t.decimal "price", precision: 10, scale: 2, null: false
    t.index ["order_id"]
  end

  create_table "audit_events", force: true do |t|
    t.string "what", null: false
    t.json "details"
    t.datetime "created_at", precision: 6, null: false
  end
end
