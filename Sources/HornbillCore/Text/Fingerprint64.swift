/// The 64-bit fingerprint of FarmHash, which never changes.
///
/// Source: FarmHash, `farmhash.cc`, `Fingerprint64` (namespace `farmhashna`); TensorFlow, `tensorflow/core/platform/fingerprint.h`,
/// `FingerprintCat64`.
package enum Fingerprint64 {
  private static let k0: UInt64 = 0xC3A5_C85C_97CB_3127
  private static let k1: UInt64 = 0xB492_B66F_BE98_F273
  private static let k2: UInt64 = 0x9AE1_6A3B_2F90_404F

  private typealias Pair = (first: UInt64, second: UInt64)

  /// The fingerprint of bytes.
  package static func hash(_ bytes: [UInt8]) -> UInt64 {
    switch bytes.count {
    case 0...16: short(bytes)
    case 17...32: medium(bytes)
    case 33...64: long(bytes)
    default: longest(bytes)
    }
  }

  /// The fingerprint of two values whose fingerprints are known.
  package static func joined(_ first: UInt64, _ second: UInt64) -> UInt64 {
    let factor: UInt64 = 0xC6A4_A793_5BD1_E995
    var result = first ^ factor
    result ^= mixed(second &* factor) &* factor
    result = result &* factor
    result = mixed(result) &* factor
    return mixed(result)
  }

  private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
    var result: UInt64 = 0
    for index in (0..<8).reversed() { result = result << 8 | UInt64(bytes[offset + index]) }
    return result
  }

  private static func half(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
    var result: UInt64 = 0
    for index in (0..<4).reversed() { result = result << 8 | UInt64(bytes[offset + index]) }
    return result
  }

  private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value >> count | value << (64 - count)
  }

  private static func mixed(_ value: UInt64) -> UInt64 { value ^ value >> 47 }

  private static func folded(_ u: UInt64, _ v: UInt64, _ factor: UInt64) -> UInt64 {
    let a = mixed((u ^ v) &* factor)
    return mixed((v ^ a) &* factor) &* factor
  }

  private static func short(_ s: [UInt8]) -> UInt64 {
    let count = UInt64(s.count)
    if s.count >= 8 {
      let factor = k2 &+ count &* 2
      let a = word(s, 0) &+ k2
      let b = word(s, s.count - 8)
      let c = rotated(b, 37) &* factor &+ a
      let d = (rotated(a, 25) &+ b) &* factor
      return folded(c, d, factor)
    }
    if s.count >= 4 {
      let factor = k2 &+ count &* 2
      return folded(count &+ half(s, 0) << 3, half(s, s.count - 4), factor)
    }
    guard s.count > 0 else { return k2 }
    let y = UInt64(s[0]) &+ UInt64(s[s.count >> 1]) << 8
    let z = count &+ UInt64(s[s.count - 1]) << 2
    return mixed(y &* k2 ^ z &* k0) &* k2
  }

  private static func medium(_ s: [UInt8]) -> UInt64 {
    let factor = k2 &+ UInt64(s.count) &* 2
    let a = word(s, 0) &* k1
    let b = word(s, 8)
    let c = word(s, s.count - 8) &* factor
    let d = word(s, s.count - 16) &* k2
    return folded(
      rotated(a &+ b, 43) &+ rotated(c, 30) &+ d, a &+ rotated(b &+ k2, 18) &+ c, factor)
  }

  private static func long(_ s: [UInt8]) -> UInt64 {
    let factor = k2 &+ UInt64(s.count) &* 2
    let a = word(s, 0) &* k2
    let b = word(s, 8)
    let c = word(s, s.count - 8) &* factor
    let d = word(s, s.count - 16) &* k2
    let y = rotated(a &+ b, 43) &+ rotated(c, 30) &+ d
    let z = folded(y, a &+ rotated(b &+ k2, 18) &+ c, factor)
    let e = word(s, 16) &* factor
    let f = word(s, 24)
    let g = (y &+ word(s, s.count - 32)) &* factor
    let h = (z &+ word(s, s.count - 24)) &* factor
    return folded(
      rotated(e &+ f, 43) &+ rotated(g, 30) &+ h, e &+ rotated(f &+ a, 18) &+ g, factor)
  }

  /// Mixes 32 bytes into two seeds.
  private static func seeded(_ s: [UInt8], _ offset: Int, _ first: UInt64, _ second: UInt64) -> Pair
  {
    let z = word(s, offset + 24)
    var a = first &+ word(s, offset)
    var b = rotated(second &+ a &+ z, 21)
    let c = a
    a = a &+ word(s, offset + 8) &+ word(s, offset + 16)
    b = b &+ rotated(a, 44)
    return (a &+ z, b &+ c)
  }

  private static func longest(_ s: [UInt8]) -> UInt64 {
    let seed: UInt64 = 81
    var x = seed
    var y = seed &* k1 &+ 113
    var z = mixed(y &* k2 &+ 113) &* k2
    var v: Pair = (0, 0)
    var w: Pair = (0, 0)
    x = x &* k2 &+ word(s, 0)
    func step(_ at: Int, _ factor: UInt64, _ weight: UInt64) {
      x = rotated(x &+ y &+ v.first &+ word(s, at + 8), 37) &* factor
      y = rotated(y &+ v.second &+ word(s, at + 48), 42) &* factor
      x ^= w.second &* weight
      y = y &+ v.first &* weight &+ word(s, at + 40)
      z = rotated(z &+ w.first, 33) &* factor
      v = seeded(s, at, v.second &* factor, x &+ w.first)
      w = seeded(s, at + 32, z &+ w.second, y &+ word(s, at + 16))
      swap(&z, &x)
    }
    let end = (s.count - 1) / 64 * 64
    for at in stride(from: 0, to: end, by: 64) { step(at, k1, 1) }
    let factor = k1 &+ (z & 0xFF) << 1
    w.first = w.first &+ UInt64((s.count - 1) & 63)
    v.first = v.first &+ w.first
    w.first = w.first &+ v.first
    step(s.count - 64, factor, 9)
    return folded(
      folded(v.first, w.first, factor) &+ mixed(y) &* k0 &+ z,
      folded(v.second, w.second, factor) &+ x, factor)
  }
}
