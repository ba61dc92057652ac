import TestSupport
import Testing

@testable import wequery

/// `demo` works without the project's folder, so it carries the runbook's query; here they are held together.
@Suite("Sample queries") struct SampleQueriesTests {
  @Test func theTrendIsThatOfTheSamples() {
    let file = GoldenText.read("samples/queries/quality-trend.sql")
    #expect(!file.isEmpty)
    #expect(file.contains(SampleQueries.qualityTrend))
  }
}
