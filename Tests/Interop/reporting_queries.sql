-- rollup_with_grouping
SELECT n_name, c_mktsegment, grouping(n_name) + grouping(c_mktsegment) AS lochierarchy, sum(o_totalprice) AS total,
  rank() OVER (PARTITION BY grouping(n_name) + grouping(c_mktsegment), CASE WHEN grouping(c_mktsegment) = 0 THEN n_name END
    ORDER BY sum(o_totalprice) DESC) AS rank_within_parent
FROM orders JOIN customer ON o_custkey = c_custkey JOIN nation ON c_nationkey = n_nationkey
WHERE o_orderdate >= DATE '1995-01-01' GROUP BY ROLLUP (n_name, c_mktsegment)
-- channels_rollup
WITH sold AS (SELECT l_shipmode AS channel, l_returnflag AS flag, l_extendedprice * (1 - l_discount) AS revenue, l_quantity AS quantity
    FROM lineitem WHERE l_shipdate BETWEEN DATE '1995-03-01' AND DATE '1995-03-31'),
  returned AS (SELECT l_shipmode AS channel, l_returnflag AS flag, l_extendedprice AS loss FROM lineitem
    WHERE l_returnflag = 'R' AND l_receiptdate BETWEEN DATE '1995-03-01' AND DATE '1995-03-31')
SELECT channel, flag, sum(revenue) AS revenue, sum(quantity) AS quantity, sum(loss) AS loss
FROM (SELECT channel, flag, revenue, quantity, 0.00 AS loss FROM sold UNION ALL SELECT channel, flag, 0, 0, loss FROM returned) AS both_sides
GROUP BY ROLLUP (channel, flag)
-- cube_of_dates
SELECT year(o_orderdate) AS y, o_orderstatus, o_orderpriority, count(*) AS n, avg(o_totalprice) AS mean,
  grouping(year(o_orderdate), o_orderstatus, o_orderpriority) AS level
FROM orders GROUP BY CUBE (year(o_orderdate), o_orderstatus, o_orderpriority) HAVING count(*) > 20
-- grouping_sets_with_empty
SELECT p_brand, p_size, count(DISTINCT p_type) AS types, max(p_retailprice) AS top FROM part
WHERE p_size < 12 GROUP BY GROUPING SETS ((p_brand, p_size), (p_brand), (p_size), ())
-- customers_in_all_three
SELECT count(*) FROM (
  SELECT c_custkey, c_nationkey FROM customer JOIN orders ON o_custkey = c_custkey WHERE year(o_orderdate) = 1995
  INTERSECT SELECT c_custkey, c_nationkey FROM customer JOIN orders ON o_custkey = c_custkey WHERE year(o_orderdate) = 1996
  INTERSECT SELECT c_custkey, c_nationkey FROM customer JOIN orders ON o_custkey = c_custkey WHERE year(o_orderdate) = 1997) AS steady
-- customers_lost
SELECT n_name, count(*) AS lost FROM (
  SELECT o_custkey FROM orders WHERE o_orderdate < DATE '1995-01-01'
  EXCEPT SELECT o_custkey FROM orders WHERE o_orderdate >= DATE '1995-01-01') AS gone
JOIN customer ON c_custkey = o_custkey JOIN nation ON n_nationkey = c_nationkey GROUP BY n_name
-- bags
SELECT l_shipmode, l_returnflag FROM lineitem WHERE l_orderkey < 400 EXCEPT ALL SELECT l_shipmode, l_returnflag FROM lineitem WHERE l_orderkey < 350
-- bags_in_common
SELECT l_shipmode, l_linestatus FROM lineitem WHERE l_orderkey < 200 INTERSECT ALL SELECT l_shipmode, l_linestatus FROM lineitem WHERE l_orderkey BETWEEN 100 AND 260
-- exists_under_or
SELECT c_mktsegment, count(*) AS n, avg(c_acctbal) AS mean FROM customer AS c
WHERE EXISTS (SELECT * FROM orders WHERE o_custkey = c.c_custkey AND o_orderdate >= DATE '1998-01-01')
  AND (EXISTS (SELECT * FROM orders WHERE o_custkey = c.c_custkey AND o_orderpriority = '1-URGENT' AND o_totalprice > 200000)
    OR EXISTS (SELECT * FROM orders JOIN lineitem ON l_orderkey = o_orderkey WHERE o_custkey = c.c_custkey AND l_shipmode = 'AIR' AND l_quantity > 45)
    OR c_acctbal < 0)
