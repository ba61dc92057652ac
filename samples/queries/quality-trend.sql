-- Check recent data quality trends
SELECT 
  event_date,
  AVG(data_quality_score) as avg_quality,
  COUNT(CASE WHEN is_bot THEN 1 END) * 100.0 / COUNT(*) as bot_percentage,
  COUNT(*) as total_events
FROM s3_tables.analytics.web_events 
WHERE event_date >= CURRENT_DATE - 7
GROUP BY event_date
ORDER BY event_date DESC;
