CREATE OR REPLACE VIEW otel_metrics_exponential_histogram AS
SELECT * FROM otel_metrics_exp_histogram
