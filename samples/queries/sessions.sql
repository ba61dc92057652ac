-- How long sessions of people are, by device.
WITH sessions AS (
  SELECT session_id, min_by(device_type, event_timestamp) AS device_type, COUNT(*) AS events,
         date_diff('second', MIN(event_timestamp), MAX(event_timestamp)) / 60.0 AS minutes
  FROM web_events
  WHERE event_date >= CURRENT_DATE - 7 AND NOT is_bot AND session_id IS NOT NULL
  GROUP BY session_id
)
SELECT device_type, COUNT(*) AS sessions, round(AVG(events), 2) AS average_events,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY minutes), 2) AS median_minutes,
       round(percentile_cont(0.95) WITHIN GROUP (ORDER BY minutes), 2) AS p95_minutes,
       COUNT(CASE WHEN events = 1 THEN 1 END) AS bounces
FROM sessions
GROUP BY device_type
ORDER BY sessions DESC, device_type;
