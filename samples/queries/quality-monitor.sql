-- Last seven days by day and space type: what is missing and what is low (the quality monitor).
SELECT event_date, space_type, COUNT(*) AS total_events,
       COUNT(CASE WHEN session_id IS NULL THEN 1 END) AS missing_session,
       COUNT(CASE WHEN anonymous_id IS NULL THEN 1 END) AS missing_anonymous_id,
       COUNT(CASE WHEN user_agent IS NULL OR user_agent = '' THEN 1 END) AS missing_user_agent,
       COUNT(CASE WHEN is_bot THEN 1 END) AS bots,
       AVG(data_quality_score) AS average_score, MIN(data_quality_score) AS minimum_score,
       MAX(processed_timestamp) AS newest,
       COUNT(CASE WHEN data_quality_score < 0.5 THEN 1 END) AS low_quality,
       COUNT(CASE WHEN data_quality_score >= 0.9 THEN 1 END) AS high_quality
FROM web_events
WHERE event_date >= CURRENT_DATE - 7
GROUP BY event_date, space_type
ORDER BY event_date DESC, space_type;
