ALTER TABLE otel_metrics_summary MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1
