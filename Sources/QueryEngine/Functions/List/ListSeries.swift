internal import Columnar

/// Lists of evenly spaced numbers, dates and timestamps.
enum ListSeries {
  static func overloads(includesEnd: Bool) -> [ScalarOverload] {
    var overloads = [numbers(count: 2, includesEnd), numbers(count: 3, includesEnd)]
    if !includesEnd { overloads.insert(numbers(count: 1, false), at: 0) }
    return overloads + [times(count: 2, includesEnd), times(count: 3, includesEnd)]
  }

  private static func numbers(count: Int, _ includesEnd: Bool) -> ScalarOverload {
    let names = count == 1 ? ["stop"] : ["start", "stop", "step"]
    return ScalarOverload(
      names.prefix(count).map { Parameter($0, .bigint) }, returns: .list(.bigint),
      make: { (_) throws(QueryError) in
        { (arguments, frame) throws(QueryError) in
          let operands = arguments.map { RowOperand($0) }
          var values: [Int64] = []
          var ends: [UInt32] = [0]
          for row in 0..<frame.rowCount {
            if frame.isActive(row) {
              var numbers: [Int64] = []
              for operand in operands { numbers.append(operand.vector.int64s[row & operand.mask]) }
              if count == 1 { numbers.insert(0, at: 0) }
              let step = numbers.count > 2 ? numbers[2] : 1
              try append(from: numbers[0], to: numbers[1], by: step, includesEnd, into: &values)
            }
            ends.append(UInt32(values.count))
          }
          return ListPicker.list(ends, of: .flat(values), frame.validity)
        }
      })
  }

  private static func append(
    from start: Int64, to stop: Int64, by step: Int64, _ includesEnd: Bool, into values: inout [Int64]
  ) throws(QueryError) {
    if step == 0 { throw QueryError(.invalidParameter, "the step of a series is zero") }
    let distance = step > 0 ? Int128(stop) - Int128(start) : Int128(start) - Int128(stop)
    if distance < 0 || (distance == 0 && !includesEnd) { return }
    let size = (includesEnd ? distance : distance - 1) / Int128(step.magnitude) + 1
    guard size <= Int128(ListMaking.elementLimit), values.count + Int(size) <= Int(UInt32.max) / 2 else {
      throw ListMaking.tooLong(Int64(clamping: size))
    }
    var value = start
    for _ in 0..<Int(size) {
      values.append(value)
      value = value &+ step
    }
  }

  private static func times(count: Int, _ includesEnd: Bool) -> ScalarOverload {
    ScalarOverload(
      count == 2
        ? "(start DATE, stop DATE) -> DATE[]"
        : "(start TIMESTAMP, stop TIMESTAMP, step INTERVAL) -> TIMESTAMP[]",
      rule: { arguments in
        guard arguments.types.count == count, arguments.types[0] != .null || arguments.types[1] != .null,
          let first = ScalarOverload.timeType(arguments, 0),
          let second = ScalarOverload.timeType(arguments, 1),
          let common = arguments.isUntyped[0]
            ? second
            : arguments.isUntyped[1]
              ? first
              : ImplicitConversion.commonType(first, second)
        else { return nil }
        if count == 2 {
          return common == .date ? SignatureTypes([.date, .date], returns: .list(.date)) : nil
        }
        guard arguments.types[2] == .interval || arguments.isUntyped[2] else { return nil }
        // Days of a date stay dates only if the step says so; PostgreSQL answers timestamps.
        let type: LogicalType = common == .date ? .timestamp : common
        return SignatureTypes([type, type, .interval], returns: .list(type))
      },
      make: { (site) throws(QueryError) in
        if count == 2 {
          return { (arguments, frame) throws(QueryError) in
            let (first, last) = (RowOperand(arguments[0]), RowOperand(arguments[1]))
            var days: [Int64] = []
            var ends: [UInt32] = [0]
            for row in 0..<frame.rowCount {
              if frame.isActive(row) {
                let start = Int64(first.vector.int32s[row & first.mask])
                let stop = Int64(last.vector.int32s[row & last.mask])
                try append(from: start, to: stop, by: 1, includesEnd, into: &days)
              }
              ends.append(UInt32(days.count))
            }
            return ListPicker.list(
              ends, of: .flat(days.map { Int32(truncatingIfNeeded: $0) }), frame.validity)
          }
        }
        return { (arguments, frame) throws(QueryError) in
          let first = TimeOperand(arguments[0], site.argumentTypes[0], frame.environment)
          let last = TimeOperand(arguments[1], site.argumentTypes[1], frame.environment)
          let steps = RowOperand(arguments[2])
          let result = TimeResult(site.argumentTypes[0], frame.environment)
          var values: [Int64] = []
          var ends: [UInt32] = [0]
          for row in 0..<frame.rowCount {
            if frame.isActive(row) {
              let step = steps.vector.intervals[row & steps.mask]
              let length = step.comparableMicros
              if length == 0 { throw QueryError(.invalidParameter, "the step of a series is zero") }
              let (start, stop) = (first.local(row), last.local(row))
              // Each member is counted from the start, so that months from the 31st do not drift.
              var (member, number) = (start, Int32(1))
              while length > 0
                ? member < stop || (includesEnd && member == stop)
                : member > stop || (includesEnd && member == stop)
              {
                values.append(try result.value(local: member))
                guard values.count <= ListMaking.elementLimit else {
                  throw ListMaking.tooLong(Int64(values.count))
                }
                let (days, overflow) = step.days.multipliedReportingOverflow(by: number)
                let (months, carry) = step.months.multipliedReportingOverflow(by: number)
                let (micros, excess) = step.micros.multipliedReportingOverflow(by: Int64(number))
                guard !overflow, !carry, !excess,
                  let next = CivilDate.adding(Interval(months: months, days: days, micros: micros), to: start)
                else { break }
                member = next
                number += 1
              }
            }
            ends.append(UInt32(values.count))
          }
          return ListPicker.list(ends, of: .flat(values), frame.validity)
        }
      })
  }
}