GROUP BY c_mktsegment
-- above_own_average
WITH totals AS (SELECT o_custkey AS customer, c_nationkey AS nation, sum(o_totalprice) AS total FROM orders JOIN customer ON c_custkey = o_custkey
    WHERE o_orderstatus = 'F' GROUP BY o_custkey, c_nationkey)
SELECT customer, total FROM totals AS t WHERE total > (SELECT avg(total) * 1.8 FROM totals AS u WHERE u.nation = t.nation)
-- scalars_in_case
SELECT CASE WHEN (SELECT count(*) FROM lineitem WHERE l_quantity BETWEEN 1 AND 10) > 11000
    THEN (SELECT avg(l_discount) FROM lineitem WHERE l_quantity BETWEEN 1 AND 10) ELSE (SELECT avg(l_tax) FROM lineitem WHERE l_quantity BETWEEN 1 AND 10) END AS low,
  CASE WHEN (SELECT count(*) FROM lineitem WHERE l_quantity BETWEEN 11 AND 20) > 13000
    THEN (SELECT avg(l_discount) FROM lineitem WHERE l_quantity BETWEEN 11 AND 20) ELSE (SELECT avg(l_tax) FROM lineitem WHERE l_quantity BETWEEN 11 AND 20) END AS middle
FROM region WHERE r_regionkey = 1
-- year_over_year
WITH yearly AS (SELECT c_custkey, c_name, year(o_orderdate) AS y, sum(o_totalprice) AS total FROM customer JOIN orders ON o_custkey = c_custkey GROUP BY 1, 2, 3)
SELECT a.c_name, a.total AS first_year, b.total AS second_year, CASE WHEN a.total > 0 THEN b.total / a.total END AS growth
FROM yearly AS a JOIN yearly AS b USING (c_custkey) JOIN yearly AS c USING (c_custkey)
WHERE a.y = 1994 AND b.y = 1995 AND c.y = 1996 AND CASE WHEN a.total > 0 THEN b.total / a.total END > CASE WHEN b.total > 0 THEN c.total / b.total END
-- full_join_of_months
WITH ordered AS (SELECT date_trunc('month', o_orderdate) AS m, count(*) AS orders FROM orders WHERE o_orderpriority = '2-HIGH' GROUP BY 1),
  shipped AS (SELECT date_trunc('month', l_shipdate) AS m, count(*) AS lines FROM lineitem WHERE l_shipmode = 'RAIL' AND l_quantity > 40 GROUP BY 1)
