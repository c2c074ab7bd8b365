class AuditEvent < ApplicationRecord
end
