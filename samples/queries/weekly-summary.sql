-- The last weeks, Monday to Sunday, each beside the one before it.
WITH weeks AS (
  SELECT date_trunc('week', event_date) AS week, COUNT(*) AS events,
         COUNT(DISTINCT session_id) AS sessions, AVG(data_quality_score) AS quality,
         COUNT(CASE WHEN is_bot THEN 1 END) * 100.0 / COUNT(*) AS bot_percentage
  FROM web_events
  GROUP BY date_trunc('week', event_date)
)
SELECT week, events, sessions, round(quality, 3) AS quality, round(bot_percentage, 2) AS bot_percentage,
       events - lag(events) OVER (ORDER BY week) AS more_events,
       round((events - lag(events) OVER (ORDER BY week)) * 100.0
             / nullif(lag(events) OVER (ORDER BY week), 0), 1) AS growth_percentage
FROM weeks
ORDER BY week DESC;
