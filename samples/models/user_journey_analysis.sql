-- Journeys of the last 30 days, by day and eight properties of the session; groups of at least two sessions (the sample is small).
WITH sessions AS (
  SELECT event_date AS analysis_date, session_id, anonymous_id,
         min(event_timestamp) AS session_start, max(event_timestamp) AS session_end,
         date_diff('second', min(event_timestamp), max(event_timestamp)) / 60.0 AS duration_minutes,
         count(*) AS total_events, count(DISTINCT space_id) AS unique_spaces,
         sum(time_on_page_seconds) AS total_time,
         array_agg(struct_pack(sequence := session_sequence, name := event_name, space := space_id) ORDER BY session_sequence) AS steps,
         array_agg(DISTINCT space_type ORDER BY space_type) FILTER (WHERE space_type IS NOT NULL) AS space_types,
         min_by(referrer, session_sequence) AS first_referrer, max_by(page_path, session_sequence) AS last_path,
         min_by(device_type, session_sequence) AS device_type, min_by(detailed_region, session_sequence) AS detailed_region,
         min_by(time_period, session_sequence) AS time_period,
         avg(data_quality_score) AS average_score, min(data_quality_score) AS lowest_score,
         sum(engagement_score) AS engagement, max(engagement_score) AS highest_engagement,
         count(*) FILTER (WHERE is_virtual_tour_page) AS tour_events,
         count(*) FILTER (WHERE has_space_context) AS space_events,
         count(*) FILTER (WHERE is_core_virtual_tour_event) AS core_events
  FROM fct_web_events
  WHERE event_date >= CURRENT_DATE - 30
  GROUP BY event_date, session_id, anonymous_id
), classified AS (
  SELECT *,
         CASE WHEN tour_events = 0 THEN 'non_tour'
              WHEN core_events >= 10 AND unique_spaces >= 5 THEN 'comprehensive'
              WHEN core_events >= 5 AND unique_spaces >= 3 THEN 'extensive'
              WHEN unique_spaces >= 2 THEN 'multi'
              WHEN space_events > 0 THEN 'single'
              ELSE 'navigation_only' END AS journey_type,
         CASE WHEN engagement >= 25 THEN 'very high' WHEN engagement >= 15 THEN 'high' WHEN engagement >= 8 THEN 'medium'
              WHEN engagement >= 3 THEN 'low' ELSE 'minimal' END AS engagement_tier,
         CASE WHEN average_score >= 0.9 THEN 'high' WHEN average_score >= 0.7 THEN 'medium' ELSE 'low' END AS journey_quality,
         CASE WHEN total_events = 1 THEN 'immediate' WHEN total_events <= 3 AND duration_minutes < 1 THEN 'quick'
              ELSE 'engaged' END AS bounce,
         CASE WHEN core_events >= 5 AND unique_spaces >= 3 AND duration_minutes >= 3 AND engagement >= 10 THEN 'high'
              WHEN tour_events >= 3 AND unique_spaces >= 2 AND duration_minutes >= 2 THEN 'medium'
              WHEN space_events > 0 AND duration_minutes >= 1 THEN 'low' ELSE 'none' END AS intent,
         CASE WHEN array_contains(space_types, 'unit') AND array_contains(space_types, 'amenity') THEN 'unit and amenity'
              WHEN array_contains(space_types, 'unit') THEN 'unit'
              WHEN array_contains(space_types, 'amenity') THEN 'amenity'
              WHEN array_contains(space_types, 'tour') THEN 'tour' ELSE 'none' END AS space_preference
  FROM sessions
  WHERE lowest_score >= 0.5
)
SELECT analysis_date, journey_type, engagement_tier, journey_quality, device_type, detailed_region, time_period, intent,
       space_preference, count(*) AS session_count, count(DISTINCT anonymous_id) AS unique_users,
       avg(duration_minutes) AS average_minutes, percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_minutes) AS median_minutes,
       avg(total_events) AS average_events, avg(unique_spaces) AS average_spaces, avg(engagement) AS average_engagement,
       max(engagement) AS highest_engagement, avg(tour_events) AS average_tour_events,
       avg(space_events / CAST(total_events AS DOUBLE)) AS space_ratio, max(len(steps)) AS longest_journey,
       count(*) FILTER (WHERE bounce = 'immediate') AS immediate_bounces,
       count(*) FILTER (WHERE bounce <> 'engaged') AS bounces,
       count(*) FILTER (WHERE intent = 'high') AS high_intent,
       count(*) FILTER (WHERE intent IN ('high', 'medium')) AS some_intent,
       count(*) FILTER (WHERE first_referrer <> '') AS referred_sessions,
       avg(average_score) AS average_score,
       bounces * 100.0 / session_count AS bounce_rate,
       some_intent * 100.0 / session_count AS intent_rate,
       CASE WHEN bounce_rate < 20 THEN 'low' WHEN bounce_rate < 50 THEN 'medium' ELSE 'high' END AS bounce_category,
       CASE WHEN intent_rate >= 40 THEN 'high' WHEN intent_rate >= 20 THEN 'medium' ELSE 'low' END AS conversion_segment
FROM classified
GROUP BY ALL
HAVING count(*) >= 2