SELECT coalesce(ordered.m, shipped.m) AS m, orders, lines, sum(orders) OVER (ORDER BY coalesce(ordered.m, shipped.m) ROWS UNBOUNDED PRECEDING) AS so_far,
  max(lines) OVER (ORDER BY coalesce(ordered.m, shipped.m) ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS best_of_three
FROM ordered FULL JOIN shipped ON ordered.m = shipped.m
-- cumulative_crossing
WITH a AS (SELECT l_suppkey AS k, l_shipdate AS d, sum(sum(l_extendedprice)) OVER (PARTITION BY l_suppkey ORDER BY l_shipdate ROWS UNBOUNDED PRECEDING) AS running
    FROM lineitem WHERE l_suppkey < 12 GROUP BY l_suppkey, l_shipdate),
  b AS (SELECT ps_suppkey AS k, DATE '1992-01-01' + CAST(ps_partkey % 2000 AS INTEGER) AS d, sum(sum(ps_supplycost * ps_availqty)) OVER (PARTITION BY ps_suppkey ORDER BY DATE '1992-01-01' + CAST(ps_partkey % 2000 AS INTEGER) ROWS UNBOUNDED PRECEDING) AS running
    FROM partsupp WHERE ps_suppkey < 12 GROUP BY ps_suppkey, DATE '1992-01-01' + CAST(ps_partkey % 2000 AS INTEGER))
SELECT k, count(*) AS days, count(*) FILTER (WHERE higher) AS ahead FROM (
  SELECT coalesce(a.k, b.k) AS k, max(a.running) OVER w > max(b.running) OVER w AS higher
  FROM a FULL OUTER JOIN b ON a.k = b.k AND a.d = b.d
  WINDOW w AS (PARTITION BY coalesce(a.k, b.k) ORDER BY coalesce(a.d, b.d) ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS x GROUP BY k
-- best_and_worst
SELECT asc_rank.position, best.p_name AS best, worst.p_name AS worst
FROM (SELECT l_partkey AS part, row_number() OVER (ORDER BY sum(l_discount), l_partkey) AS position FROM lineitem WHERE l_suppkey < 30 GROUP BY l_partkey) AS asc_rank
JOIN (SELECT l_partkey AS part, row_number() OVER (ORDER BY sum(l_discount) DESC, l_partkey) AS position FROM lineitem WHERE l_suppkey < 30 GROUP BY l_partkey) AS desc_rank
  ON asc_rank.position = desc_rank.position
JOIN part AS best ON best.p_partkey = asc_rank.part JOIN part AS worst ON worst.p_partkey = desc_rank.part WHERE asc_rank.position <= 10
-- neighbours_of_a_month
WITH monthly AS (SELECT s_name, year(l_shipdate) AS y, month(l_shipdate) AS m, sum(l_extendedprice) AS sales,
    avg(sum(l_extendedprice)) OVER (PARTITION BY s_name, year(l_shipdate)) AS year_mean,
    rank() OVER (PARTITION BY s_name ORDER BY year(l_shipdate), month(l_shipdate)) AS rn
  FROM lineitem JOIN supplier ON s_suppkey = l_suppkey WHERE s_suppkey < 25 GROUP BY s_name, year(l_shipdate), month(l_shipdate))
SELECT now.s_name, now.y, now.m, now.sales, now.year_mean, before.sales AS previous, after.sales AS following
FROM monthly AS now JOIN monthly AS before ON before.s_name = now.s_name AND before.rn = now.rn - 1
JOIN monthly AS after ON after.s_name = now.s_name AND after.rn = now.rn + 1
WHERE now.y = 1995 AND now.year_mean > 0 AND abs(now.sales - now.year_mean) / now.year_mean > 0.1
-- share_of_class
SELECT p_brand, p_type, sum(l_extendedprice) AS revenue, sum(l_extendedprice) * 100 / sum(sum(l_extendedprice)) OVER (PARTITION BY p_brand) AS share
FROM lineitem JOIN part ON p_partkey = l_partkey WHERE p_size BETWEEN 10 AND 14 AND l_shipdate BETWEEN DATE '1996-02-01' AND DATE '1996-04-30' GROUP BY p_brand, p_type
-- not_in_and_group
SELECT substring(c_phone, 1, 2) AS code, count(*) AS n, sum(c_acctbal) AS balance FROM customer
WHERE substring(c_phone, 1, 2) IN ('13', '31', '23', '29') AND c_custkey NOT IN (SELECT o_custkey FROM orders WHERE o_custkey IS NOT NULL)
  AND c_acctbal > (SELECT avg(c_acctbal) FROM customer WHERE c_acctbal > 0) GROUP BY 1
-- any_and_all
SELECT o_orderpriority, count(*) AS n FROM orders AS o
WHERE o_totalprice >= ALL (SELECT o_totalprice FROM orders AS p WHERE p.o_custkey = o.o_custkey)
  AND o_orderkey = ANY (SELECT l_orderkey FROM lineitem WHERE l_orderkey = o.o_orderkey AND l_receiptdate > l_commitdate) GROUP BY 1
-- count_bug
SELECT c_custkey, (SELECT count(*) FROM orders WHERE o_custkey = c_custkey AND o_totalprice > 150000) AS large,
  (SELECT count(*) + 1 FROM lineitem JOIN orders ON o_orderkey = l_orderkey WHERE o_custkey = c_custkey AND l_returnflag = 'R') AS returned
FROM customer WHERE c_custkey < 300
-- correlated_in_aggregate_argument
SELECT n_name, sum((SELECT count(*) FROM orders WHERE o_custkey = c_custkey)) AS orders,
  max((SELECT max(o_totalprice) FROM orders WHERE o_custkey = c_custkey AND o_orderstatus = 'P')) AS highest
FROM customer JOIN nation ON n_nationkey = c_nationkey GROUP BY n_name
-- correlated_inequality
SELECT o_orderkey, (SELECT count(*) FROM orders AS earlier WHERE earlier.o_custkey = o.o_custkey AND earlier.o_orderdate < o.o_orderdate) AS earlier
FROM orders AS o WHERE o_orderkey < 3000
-- correlated_limit
SELECT c_custkey, (SELECT o_orderkey FROM orders WHERE o_custkey = c_custkey ORDER BY o_totalprice DESC, o_orderkey LIMIT 1) AS largest,
  (SELECT o_orderkey FROM orders WHERE o_custkey = c_custkey ORDER BY o_orderdate, o_orderkey LIMIT 1 OFFSET 2) AS third FROM customer WHERE c_custkey <= 200
-- correlated_set_operation
SELECT s_suppkey, (SELECT count(*) FROM (SELECT ps_partkey FROM partsupp WHERE ps_suppkey = s_suppkey EXCEPT SELECT l_partkey FROM lineitem WHERE l_suppkey = s_suppkey) AS x) AS unsold FROM supplier
-- correlated_two_levels
SELECT n_name, (SELECT count(*) FROM customer WHERE c_nationkey = n_nationkey AND EXISTS (SELECT 1 FROM orders WHERE o_custkey = c_custkey AND o_totalprice > (
  SELECT avg(o_totalprice) FROM orders AS i WHERE i.o_custkey = c_custkey) * 1.7 AND length(n_name) > 5)) AS n FROM nation
-- correlated_window
SELECT r_name, (SELECT sum(x) FROM (SELECT n_nationkey * row_number() OVER (ORDER BY n_name) AS x FROM nation WHERE n_regionkey = r_regionkey) AS w) AS mix FROM region
-- correlated_cte
SELECT r_name, (WITH mine AS (SELECT n_nationkey AS k FROM nation WHERE n_regionkey = r_regionkey)
  SELECT count(*) FROM mine AS a JOIN mine AS b ON a.k < b.k) AS pairs FROM region
-- correlated_full_join
SELECT r_name, (SELECT count(*) FROM (SELECT n_nationkey AS k FROM nation WHERE n_regionkey = r_regionkey) AS a
  FULL JOIN (SELECT s_nationkey AS k FROM supplier WHERE s_suppkey % 5 = r_regionkey) AS b ON a.k = b.k) AS n FROM region
-- duckdb
SELECT r_name, count(*) FILTER (WHERE k IS NOT NULL OR j IS NOT NULL) AS n FROM region LEFT JOIN (
  SELECT coalesce(a.r, b.r) AS r, a.k, b.k AS j FROM (SELECT n_regionkey AS r, n_nationkey AS k FROM nation) AS a
  FULL JOIN (SELECT s_suppkey % 5 AS r, s_nationkey AS k FROM supplier) AS b ON a.k = b.k AND a.r = b.r) AS x ON x.r = r_regionkey GROUP BY r_name
-- correlated_not_in
SELECT n_name, (SELECT count(*) FROM supplier WHERE s_nationkey NOT IN (SELECT c_nationkey FROM customer WHERE c_custkey < n_nationkey * 2)) AS n FROM nation
-- lateral_top
SELECT c_custkey, t.o_orderkey, t.place FROM customer, LATERAL (SELECT o_orderkey, row_number() OVER (ORDER BY o_totalprice DESC, o_orderkey) AS place FROM orders
  WHERE o_custkey = c_custkey ORDER BY o_totalprice DESC, o_orderkey LIMIT 2) AS t WHERE c_custkey < 150
-- left_lateral
SELECT s_suppkey, t.parts, t.stock FROM supplier LEFT JOIN LATERAL (SELECT count(*) AS parts, sum(ps_availqty) AS stock FROM partsupp WHERE ps_suppkey = s_suppkey AND ps_supplycost > 950 HAVING count(*) > 2) AS t ON true
-- frames
SELECT o_custkey, o_orderkey, sum(o_totalprice) OVER (PARTITION BY o_custkey ORDER BY o_orderdate, o_orderkey ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS three,
  count(*) OVER (PARTITION BY o_custkey ORDER BY o_orderdate RANGE BETWEEN INTERVAL '90' DAY PRECEDING AND CURRENT ROW) AS quarter,
  min(o_totalprice) OVER (PARTITION BY o_custkey ORDER BY o_orderdate, o_orderkey ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING EXCLUDE CURRENT ROW) AS others,
  first_value(o_orderkey) OVER (PARTITION BY o_custkey ORDER BY o_orderdate DESC, o_orderkey GROUPS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS latest
FROM orders WHERE o_custkey < 120
-- rank_over_aggregates
SELECT * FROM (SELECT p_mfgr, p_brand, sum(l_quantity) AS quantity, dense_rank() OVER (PARTITION BY p_mfgr ORDER BY sum(l_quantity) DESC) AS place,
    cume_dist() OVER (ORDER BY sum(l_quantity)) AS share, ntile(4) OVER (ORDER BY sum(l_quantity), p_brand) AS quartile
  FROM lineitem JOIN part ON p_partkey = l_partkey GROUP BY p_mfgr, p_brand) AS r WHERE place <= 3
-- qualify
SELECT o_custkey, year(o_orderdate) AS y, sum(o_totalprice) AS total FROM orders GROUP BY 1, 2
QUALIFY row_number() OVER (PARTITION BY year(o_orderdate) ORDER BY sum(o_totalprice) DESC) <= 3
-- filters_and_distinct
SELECT l_shipmode, count(DISTINCT l_suppkey) AS suppliers, count(DISTINCT l_suppkey) FILTER (WHERE l_returnflag = 'R') AS returning, sum(DISTINCT l_linenumber) AS numbers,
  avg(l_extendedprice) FILTER (WHERE l_discount > 0.05) AS discounted, string_agg(DISTINCT l_returnflag, ',' ORDER BY l_returnflag) AS flags
FROM lineitem GROUP BY l_shipmode
-- many_joins_one_fact
SELECT s1.n_name AS seller, c1.n_name AS buyer, year(l_shipdate) AS y, sum(l_extendedprice * (1 - l_discount)) AS revenue
FROM lineitem JOIN orders ON o_orderkey = l_orderkey JOIN customer ON c_custkey = o_custkey JOIN supplier ON s_suppkey = l_suppkey
JOIN nation AS s1 ON s1.n_nationkey = s_nationkey JOIN nation AS c1 ON c1.n_nationkey = c_nationkey JOIN region ON r_regionkey = s1.n_regionkey
WHERE r_name = 'ASIA' AND s1.n_regionkey = c1.n_regionkey GROUP BY 1, 2, 3
-- days_to_ship_buckets
SELECT l_shipmode, sum(CASE WHEN l_receiptdate - l_shipdate <= 10 THEN 1 ELSE 0 END) AS d10, sum(CASE WHEN l_receiptdate - l_shipdate > 10 AND l_receiptdate - l_shipdate <= 20 THEN 1 ELSE 0 END) AS d20,
  sum(CASE WHEN l_receiptdate - l_shipdate > 20 THEN 1 ELSE 0 END) AS more FROM lineitem JOIN orders ON o_orderkey = l_orderkey WHERE o_orderdate BETWEEN DATE '1996-01-01' AND DATE '1996-12-31' GROUP BY l_shipmode
-- semi_of_grouped
SELECT count(*) FROM orders WHERE o_orderkey IN (SELECT l_orderkey FROM lineitem GROUP BY l_orderkey HAVING sum(l_quantity) > 250) AND o_custkey IN (SELECT c_custkey FROM customer WHERE c_mktsegment <> 'BUILDING')
-- ratio_of_two_counts
SELECT am, pm, CASE WHEN pm > 0 THEN am * 1.0 / pm END AS ratio FROM (SELECT count(*) AS am FROM orders WHERE month(o_orderdate) <= 6) AS a, (SELECT count(*) AS pm FROM orders WHERE month(o_orderdate) > 6) AS b
-- recursive_calendar
WITH RECURSIVE months AS (SELECT DATE '1996-01-01' AS m UNION ALL SELECT CAST(m + INTERVAL '1' MONTH AS DATE) FROM months WHERE m < DATE '1996-12-01')
SELECT m, count(o_orderkey) AS n, coalesce(sum(o_totalprice), 0) AS total FROM months LEFT JOIN orders ON date_trunc('month', o_orderdate) = m GROUP BY m
-- correlated_in_having
SELECT o_orderpriority, count(*) AS n FROM orders AS o GROUP BY o_orderpriority
HAVING count(*) > (SELECT count(*) * 0.198 FROM orders) AND EXISTS (SELECT 1 FROM orders AS p WHERE p.o_orderpriority = o.o_orderpriority AND p.o_orderstatus = 'P')
-- outer_join_on_subquery
SELECT c_custkey, o_orderkey FROM customer LEFT JOIN orders ON o_custkey = c_custkey AND o_totalprice = (SELECT max(o_totalprice) FROM orders AS p WHERE p.o_custkey = c_custkey) WHERE c_custkey < 200
-- correlated_grouping_sets
SELECT r_name, (SELECT max(g) FROM (SELECT grouping(n_name) * 10 + count(*) AS g FROM nation WHERE n_regionkey = r_regionkey GROUP BY ROLLUP (n_name)) AS x) AS g FROM region
-- array_of_subquery
SELECT r_name, ARRAY(SELECT n_name FROM nation WHERE n_regionkey = r_regionkey AND n_nationkey % 2 = 0 ORDER BY n_name DESC) AS names FROM region
-- pivot_of_months
PIVOT (SELECT l_shipmode AS mode, year(l_shipdate) AS y, l_quantity AS q FROM lineitem) ON y USING sum(q) GROUP BY mode
-- columns_in_expressions
SELECT max(COLUMNS('^o_.*date$|^o_total')), count(COLUMNS(c -> c LIKE 'o\_c%' ESCAPE '\')) FROM orders
