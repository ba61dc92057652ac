internal import Columnar
internal import FileFormats

/// Hashes a file's bytes, so that the same content is known under any name.
enum ContentHash {
  static func of(_ file: any RandomAccessFile) throws(MaintenanceError) -> String {
    var (high, low): (UInt64, UInt64) = (0, 0)
    var offset = 0
    while offset < file.byteCount {
      let count = min(4 << 20, file.byteCount - offset)
      let page = try MaintenanceError.reading { () throws(FileFormatError) in
        try file.read(at: offset, count: count)
      }
      let part = Murmur3.hash128(page.bytes.extracting(0..<count), seed: high ^ low &* 31)
      (high, low) = (high &* 0x9E37_79B9_7F4A_7C15 ^ part.first, low &* 0xC2B2_AE3D_27D4_EB4F ^ part.second)
      offset += count
    }
    return hexadecimal(high, digits: 16) + hexadecimal(low, digits: 16)
  }
}
