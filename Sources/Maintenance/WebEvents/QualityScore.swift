/// The additive quality score of a web event.
///
/// Computed in hundredths and divided once, so that boundary values such as 0.5 come out exactly:
/// in binary doubles 1.0 - 0.3 - 0.2 falls short of 0.5.
public enum QualityScore {
  /// What is there of an event, as far as the score asks.
  public struct Presence: Sendable, Hashable {
    /// Whether there is a session id.
    public var hasSession: Bool
    /// Whether there is an anonymous id or a user id.
    public var hasVisitor: Bool
    /// Whether there is a user agent that is not empty.
    public var hasUserAgent: Bool
    /// Whether it is a viewer page without a space.
    public var isViewerPageWithoutSpace: Bool
    /// Whether there are a room id and a room name.
    public var hasRoom: Bool
    /// Whether there are coordinates.
    public var hasCoordinates: Bool
    /// Whether there is an event name.
    public var hasName: Bool

    /// States what is there.
    public init(
      hasSession: Bool, hasVisitor: Bool, hasUserAgent: Bool, isViewerPageWithoutSpace: Bool, hasRoom: Bool,
      hasCoordinates: Bool, hasName: Bool
    ) {
      (self.hasSession, self.hasVisitor, self.hasUserAgent) = (hasSession, hasVisitor, hasUserAgent)
      (self.isViewerPageWithoutSpace, self.hasRoom) = (isViewerPageWithoutSpace, hasRoom)
      (self.hasCoordinates, self.hasName) = (hasCoordinates, hasName)
    }
  }

  /// Returns the score in hundredths, 0 to 100.
  public static func hundredths(_ presence: Presence) -> Int {
    var score = 100
    if !presence.hasSession { score -= 30 }
    if !presence.hasVisitor { score -= 30 }
    if !presence.hasUserAgent { score -= 20 }
    if presence.isViewerPageWithoutSpace { score -= 10 }
    if presence.hasRoom { score += 10 }
    if presence.hasCoordinates { score += 5 }
    if presence.hasName { score += 5 }
    return min(100, max(0, score))
  }

  /// Returns the score, 0 to 1.
  public static func score(_ presence: Presence) -> Double { Double(hundredths(presence)) / 100.0 }
}

extension WebEvent {
  /// What the quality score asks of the event.
  var presence: QualityScore.Presence {
    QualityScore.Presence(
      hasSession: has(.sessionID), hasVisitor: has(.anonymousID) || has(.userID),
      hasUserAgent: !(range(of: .userAgent)?.isEmpty ?? true),
      isViewerPageWithoutSpace: !has(.spaceID) && isVirtualTourPage, hasRoom: has(.roomID) && has(.roomName),
      hasCoordinates: coordinates != nil, hasName: has(.eventName))
  }
}
