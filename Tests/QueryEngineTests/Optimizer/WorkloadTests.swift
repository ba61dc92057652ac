import Testing

@testable import QueryEngine

/// Every query of the public suites has a plan, with the optimizer on and off.
@Suite("Workloads") struct WorkloadTests {
  private func check(_ tester: PlanTester, _ query: WorkloadQuery) throws {
    let plan = try tester.bind(query.sql)
    let optimized = try Optimizer().optimize(
      plan, context: OptimizerContext(environment: tester.environment(query.sql)))
    try optimized.verify()
    #expect(optimized.freeColumns.isEmpty)
    #expect(optimized.outputColumns.map(\.type) == plan.outputColumns.map(\.type))
    // No join of these suites is a product of two tables.
    #expect(!optimized.explained.contains("Join cross on"))
  }

  @Test(arguments: WorkloadQuery.load("clickbench.sql"))
  func clickBench(query: WorkloadQuery) throws {
    let tester = PlanTester()
    tester.add("hits", WorkloadTests.hits, rowCount: 1_000_000)
    try check(tester, query)
  }

  @Test(arguments: WorkloadQuery.load("tpch.sql"))
  func tpcH(query: WorkloadQuery) throws {
    let tester = PlanTester()
    for (name, columns, rowCount) in WorkloadTests.tpcH { tester.add(name, columns, rowCount: rowCount) }
    try check(tester, query)
  }

  private static let hits = """
    WatchID BIGINT, JavaEnable INTEGER, Title VARCHAR, GoodEvent INTEGER, EventTime TIMESTAMP,
    EventDate DATE, CounterID INTEGER, ClientIP INTEGER, RegionID INTEGER, UserID BIGINT,
    CounterClass INTEGER, OS INTEGER, UserAgent INTEGER, URL VARCHAR, Referer VARCHAR,
    IsRefresh INTEGER, RefererCategoryID INTEGER, RefererRegionID INTEGER, URLCategoryID INTEGER,
    URLRegionID INTEGER, ResolutionWidth INTEGER, ResolutionHeight INTEGER, ResolutionDepth INTEGER,
    FlashMajor INTEGER, FlashMinor INTEGER, FlashMinor2 VARCHAR, NetMajor INTEGER, NetMinor INTEGER,
    UserAgentMajor INTEGER, UserAgentMinor VARCHAR, CookieEnable INTEGER, JavascriptEnable INTEGER,
    IsMobile INTEGER, MobilePhone INTEGER, MobilePhoneModel VARCHAR, Params VARCHAR,
    IPNetworkID INTEGER, TraficSourceID INTEGER, SearchEngineID INTEGER, SearchPhrase VARCHAR,
    AdvEngineID INTEGER, IsArtifical INTEGER, WindowClientWidth INTEGER, WindowClientHeight INTEGER,
    ClientTimeZone INTEGER, ClientEventTime TIMESTAMP, SilverlightVersion1 INTEGER,
    SilverlightVersion2 INTEGER, SilverlightVersion3 INTEGER, SilverlightVersion4 INTEGER,
    PageCharset VARCHAR, CodeVersion INTEGER, IsLink INTEGER, IsDownload INTEGER,
    IsNotBounce INTEGER, FUniqID BIGINT, OriginalURL VARCHAR, HID INTEGER, IsOldCounter INTEGER,
    IsEvent INTEGER, IsParameter INTEGER, DontCountHits INTEGER, WithHash INTEGER, HitColor VARCHAR,
    LocalEventTime TIMESTAMP, Age INTEGER, Sex INTEGER, Income INTEGER, Interests INTEGER,
    Robotness INTEGER, RemoteIP INTEGER, WindowName INTEGER, OpenerName INTEGER,
    HistoryLength INTEGER, BrowserLanguage VARCHAR, BrowserCountry VARCHAR, SocialNetwork VARCHAR,
    SocialAction VARCHAR, HTTPError INTEGER, SendTiming INTEGER, DNSTiming INTEGER,
    ConnectTiming INTEGER, ResponseStartTiming INTEGER, ResponseEndTiming INTEGER,
    FetchTiming INTEGER, SocialSourceNetworkID INTEGER, SocialSourcePage VARCHAR, ParamPrice BIGINT,
    ParamOrderID VARCHAR, ParamCurrency VARCHAR, ParamCurrencyID INTEGER,
    OpenstatServiceName VARCHAR, OpenstatCampaignID VARCHAR, OpenstatAdID VARCHAR,
    OpenstatSourceID VARCHAR, UTMSource VARCHAR, UTMMedium VARCHAR, UTMCampaign VARCHAR,
    UTMContent VARCHAR, UTMTerm VARCHAR, FromTag VARCHAR, HasGCLID INTEGER, RefererHash BIGINT,
    URLHash BIGINT, CLID INTEGER
    """

  private static let tpcH: [(String, String, Int)] = [
    (
      "region",
      """
      r_regionkey INTEGER, r_name VARCHAR, r_comment VARCHAR
      """, 5
    ),
    (
      "nation",
      """
      n_nationkey INTEGER, n_name VARCHAR, n_regionkey INTEGER, n_comment VARCHAR
      """, 25
    ),
    (
      "supplier",
      """
      s_suppkey BIGINT, s_name VARCHAR, s_address VARCHAR, s_nationkey INTEGER, s_phone VARCHAR,
      s_acctbal DECIMAL(15,2), s_comment VARCHAR
      """, 10000
    ),
    (
      "customer",
      """
      c_custkey BIGINT, c_name VARCHAR, c_address VARCHAR, c_nationkey INTEGER, c_phone VARCHAR,
      c_acctbal DECIMAL(15,2), c_mktsegment VARCHAR, c_comment VARCHAR
      """, 150000
    ),
    (
      "part",
      """
      p_partkey BIGINT, p_name VARCHAR, p_mfgr VARCHAR, p_brand VARCHAR, p_type VARCHAR,
      p_size INTEGER, p_container VARCHAR, p_retailprice DECIMAL(15,2), p_comment VARCHAR
      """, 200000
    ),
    (
      "partsupp",
      """
      ps_partkey BIGINT, ps_suppkey BIGINT, ps_availqty BIGINT, ps_supplycost DECIMAL(15,2),
      ps_comment VARCHAR
      """, 800000
    ),
    (
      "orders",
      """
      o_orderkey BIGINT, o_custkey BIGINT, o_orderstatus VARCHAR, o_totalprice DECIMAL(15,2),
      o_orderdate DATE, o_orderpriority VARCHAR, o_clerk VARCHAR, o_shippriority INTEGER,
      o_comment VARCHAR
      """, 1500000
    ),
    (
      "lineitem",
      """
      l_orderkey BIGINT, l_partkey BIGINT, l_suppkey BIGINT, l_linenumber BIGINT,
      l_quantity DECIMAL(15,2), l_extendedprice DECIMAL(15,2), l_discount DECIMAL(15,2),
      l_tax DECIMAL(15,2), l_returnflag VARCHAR, l_linestatus VARCHAR, l_shipdate DATE,
      l_commitdate DATE, l_receiptdate DATE, l_shipinstruct VARCHAR, l_shipmode VARCHAR,
      l_comment VARCHAR
      """, 6000000
    ),
  ]
}
