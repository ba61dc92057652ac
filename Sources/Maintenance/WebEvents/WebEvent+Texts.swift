/// The texts by the names of their columns, for code that makes events.
extension WebEvent {
  var eventID: String {
    get { self[.eventID] ?? "" }
    set { self[.eventID] = newValue }
  }
  var eventType: String {
    get { self[.eventType] ?? "unknown" }
    set { self[.eventType] = newValue }
  }
  var eventName: String? {
    get { self[.eventName] }
    set { self[.eventName] = newValue }
  }
  var anonymousID: String? {
    get { self[.anonymousID] }
    set { self[.anonymousID] = newValue }
  }
  var userID: String? {
    get { self[.userID] }
    set { self[.userID] = newValue }
  }
  var sessionID: String? {
    get { self[.sessionID] }
    set { self[.sessionID] = newValue }
  }
  var appID: String? {
    get { self[.appID] }
    set { self[.appID] = newValue }
  }
  var appName: String? {
    get { self[.appName] }
    set { self[.appName] = newValue }
  }
  var pageURL: String? {
    get { self[.pageURL] }
    set { self[.pageURL] = newValue }
  }
  var pagePath: String? {
    get { self[.pagePath] }
    set { self[.pagePath] = newValue }
  }
  var pageTitle: String? {
    get { self[.pageTitle] }
    set { self[.pageTitle] = newValue }
  }
  var urlSearch: String? {
    get { self[.urlSearch] }
    set { self[.urlSearch] = newValue }
  }
  var urlHash: String? {
    get { self[.urlHash] }
    set { self[.urlHash] = newValue }
  }
  var spaceID: String? {
    get { self[.spaceID] }
    set { self[.spaceID] = newValue }
  }
  var spaceName: String? {
    get { self[.spaceName] }
    set { self[.spaceName] = newValue }
  }
  var spaceType: String {
    get { self[.spaceType] ?? "unknown" }
    set { self[.spaceType] = newValue }
  }
  var spaceToken: String? {
    get { self[.spaceToken] }
    set { self[.spaceToken] = newValue }
  }
  var roomID: String? {
    get { self[.roomID] }
    set { self[.roomID] = newValue }
  }
  var roomName: String? {
    get { self[.roomName] }
    set { self[.roomName] = newValue }
  }
  var community: String? {
    get { self[.community] }
    set { self[.community] = newValue }
  }
  var building: String? {
    get { self[.building] }
    set { self[.building] = newValue }
  }
  var floorplan: String? {
    get { self[.floorplan] }
    set { self[.floorplan] = newValue }
  }
  var userAgent: String? {
    get { self[.userAgent] }
    set { self[.userAgent] = newValue }
  }
  var osName: String? {
    get { self[.osName] }
    set { self[.osName] = newValue }
  }
  var locale: String? {
    get { self[.locale] }
    set { self[.locale] = newValue }
  }
  var timezone: String? {
    get { self[.timezone] }
    set { self[.timezone] = newValue }
  }
  var referrer: String {
    get { self[.referrer] ?? "" }
    set { self[.referrer] = newValue }
  }
  var propertiesJSON: String? {
    get { self[.propertiesJSON] }
    set { self[.propertiesJSON] = newValue }
  }
}
