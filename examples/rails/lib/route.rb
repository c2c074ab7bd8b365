# Where Tidegate sent the last statement of this connection, and why.
Route = Struct.new(:server, :role, :reason, :waited_ms, :watermark_lag_ms, :statement_class,
                   keyword_init: true) do
  # Tidegate answers this itself; asking MySQL directly is a syntax error, and there is no route.
  def self.last
    row = ActiveRecord::Base.connection.select_one("SHOW TIDEGATE ROUTE")
    new(**row.transform_keys(&:to_sym).slice(*members))
  rescue ActiveRecord::StatementInvalid
    new(server: "-", role: "direct", reason: "not through Tidegate", waited_ms: 0)
  end

  def edge?
    role == "edge"
  end

  def primary?
    role == "primary"
  end
end
