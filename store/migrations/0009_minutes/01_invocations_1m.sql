ALTER TABLE invocations_1m
    ADD COLUMN IF NOT EXISTS out_of_memory UInt64,
    ADD COLUMN IF NOT EXISTS throttles UInt64,
    ADD COLUMN IF NOT EXISTS duration_ms_max Float64
