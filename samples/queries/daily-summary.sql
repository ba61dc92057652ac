-- One line a day: what came in, from how many people, and how good it was.
WITH sessions AS (
  SELECT event_date, session_id, COUNT(*) AS events,
         date_diff('second', MIN(event_timestamp), MAX(event_timestamp)) AS seconds
  FROM web_events
  WHERE event_date >= CURRENT_DATE - 7 AND NOT is_bot
  GROUP BY event_date, session_id
), shape AS (
  SELECT event_date, COUNT(*) AS sessions,
         COUNT(CASE WHEN events = 1 THEN 1 END) * 100.0 / COUNT(*) AS bounce_percentage,
         AVG(seconds) AS average_seconds
  FROM sessions
  GROUP BY event_date
), totals AS (
  SELECT event_date, COUNT(*) AS events, COUNT(DISTINCT anonymous_id) AS visitors,
         COUNT(DISTINCT space_id) AS spaces,
         COUNT(CASE WHEN is_bot THEN 1 END) * 100.0 / COUNT(*) AS bot_percentage,
         AVG(data_quality_score) AS quality
  FROM web_events
  WHERE event_date >= CURRENT_DATE - 7
  GROUP BY event_date
)
SELECT t.event_date, t.events, s.sessions, t.visitors, t.spaces,
       round(s.bounce_percentage, 1) AS bounce_percentage, round(s.average_seconds, 1) AS average_seconds,
       round(t.bot_percentage, 2) AS bot_percentage, round(t.quality, 3) AS quality
FROM totals t
LEFT JOIN shape s ON s.event_date = t.event_date
ORDER BY t.event_date DESC;
