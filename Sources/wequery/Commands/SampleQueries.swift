/// The two queries that `demo` shows; the first is the runbook's, word for word.
enum SampleQueries {
  static let all = [
    ("quality_trend", "The quality trend of the last days:", qualityTrend),
    ("daily_summary", "The daily summary:", dailySummary),
  ]

  static let qualityTrend = """
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
    """

  static let dailySummary = """
    SELECT event_date, COUNT(*) AS events, COUNT(DISTINCT session_id) AS sessions,
           COUNT(DISTINCT anonymous_id) AS visitors, COUNT(DISTINCT space_id) AS spaces,
           round(AVG(data_quality_score), 3) AS quality,
           round(COUNT(CASE WHEN is_bot THEN 1 END) * 100.0 / COUNT(*), 2) AS bot_percentage
    FROM web_events
    WHERE event_date >= CURRENT_DATE - 7
    GROUP BY event_date
    ORDER BY event_date DESC
    """
}
