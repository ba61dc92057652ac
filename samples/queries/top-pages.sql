-- The pages that people look at most, with how long they stay.
SELECT page_path, COUNT(*) AS views, COUNT(DISTINCT anonymous_id) AS visitors,
       round(AVG(time_on_page_seconds), 1) AS average_seconds
FROM web_events
WHERE event_type = 'page' AND NOT is_bot AND event_date >= CURRENT_DATE - 7
GROUP BY page_path
ORDER BY views DESC, page_path
LIMIT 20;
